"""Three nodes of this project on loopback, and its own load generator."""

import http.client
import json
import os
import secrets
import signal
import subprocess
import time

from processes import (
    LOOPBACK, Process, Trouble, die_with_parent, find, free_ports, run, wait_until)


class Keyclave:
    """A cluster as `Cluster/up` makes it, but on ports of the kernel's choice."""

    def __init__(self, directory, program, count=3):
        self.directory, self.program = directory, program
        ports = free_ports(2 * count)
        self.http, self.peer = ports[:count], ports[count:]
        self.token_file = os.path.join(directory, "operator.token")
        self.nodes = []

    def __enter__(self):
        os.makedirs(self.directory)
        secret = os.path.join(self.directory, "cluster.secret")
        with open(os.open(secret, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        cluster = self._uuid7()
        try:
            for number in range(len(self.http)):
                config = self._configure(number)
                run([self.program, "format", "--config", config, "--cluster-id", cluster,
                     "--operator-token-file", self.token_file])
                log = os.path.join(self.directory, f"n{number + 1}.log")
                self.nodes.append(Process([self.program, "serve", "--config", config], log))
            for node in self.nodes:
                node.start()
            for number in range(len(self.nodes)):
                self.wait_ready(number)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.stop()

    @staticmethod
    def _uuid7():
        """RFC 9562, section 5.7: its time is the cluster's first moment."""
        digits = f"{int(time.time() * 1000):012x}7{secrets.token_hex(2)[:3]}"
        digits += f"{secrets.randbelow(4) + 8:x}{secrets.token_hex(8)[:15]}"
        return "-".join(digits[a:b] for a, b in [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)])

    def _configure(self, number):
        home = os.path.join(self.directory, f"n{number + 1}")
        os.makedirs(home)
        members = [
            {"id": f"n{place + 1}", "peer": f"{LOOPBACK}:{peer}", "http": f"{LOOPBACK}:{port}"}
            for place, (port, peer) in enumerate(zip(self.http, self.peer))]
        config = {
            "node": f"n{number + 1}", "data_directory": "data",
            "cluster_secret_file": "../cluster.secret",
            "http_listen": members[number]["http"], "peer_listen": members[number]["peer"],
            "members": members}
        path = os.path.join(home, "node.json")
        with open(path, "w", encoding="ascii") as file:
            json.dump(config, file)
        return path

    # What it says of itself.

    def endpoint(self, number):
        return f"http://{LOOPBACK}:{self.http[number]}"

    @property
    def endpoints(self):
        return ",".join(self.endpoint(number) for number in range(len(self.http)))

    def is_ready(self, number):
        self.nodes[number].check()
        try:
            connection = http.client.HTTPConnection(LOOPBACK, self.http[number], timeout=2)
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def wait_ready(self, number, seconds=60.0):
        wait_until(f"n{number + 1} to be ready", lambda: self.is_ready(number), seconds, 0.005)

    def leader(self):
        """The number of the node that leads, or None."""
        for number, node in enumerate(self.nodes):
            if node.child.poll() is not None:
                continue
            try:
                status = self.ask("cluster", "status", endpoints=self.endpoint(number))
            except Trouble:
                continue
            if status.get("leader"):
                leader = int(status["leader"][1:]) - 1
                if self.nodes[leader].child.poll() is None:
                    return leader
        return None

    def ask(self, *words, endpoints=None, seconds=120.0):
        """What a command of the program answers."""
        return command(self.program, words, endpoints or self.endpoints, self.token_file, seconds)

    def make_key(self):
        account = self.ask("account", "create", "bench")["id"]
        user = self.ask("user", "create", "--email", "bench@bench.invalid", "--name", "bench",
                        "--role", "member", "--account", account)["id"]
        return self.ask("key", "create", "--user", user, "--api", "rest", "--name", "bench",
                        "--account", account)["key"]

    def bench(self, *words, endpoints=None, seconds=3600.0):
        return self.ask("bench", *words, "--quiet", endpoints=endpoints, seconds=seconds)

    def watch_failover(self):
        """Begins `bench failover`, which goes on until it is interrupted."""
        words = [self.program, "bench", "failover", "--rounds", "100000", "--shortest", "50",
                 "--seconds", "3600", "--quiet", "-o", "json"]
        return Watcher(words, _environment(self.endpoints, self.token_file))


def _environment(endpoints, token_file=None):
    """Without what the user's own environment says of another cluster."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KEYCLAVE_")}
    clean["KEYCLAVE_ENDPOINTS"] = endpoints
    return clean | ({"KEYCLAVE_TOKEN_FILE": token_file} if token_file else {})


def command(program, words, endpoints, token_file=None, seconds=120.0):
    """The JSON that a command of the program prints."""
    said = run([program, *words, "-o", "json"], seconds, _environment(endpoints, token_file))
    return json.loads(said)


class Watcher:
    """A load that runs until it is interrupted, and then says what it has seen, as JSON."""

    def __init__(self, words, env=None):
        self.child = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=env, preexec_fn=die_with_parent)

    def check(self):
        if self.child.poll() is not None:
            raise Trouble(f"the writer ended: {self.child.stderr.read().strip()[-600:]}")

    def finish(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
        try:
            said, trouble = self.child.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise Trouble("the writer didn't end when it was told to") from None
        if self.child.returncode != 0:
            raise Trouble(f"the writer failed: {trouble.strip()[-600:]}")
        return json.loads(said)

    def abandon(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.communicate()


def figures(report):
    """What rows are made of, from a report of `keyclave bench`."""
    spent = report.get("charges")
    return {
        "per_second": spent["per_second"] if spent else report["per_second"],
        "p50_us": report["latency_us"]["p50"], "p99_us": report["latency_us"]["p99"],
        "answers": report["answers"], "errors": report["errors"]["total"]}


def wrk(url, connections, seconds, key=None):
    """The same figures as another program sees them; None if it isn't there."""
    program = find("wrk")
    if program is None:
        return None
    words = [program, "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--latency"]
    if key:
        words += ["-H", f"Authorization: Bearer {key}"]
    found = {"errors": 0}
    for line in run(words + [url], seconds + 30.0).splitlines():
        words = line.split()
        if words[:1] == ["Requests/sec:"]:
            found["per_second"] = float(words[1])
        elif words[:1] in (["50%"], ["99%"]):
            found[f"p{words[0][:2]}_us"] = _microseconds(words[1])
        elif line.lstrip().startswith("Non-2xx"):
            found["errors"] += int(words[-1])
        elif line.lstrip().startswith("Socket errors:"):
            counts = [word.strip(",") for word in words]
            found["errors"] += sum(int(count) for count in counts if count.isdigit())
    return found


def _microseconds(text):
    for unit, factor in (("us", 1), ("ms", 1_000), ("s", 1_000_000)):
        if text.endswith(unit):
            return float(text[:-len(unit)]) * factor
    raise Trouble(f"wrk said {text}, which is no time")
