"""Many keys: what they weigh, and what they change."""

import os
import time

from ours import Keyclave, figures
from processes import Trouble, resident_bytes
from rows import missing
from servers import Redis
from table import Row, number

FEW = 1_000


def keys(bench):
    many = bench.options.keys
    with bench.start(Keyclave) as cluster:
        # Fewer users make less work of the same number of keys.
        cluster.ask("settings", "set", "active_keys_per_user", "100")
        few = _load(bench, cluster, FEW)
        at_few = _validate(bench, cluster, few)
        before = [resident_bytes(node.pid) for node in cluster.nodes]
        begun = time.monotonic()
        handle = _load(bench, cluster, many)
        took = time.monotonic() - begun
        after = [resident_bytes(node.pid) for node in cluster.nodes]
        at_many = _validate(bench, cluster, handle)
        start, snapshot = _restart(bench, cluster)
    weights = [(late - early) / many for early, late in zip(before, after)]
    redis, note = None, missing("Redis")
    if not note:
        try:
            redis = _redis_weight(bench, many)
        except Trouble as error:
            note = f"Redis is not measured for memory: {error}"
    count = number(many)
    return [
        Row(f"memory for a key, of {count}, the heaviest node", "Redis, 32-byte key, 24-byte value",
            redis, max(weights), "bytes", at_most=120.0, is_absolute=True, note=note),
        Row(f"validation with {count} keys in random order", f"ours with {number(FEW)}",
            at_few["per_second"], at_many["per_second"], "a second", at_least=1 / 1.5),
        Row(f"start from a snapshot of {count} keys", "–", None, start, "s", at_most=5.0,
            is_absolute=True, note=f"that snapshot has {number(snapshot)} MiB"),
        Row(f"loading {count} keys by their digests, three nodes", "–", None, many / took,
            "a second")]


def _load(bench, cluster, count):
    bench.say(f"keys: loading {count:,}")
    return cluster.bench("load-keys", str(count), "--timeout", "120")["loaded"]


def _validate(bench, cluster, handle):
    bench.say("keys: validations of all of them")
    report = cluster.bench(
        "validate", "--loaded", handle, "-c", "32", "--seconds", bench.seconds,
        "--warm-up", str(bench.warm_up), endpoints=cluster.endpoint(0))
    if report["errors"]["total"]:
        raise Trouble(f"loaded keys weren't valid: {report['errors']}")
    return figures(report)


def _restart(bench, cluster):
    """How long a follower takes from its start until it is ready, and its snapshot's MiB."""
    bench.say("keys: a follower's restart")
    follower = next(place for place in range(len(cluster.nodes)) if place != cluster.leader())
    cluster.ask("cluster", "snapshot", endpoints=cluster.endpoint(follower), seconds=600.0)
    size = _newest_snapshot(os.path.join(cluster.directory, f"n{follower + 1}", "data"))
    cluster.nodes[follower].stop()
    begun = time.monotonic()
    cluster.nodes[follower].start()
    cluster.wait_ready(follower, 600.0)
    return time.monotonic() - begun, size / (1 << 20)


def _newest_snapshot(directory):
    """How many bytes it has: a snapshot bears its own name once it is whole."""
    whole = [entry.stat() for entry in os.scandir(directory) if entry.name.startswith("snapshot-")]
    if not whole:
        raise Trouble("a node wrote no snapshot")
    return max(whole, key=lambda each: each.st_mtime_ns).st_size


def _redis_weight(bench, count):
    bench.say(f"keys: Redis, {count:,}")
    with bench.start(Redis) as redis:
        before = resident_bytes(redis.process.pid)
        # Its keys are a prefix, a colon and a number, of 32 bytes together.
        prefix = "k" * (31 - len(str(count - 1)))
        redis.command("DEBUG", "POPULATE", str(count), prefix, "24", seconds=600.0)
        return (resident_bytes(redis.process.pid) - before) / count
