"""What is measured, and what it is held against. Every contender of a row runs alone, freshly
started, in turn with the others, and what counts is the median of its turns."""

import os
import shutil
import statistics
import sys

from etcd import Etcd
from ours import Keyclave, command, figures, wrk
from processes import Trouble, cpu_seconds, find
from servers import Nginx, Redis
from table import Row

PEERS = {"nginx": Nginx, "Redis": Redis, "etcd": Etcd}
NO_WRK = "wrk is not measured: it is missing (Debian package wrk)"
NO_TIGERBEETLE = (
    "TigerBeetle is not measured: it is in no package; its batches have 8,189 transfers, too")


class Bench:
    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.program = options.program
        self.seconds, self.warm_up = str(options.seconds), min(2, options.seconds)
        self.count = 0
        # The share of a processor that the load of etcd took for itself, at most.
        self.etcd_loader = 0.0

    def say(self, text):
        if not self.options.quiet:
            print(f"bench-peers: {text}", file=sys.stderr, flush=True)

    def place(self, name):
        """A directory for one start of one contender."""
        self.count += 1
        return os.path.join(self.directory, f"{name.lower()}-{self.count}")

    def start(self, server, **how):
        """A context with a fresh contender, whose files go when it ends."""
        return _Fresh(self, server, how)

    def turns(self, work, contenders):
        """The medians of every contender's figures; of one that can't be measured, why."""
        found = {name: [] for name in contenders}
        trouble = {name: missing(name) for name in contenders}
        for turn in range(self.options.times):
            # Whoever begins has no advantage of it.
            names = list(contenders)[::-1 if turn % 2 else 1]
            for name in names:
                if trouble[name]:
                    continue
                self.say(f"{work}: {name}, {turn + 1} of {self.options.times}")
                try:
                    found[name].append(contenders[name]())
                except Trouble as error:
                    if name == "ours":
                        raise
                    trouble[name] = f"{name} is not measured for “{work}”: {error}"
        return {name: Figures(trouble[name], turns) for name, turns in found.items()}


class _Fresh:
    def __init__(self, bench, server, how):
        self.server = (
            Keyclave(bench.place("ours"), bench.program) if server is Keyclave
            else server(bench.place(server.__name__), **how))

    def __enter__(self):
        return self.server.__enter__()

    def __exit__(self, *error):
        self.server.__exit__(*error)
        shutil.rmtree(self.server.directory, ignore_errors=True)


class Figures:
    """Medians of one contender's turns."""

    def __init__(self, trouble, turns):
        self.turns = turns
        self.trouble = trouble if not turns else ""
        self.errors = sum(turn.get("errors", 0) for turn in turns)

    def __getitem__(self, name):
        values = [turn[name] for turn in self.turns if turn.get(name) is not None]
        return statistics.median(values) if values else None


def missing(name):
    """Why a peer can't be measured, and what would help; nothing if it can."""
    peer = PEERS.get(name)
    if peer is None or all(find(program) for program in peer.programs):
        return ""
    lacking = ", ".join(program for program in peer.programs if not find(program))
    return (f"{name} is not measured: {lacking} can't be found ({peer.packages}: the names of "
            "Debian's packages)")


def against(work, unit, field, found, goals, factor=1.0):
    """A row for each peer of `found`; `goals` says what each ratio is to be."""
    rows = []
    for name, theirs in found.items():
        if name == "ours":
            continue
        values = [value if value is None else value * factor
                  for value in (theirs[field], found["ours"][field])]
        note = theirs.trouble
        for who, figure in (("ours", found["ours"]), (name, theirs)):
            if figure.errors:
                note = f"{who} had {figure.errors} errors in “{work}”, which are in no figure"
        rows.append(Row(work, name, values[0], values[1], unit, note=note, **goals.get(name, {})))
    return rows


# MARK: - Validations

def ours_validating(bench, *words, with_wrk=False):
    with bench.start(Keyclave) as cluster:
        key = cluster.make_key()
        common = ["validate", "--key", key, "-c", "32", *words]
        here = {"endpoints": cluster.endpoint(0)}
        cluster.bench(*common, "--seconds", str(bench.warm_up), "--warm-up", "0", **here)
        return _validating(
            bench, cluster.nodes[0].pid, key, cluster.endpoint(0) + "/v1/auth?api=rest",
            lambda: cluster.bench(*common, "--seconds", bench.seconds, "--warm-up", "0", **here),
            with_wrk)


def nginx_validating(bench, *words, with_wrk=False):
    """The same load: nginx takes every path and key."""
    with bench.start(Nginx) as nginx:
        def load(seconds):
            line = ["bench", "validate", "--key", "kc_rest_" + "x" * 36, "-c", "32", "--quiet",
                    "--seconds", str(seconds), "--warm-up", "0", *words]
            return command(bench.program, line, nginx.url, seconds=float(seconds) + 60)
        load(bench.warm_up)
        return _validating(
            bench, nginx.process.pid, None, nginx.url + "/v1/auth?api=rest",
            lambda: load(bench.seconds), with_wrk)


def _validating(bench, pid, key, url, load, with_wrk):
    before = cpu_seconds(pid)
    found = figures(load())
    found["cpu_us"] = (cpu_seconds(pid) - before) * 1e6 / max(1, found["answers"])
    if with_wrk:
        seen = wrk(url, 32, bench.options.seconds, key)
        if seen:
            found["wrk_per_second"] = seen["per_second"]
            found["errors"] += seen["errors"]
    return found


def redis_reading(bench, pipeline=1):
    with bench.start(Redis) as redis:
        return redis.measure(["GET", redis.KEY], 32, bench.options.seconds, pipeline)


def etcd_reading(bench):
    with bench.start(Etcd) as etcd:
        return _asking(bench, etcd.measure(
            "get", 32, bench.options.seconds, bench.warm_up, one_node=True))


def _asking(bench, found):
    bench.etcd_loader = max(bench.etcd_loader, found["loader_cpu"])
    return found


def validate(bench):
    work = "validation, 32 connections"
    found = bench.turns(work, {
        "ours": lambda: ours_validating(bench, with_wrk=True),
        "nginx": lambda: nginx_validating(bench, with_wrk=True),
        "Redis": lambda: redis_reading(bench), "etcd": lambda: etcd_reading(bench)})
    names = {"nginx": "nginx `return 200`", "Redis": "Redis GET", "etcd": "etcd serializable read"}
    rows = against(work, "a second", "per_second", found,
                   {"nginx": {"at_least": 1.2}, "Redis": {"at_least": 1.5}})
    rows += against(f"{work}, p50", "µs", "p50_us", found, {})
    two = {name: found[name] for name in ("ours", "nginx")}
    rows += against("server's processor time for a validation", "µs", "cpu_us", two,
                    {"nginx": {"at_most": 1.0}})
    rows += against(f"{work}, by wrk", "a second", "wrk_per_second", two,
                    {"nginx": {"at_least": 1.2}})
    for row in rows:
        row.peer = names[row.peer]
    seen = found["ours"]["wrk_per_second"]
    rows.append(Row(f"{work}, by `keyclave bench`", "ours by wrk", seen,
                    found["ours"]["per_second"], "a second", at_least=0.85, at_most=1.15,
                    note="" if find("wrk") else NO_WRK))
    return rows


def pipeline(bench):
    work = "validation, 32 connections, 16 requests deep"
    found = bench.turns(work, {
        "ours": lambda: ours_validating(bench, "--pipeline", "16"),
        "nginx": lambda: nginx_validating(bench, "--pipeline", "16"),
        "Redis": lambda: redis_reading(bench, 16)})
    rows = against(work, "a second", "per_second", found, {"Redis": {"at_least": 1.0}})
    for row in rows:
        row.peer = {"nginx": "nginx `return 200`", "Redis": "Redis GET"}[row.peer]
    return rows


# MARK: - Charges

def ours_charging(bench, *words):
    with bench.start(Keyclave) as cluster:
        report = cluster.bench("charge", "--seconds", bench.seconds,
                               "--warm-up", str(bench.warm_up), *words)
        return figures(report)


def etcd_putting(bench, clients):
    with bench.start(Etcd) as etcd:
        return _asking(
            bench, etcd.measure("put", clients, bench.options.seconds, bench.warm_up))


def redis_counting(bench, clients):
    with bench.start(Redis, durable=True) as redis:
        return redis.measure(["INCR", "bench:count"], clients, bench.options.seconds)


def charge(bench):
    rows = []
    for clients in bench.options.clients:
        plural = "client" if clients == 1 else "clients"
        work = f"durable charge, three nodes, {clients} {plural}"
        found = bench.turns(work, {
            "ours": lambda c=clients: ours_charging(bench, "-c", str(c)),
            "etcd": lambda c=clients: etcd_putting(bench, c),
            "Redis": lambda c=clients: redis_counting(bench, c)})
        goals = {"etcd": {"at_least": 2.0 if clients == 1 else 10.0}}
        if clients > 1:
            goals["Redis"] = {"at_least": 1.0}
        some = against(work, "a second", "per_second", found, goals)
        two = {name: found[name] for name in ("ours", "etcd")}
        some += against(f"{work}, p50", "ms", "p50_us", two,
                        {"etcd": {"at_most": 0.5 if clients == 1 else 0.1}}, factor=0.001)
        for row in some:
            row.peer = {"etcd": "etcd put, three nodes",
                        "Redis": "Redis INCR, synced, one node"}[row.peer]
        rows += some
    return rows


def batch(bench):
    size, clients = 8189, 4
    work = f"durable charges in batches of {size}, three nodes, {clients} clients"
    found = bench.turns(work, {
        "ours": lambda: ours_charging(bench, "-c", str(clients), "--batch", str(size))})
    ours = found["ours"]
    note = NO_TIGERBEETLE
    if ours.errors:
        note = f"ours had {ours.errors} errors in “{work}”, which are in no figure"
    return [Row(work, "TigerBeetle", None, ours["per_second"], "a second", at_least=1.2, note=note)]
