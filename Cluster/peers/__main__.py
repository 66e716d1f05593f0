"""Cluster/bench-peers: chooses, measures, shows."""

import argparse
import datetime
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile

from keys import keys
from kills import failover
from processes import Trouble, find
from rows import NO_WRK, PEERS, Bench, batch, charge, missing, pipeline, validate
from table import render

ROWS = {"validate": validate, "pipeline": pipeline, "charge": charge, "batch": batch,
        "failover": failover, "keys": keys}
MEANINGS = {
    "validate": "validations on 32 connections, against nginx, Redis and etcd, and as wrk sees it",
    "pipeline": "the same 16 requests deep, against Redis and nginx",
    "charge": "durable charges, against etcd and a Redis that syncs",
    "batch": "durable charges in batches",
    "failover": "how long nobody can write when the leader is killed, against etcd",
    "keys": "memory for a key against Redis, validations of many keys, start from a snapshot"}


def checked(what, read):
    """For an option's value: what `read` makes of it, or a refusal that says what it should be."""
    def parse(text):
        try:
            return read(text)
        except (ValueError, KeyError):
            raise argparse.ArgumentTypeError(f"must be {what}, not “{text}”") from None
    return parse


def within(least, most, text):
    if not least <= int(text) <= most:
        raise ValueError
    return int(text)


def whole(least, most):
    return checked(f"a whole number from {least:,} to {most:,}",
                   lambda text: within(least, most, text))


def wholes(least, most):
    return checked(f"whole numbers from {least:,} to {most:,}, separated by commas",
                   lambda text: [within(least, most, word) for word in text.split(",")])


def choice(names):
    def read(text):
        words = text.split(",")
        if not all(word in names for word in words):
            raise ValueError
        return list(dict.fromkeys(words))
    return checked("one or more of " + ", ".join(names) + ", separated by commas", read)


class Parser(argparse.ArgumentParser):
    def error(self, message):
        """With the code that the program's own commands end with."""
        self.exit(1, f"bench-peers: {message}\n“{self.prog} --help” says how it is used.\n")


def options():
    rows = "\n".join(f"  {name:<10} {meaning}" for name, meaning in MEANINGS.items())
    parser = Parser(
        prog="Cluster/bench-peers", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures this project beside others on this machine, and shows one table.\n"
        "What isn't installed is named and left out.",
        epilog=f"rows:\n{rows}\n\nWithout options it takes some twenty minutes. Let the machine do "
        "nothing else meanwhile.\n\nexample:\n  Cluster/bench-peers --rows charge --clients 64 "
        "--seconds 5 --times 1")
    add = parser.add_argument
    add("--rows", type=choice(ROWS), default=list(ROWS), metavar="NAME,…",
        help="which rows to measure [all]")
    add("--seconds", type=whole(1, 600), default=10, metavar="N",
        help="how long to measure each time [10]")
    add("--times", type=whole(1, 99), default=3, metavar="N",
        help="turns of every contender, of which the median counts [3]")
    add("--clients", type=wholes(1, 10_000), default=[1, 64, 256, 1000], metavar="N,…",
        help="clients of the row “charge” [1,64,256,1000]")
    add("--kills", type=whole(1, 1000), default=7, metavar="N",
        help="kills of the row “failover” [7]")
    add("--keys", type=whole(1_000, 50_000_000), default=1_000_000, metavar="N",
        help="keys of the row “keys” [1000000]")
    add("--dir", default=None, metavar="DIR",
        help="make all files in a directory of its own below this one [TMPDIR or /tmp]")
    add("--json", action="store_true", help="print the rows as JSON instead of a table")
    add("--quiet", action="store_true", help="don't say what is being measured")
    found = parser.parse_args()
    if found.dir is not None and not os.path.isdir(found.dir):
        parser.error(f"argument --dir: {found.dir} is no directory")
    return found


def build():
    """The program's path; it is built as `Cluster/up` does it."""
    common = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common.sh")
    script = 'source "$1" && build && printf %s "$program"'
    done = subprocess.run(["bash", "-c", script, "bench-peers", common], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise Trouble("without the program there is nothing to measure")
    return done.stdout


def machine(directory):
    """What the figures depend on."""
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        models = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        kinds = {line.split()[1]: line.split()[2] for line in mounts}
    place = os.path.realpath(directory)
    while place not in kinds and place != "/":
        place = os.path.dirname(place)
    return {"processors": len(os.sched_getaffinity(0)), "model": models[0] if models else "",
            "memory_gib": round(memory), "kernel": platform.release(), "filesystem": kinds.get(place, ""),
            "load_before": os.getloadavg()[0]}


def versions():
    return {name: peer.version() for name, peer in PEERS.items() if not missing(name)}


def warnings(where):
    found = [text for text in map(missing, PEERS) if text]
    if not find("wrk"):
        found.append(NO_WRK)
    if where["load_before"] > 0.5:
        found.append(f"the machine does other work (load {where['load_before']:.1f}): these are no "
                     "figures to keep")
    if where["filesystem"] in ("tmpfs", "ramfs"):
        found.append("the files lie in memory, where a sync costs nothing: choose another --dir")
    return found


def measure(found, directory):
    where = machine(directory)
    bench = Bench(found, directory)
    for text in warnings(where):
        bench.say(text)
    rows, failures = [], 0
    for name in found.rows:
        try:
            rows += ROWS[name](bench)
        except Trouble as error:
            # Twenty minutes of other rows needn't go with it.
            print(f"bench-peers: row “{name}” can't be measured: {error}", file=sys.stderr)
            failures += 1
    today = datetime.date.today().isoformat()
    if found.json:
        report = {"date": today, "machine": where, "versions": versions(),
                  "seconds": found.seconds, "times": found.times,
                  "etcd_loader_cpu": bench.etcd_loader,
                  "rows": [row.json for row in rows]}
        print(json.dumps(report, indent=2, ensure_ascii=False))
        return failures
    print(f"{today}, {where['processors']} processors ({where['model']}), {where['memory_gib']} "
          f"GiB, {where['filesystem']}, Linux {where['kernel']}; clients and servers on the same "
          f"machine; each {found.seconds} s, the median of {found.times}; "
          + ", ".join(f"{name} {version}" for name, version in versions().items()) + "\n")
    own = f"etcd's load took {bench.etcd_loader:.0%} of a processor for itself at most"
    print(render(rows, [own] if bench.etcd_loader else []), end="")
    return failures


def main():
    found = options()
    # It ends as by an exception: what was started is stopped, what was made is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    directory = None
    try:
        found.program = build()
        directory = tempfile.mkdtemp(prefix="bench-peers-", dir=found.dir)
        return 1 if measure(found, directory) else 0
    except Trouble as error:
        print(f"bench-peers: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if directory:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
