"""A load for etcd: puts and serializable reads over its own gRPC interface, as its clients do.

etcd's own `benchmark` program is in no package. This one speaks HTTP/2 (RFC 9113) with requests
that are made once, and says what part of a processor it took for itself (`loader_cpu`). An answer
counts only if it bears a message: gRPC sends none with an error.
"""

import argparse
import json
import resource
import select
import signal
import socket
import struct
import time

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
LARGEST_WINDOW = (1 << 31) - 1
HEAD = struct.Struct(">BHBBI")  # of a frame: its length in three bytes, kind, flags and stream
KEY, VALUE = b"k" * 32, b"v" * 24


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def text(value):
    return bytes([len(value)]) + value


def fields(method, authority):
    """A header block of literals and entries of the static table: it is the same every time."""
    return (
        b"\x83\x86\x04" + text(f"/etcdserverpb.KV/{method}".encode())
        + b"\x01" + text(authority.encode()) + b"\x0f\x10" + text(b"application/grpc")
        + b"\x00" + text(b"te") + text(b"trailers"))


def message(body):
    return b"\x00" + struct.pack(">I", len(body)) + body


PUT = message(b"\x0a" + text(KEY) + b"\x12" + text(VALUE))
READ = message(b"\x0a" + text(KEY) + b"\x38\x01")  # RangeRequest.serializable


class Broken(Exception):
    pass


class Connection:
    """One TCP connection with any number of requests on the way."""

    def __init__(self, endpoint, work):
        host, _, port = endpoint.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=2)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.body = READ if work == "get" else PUT
        # What a request consists of, but for the stream's number behind each of the two.
        block = fields("Range" if work == "get" else "Put", endpoint)
        self.parts = (
            frame(HEADERS, END_HEADERS, 0, block)[:5],
            block + frame(DATA, END_STREAM, 0, self.body)[:5], self.body)
        self.stream = 1
        self.is_full = True  # at first it waits until it may be written to
        self.window = 65_535
        self.held = 0
        self.streams = {}  # by number: when it began, and whether a message came
        self.input = b""
        self.output = bytearray(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, LARGEST_WINDOW))
            + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", LARGEST_WINDOW - 65_535)))

    def ask(self):
        """Sends one request, or holds it until the server has room (RFC 9113, 5.2)."""
        if self.window < len(self.body):
            self.held += 1
            return
        self.window -= len(self.body)
        self.output += self.stream.to_bytes(4, "big").join(self.parts)
        self.streams[self.stream] = [time.monotonic_ns(), False]
        self.stream += 2

    def flush(self):
        """True if something is left to be written."""
        try:
            while self.output:
                del self.output[:self.socket.send(self.output)]
        except BlockingIOError:
            return True
        except OSError as error:
            raise Broken from error
        return False

    def read(self):
        """The requests that were answered: when each began, and whether it succeeded."""
        try:
            data = self.socket.recv(1 << 18)
        except BlockingIOError:
            return []
        except OSError as error:
            raise Broken from error
        if not data:
            raise Broken
        data = self.input + data
        done, place, end = [], 0, len(data)
        while end - place >= 9:
            high, low, kind, flags, stream = HEAD.unpack_from(data, place)
            after = place + 9 + (high << 16 | low)
            if after > end:
                break
            self._take(kind, flags, stream, data[place + 9:after], done)
            place = after
        self.input = data[place:]
        return done

    def _take(self, kind, flags, stream, payload, done):
        if kind == DATA:
            # A message of etcd's has a header at least; an empty one would say nothing.
            self.streams[stream][1] |= len(payload) > 5
        if kind in (DATA, HEADERS) and flags & END_STREAM:
            done.append(self.streams.pop(stream))
        elif kind == RST_STREAM:
            done.append([self.streams.pop(stream)[0], False])
        elif kind == SETTINGS and not flags & ACK:
            self.output += frame(SETTINGS, ACK, 0)
        elif kind == PING and not flags & ACK:
            self.output += frame(PING, ACK, 0, payload)
        elif kind == GOAWAY:
            raise Broken
        elif kind == WINDOW_UPDATE and stream == 0:
            self.window += int.from_bytes(payload, "big")
            held, self.held = self.held, 0
            for _ in range(held):
                self.ask()


def percentile(ordered, share):
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] // 1000 if ordered else 0


def measure(options):
    """A closed loop: every client sends when it has its answer. They share connections, as those of
    etcd's own benchmark do; no more than a hundred, as its documentation has it."""
    count = min(options.clients, 100)
    poller = select.epoll()
    connections = {}
    for number in range(count):
        connection = Connection(options.endpoints[number % len(options.endpoints)], options.work)
        connections[connection.socket.fileno()] = connection
        for _ in range(number, options.clients, count):
            connection.ask()
        poller.register(connection.socket.fileno(), select.EPOLLIN | select.EPOLLOUT)
    begin = time.monotonic_ns() + int(options.warm_up * 1e9)
    end = begin + int(options.seconds * 1e9)
    latencies, errors = [], 0
    used = None
    while time.monotonic_ns() < end:
        if used is None and time.monotonic_ns() >= begin:
            used = resource.getrusage(resource.RUSAGE_SELF)
        for number, events in poller.poll(0.1):
            connection = connections[number]
            if events & ~select.EPOLLOUT:
                now = time.monotonic_ns()
                for began, succeeded in connection.read():
                    if began >= begin and now <= end:
                        if succeeded:
                            latencies.append(now - began)
                        else:
                            errors += 1
                    connection.ask()
            is_full = connection.flush()
            if is_full != connection.is_full:
                connection.is_full = is_full
                poller.modify(number, select.EPOLLIN | (select.EPOLLOUT if is_full else 0))
    spent = resource.getrusage(resource.RUSAGE_SELF)
    cpu = spent.ru_utime + spent.ru_stime - (used.ru_utime + used.ru_stime if used else 0)
    latencies.sort()
    return {
        "answers": len(latencies), "per_second": len(latencies) / options.seconds,
        "p50_us": percentile(latencies, 0.5), "p99_us": percentile(latencies, 0.99),
        "errors": errors, "loader_cpu": round(cpu / options.seconds, 3)}


class Writer:
    """One that puts through one node every 10 ms, whatever became of the put before: one that is
    lost with a leader is answered after seconds only, and nobody should wait for it."""

    def __init__(self, endpoint):
        self.endpoint, self.connection, self.due = endpoint, None, 0

    def step(self, now):
        """How many puts have succeeded since the last step."""
        if now < self.due:
            return 0
        try:
            if self.connection is None:
                self.connection = Connection(self.endpoint, "put")
            if now >= self.due and len(self.connection.streams) < 1_000:
                self.connection.ask()
            self.due = now + 10_000_000
            self.connection.flush()
        except (Broken, OSError):
            self.give_up(now)
        return 0

    def read(self, now):
        try:
            done = self.connection.read()
            self.connection.flush()
            return sum(succeeded for _, succeeded in done)
        except (Broken, OSError):
            self.give_up(now)
            return 0

    def give_up(self, now):
        if self.connection is not None:
            self.connection.socket.close()
        self.connection, self.due = None, now + 2_000_000


def watch_failover(options):
    """Until it is interrupted; an outage is a time without a successful put by anybody."""
    is_over = []
    signal.signal(signal.SIGINT, lambda *_: is_over.append(True))
    writers = [Writer(endpoint) for endpoint in options.endpoints]
    outages, writes, last = [], 0, None
    while not is_over:
        for writer in writers:
            writer.step(time.monotonic_ns())
        open_ones = {w.connection.socket: w for w in writers if w.connection is not None}
        for each in select.select(list(open_ones), [], [], 0.002)[0]:
            now = time.monotonic_ns()
            count = open_ones[each].read(now)
            if not count:
                continue
            writes += count
            if last is not None and now - last >= 50_000_000:
                outages.append({
                    "began_at_ms": int(time.time() * 1000 - (now - last) / 1e6),
                    "without_writes_ms": (now - last) // 1_000_000, "nodes": []})
            last = now
    return {"writes": writes, "outages": outages}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", choices=["put", "get", "failover"])
    parser.add_argument("--endpoints", required=True, type=lambda value: value.split(","))
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--warm-up", type=float, default=1)
    options = parser.parse_args()
    if options.work == "get":
        prepare(options.endpoints[0])
    print(json.dumps(watch_failover(options) if options.work == "failover" else measure(options)))


def prepare(endpoint):
    """Puts the key that is read."""
    connection = Connection(endpoint, "put")
    connection.ask()
    connection.flush()
    done = []
    while not done:
        select.select([connection.socket], [], [], 5)
        done = connection.read()
        connection.flush()
    if not done[0][1]:
        raise SystemExit("etcd took no key")


if __name__ == "__main__":
    main()
