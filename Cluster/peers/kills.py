"""A leader that is killed, again and again, under writes through every node."""

import statistics
import time

from etcd import Etcd
from ours import Keyclave
from processes import Trouble, wait_until
from rows import missing
from table import Row

STEADY = 2.0  # seconds of writes before a kill


def kill_leaders(bench, name, cluster):
    """What the writers saw: for each kill how long nobody could write, and, of our nodes, how long
    one that lived validated nothing."""
    watcher = cluster.watch_failover()
    kills = []
    try:
        for number in range(bench.options.kills):
            bench.say(f"leader killed: {name}, {number + 1} of {bench.options.kills}")
            time.sleep(STEADY)
            watcher.check()
            leader = wait_until("a leader", lambda: _number(cluster.leader()))[0]
            kills.append((time.time() * 1000, leader))
            cluster.nodes[leader].kill()
            wait_until("a new leader", lambda: _number(cluster.leader()))
            time.sleep(STEADY)
            cluster.nodes[leader].start()
            cluster.wait_ready(leader)
        time.sleep(STEADY)
        report = watcher.finish()
    finally:
        watcher.abandon()
    return [_outage(report["outages"], *kill) for kill in kills]


def _number(leader):
    """Something true for the number 0, too."""
    return None if leader is None else [leader]


def _outage(outages, killed_at_ms, victim):
    """The one that begins with this kill: the last write before it was made just before."""
    near = [each for each in outages
            if each["began_at_ms"] <= killed_at_ms + 50
            and each["began_at_ms"] + each["without_writes_ms"] >= killed_at_ms]
    if not near:
        return {"writes_ms": 50.0, "validations_ms": None}  # shorter than what is an outage
    longest = max(near, key=lambda each: each["without_writes_ms"])
    others = [node["without_validations_ms"]
              for place, node in enumerate(longest["nodes"]) if place != victim]
    return {"writes_ms": longest["without_writes_ms"],
            "validations_ms": max(others) if others else None}


def failover(bench):
    work = f"leader killed to next durable write, median of {bench.options.kills}"
    with bench.start(Keyclave) as cluster:
        ours = kill_leaders(bench, "ours", cluster)
    theirs, note = [], missing("etcd")
    if not note:
        try:
            with bench.start(Etcd) as etcd:
                theirs = kill_leaders(bench, "etcd", etcd)
        except Trouble as error:
            note = f"etcd is not measured for “{work}”: {error}"

    def seconds(kills, choose):
        return choose(each["writes_ms"] for each in kills) / 1000 if kills else None

    gaps = [each["validations_ms"] for each in ours if each["validations_ms"] is not None]
    peer = "etcd put, its defaults"
    return [
        Row(work, peer, seconds(theirs, statistics.median), seconds(ours, statistics.median), "s",
            at_most=0.6, is_absolute=True, note=note),
        Row("the same, longest of all", peer, seconds(theirs, max), seconds(ours, max), "s"),
        Row("longest without a validation meanwhile, at nodes that live", "–", None,
            max(gaps) if gaps else None, "ms", at_most=100.0, is_absolute=True)]
