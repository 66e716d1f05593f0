"""The peers that are one server each: nginx and Redis."""

import csv
import os
import socket
import subprocess

from processes import LOOPBACK, Process, Trouble, find, free_ports, run, wait_until


def listens(port):
    try:
        socket.create_connection((LOOPBACK, port), timeout=2).close()
        return True
    except OSError:
        return False


class Nginx:
    """One worker that answers 200 to everything: the least that an HTTP server can do."""

    packages = "nginx"
    programs = ("nginx",)

    def __init__(self, directory):
        self.directory = directory
        self.port = free_ports(1)[0]
        self.process = None

    def __enter__(self):
        os.makedirs(self.directory)
        temporary = "".join(
            f"    {name}_temp_path {self.directory}/{name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = (
            "daemon off;\nworker_processes 1;\n"
            f"pid {self.directory}/pid;\nerror_log {self.directory}/error.log;\n"
            "events { worker_connections 4096; }\n"
            f"http {{\n    access_log off;\n{temporary}"
            "    keepalive_requests 1000000000;\n    keepalive_timeout 600s;\n"
            f"    server {{\n        listen {LOOPBACK}:{self.port};\n"
            "        location / { return 200 \"ok\"; }\n    }\n}\n")
        path = os.path.join(self.directory, "nginx.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(config)
        words = [find("nginx"), "-p", self.directory, "-c", path,
                 "-e", f"{self.directory}/error.log"]
        self.process = Process(words, f"{self.directory}/log").start()
        try:
            wait_until("nginx to listen", self._listens)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _listens(self):
        self.process.check()
        return listens(self.port)

    def __exit__(self, *_):
        self.process.stop()

    @property
    def url(self):
        return f"http://{LOOPBACK}:{self.port}"

    @staticmethod
    def version():
        said = subprocess.run([find("nginx"), "-v"], capture_output=True, text=True, check=False)
        return said.stderr.strip().rpartition("/")[2]


class Redis:
    """One server; durable means that every answer waits for the disk."""

    packages = "redis-server and redis-tools"
    programs = ("redis-server", "redis-benchmark", "redis-cli")
    KEY, VALUE = "k" * 32, "v" * 24

    def __init__(self, directory, durable=False):
        self.directory, self.durable = directory, durable
        self.port = free_ports(1)[0]
        self.process = None

    def __enter__(self):
        os.makedirs(self.directory)
        words = [find("redis-server"), "--port", str(self.port), "--bind", LOOPBACK,
                 "--dir", self.directory, "--save", "", "--enable-debug-command", "local",
                 "--appendonly", "yes" if self.durable else "no", "--appendfsync", "always"]
        self.process = Process(words, f"{self.directory}/log").start()
        try:
            wait_until("Redis to answer", self._answers)
            self.command("SET", self.KEY, self.VALUE)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _answers(self):
        self.process.check()
        return listens(self.port)

    def __exit__(self, *_):
        self.process.stop()

    def command(self, *words, seconds=120.0):
        return run([find("redis-cli"), "-h", LOOPBACK, "-p", str(self.port), "-e", *words], seconds)

    def measure(self, command, clients, seconds, pipeline=1):
        """`redis-benchmark` counts requests, not seconds: a short run tells how many to ask for."""
        trial = self._benchmark(command, clients, max(2_000, 20 * clients), pipeline)
        count = max(clients * pipeline, int(trial["per_second"] * seconds))
        return self._benchmark(command, clients, count, pipeline, seconds * 5 + 60.0)

    def _benchmark(self, command, clients, count, pipeline, seconds=120.0):
        said = run([find("redis-benchmark"), "-h", LOOPBACK, "-p", str(self.port),
                    "-c", str(clients), "-n", str(count), "-P", str(pipeline), "--csv", *command],
                   seconds)
        rows = list(csv.DictReader(said[said.index('"test"'):].splitlines()))
        if len(rows) != 1:
            raise Trouble(f"redis-benchmark said {said[-300:]}")
        return {"per_second": float(rows[0]["rps"]),
                "p50_us": float(rows[0]["p50_latency_ms"]) * 1000,
                "p99_us": float(rows[0]["p99_latency_ms"]) * 1000, "errors": 0}

    @staticmethod
    def version():
        said = run([find("redis-server"), "--version"])
        return said.partition("v=")[2].split()[0]
