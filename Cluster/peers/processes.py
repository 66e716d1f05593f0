"""Processes that are started, watched and ended by their own ids, and where their files lie."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time

LOOPBACK = "127.0.0.1"
PATIENCE = 60.0  # seconds for whatever should take one

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Trouble(Exception):
    """Something that makes a measurement impossible, in words for whoever started it."""


def find(program):
    """The path of a program, or None. Servers lie where only root's PATH looks."""
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    return shutil.which(program, path=path)


def free_ports(count):
    """Ports that the kernel has just chosen: nothing listens there."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def wait_until(what, condition, seconds=PATIENCE, pause=0.02):
    """The first value of condition() that counts as true."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Trouble(f"{what} took more than {seconds:.0f} s")
        time.sleep(pause)


def run(words, seconds=PATIENCE, env=None):
    """What a command says on standard output; Trouble if it fails."""
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds,
            env=env, check=False)
    except subprocess.TimeoutExpired:
        raise Trouble(f"{words[0]} didn't end within {seconds:.0f} s") from None
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-600:]
        raise Trouble(f"{os.path.basename(words[0])} ended with {done.returncode}: {said}")
    return done.stdout


def die_with_parent():
    """In a new process: nothing that is started here outlives this program, however that ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Process:
    """One server."""

    def __init__(self, words, log, env=None):
        self.words, self.log, self.env = words, log, env
        self.child = None

    def start(self):
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env,
                preexec_fn=die_with_parent)
        return self

    @property
    def pid(self):
        return self.child.pid

    def check(self):
        """Trouble if it has ended by itself."""
        code = self.child.poll()
        if code is not None:
            with open(self.log, "rb") as log:
                said = log.read()[-600:].decode("utf-8", "replace").strip()
            raise Trouble(f"{os.path.basename(self.words[0])} ended with {code}: {said}")

    def kill(self):
        self.child.kill()
        self.child.wait()

    def stop(self):
        if self.child is None or self.child.poll() is not None:
            return
        self.child.terminate()
        try:
            self.child.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()


def family(pid):
    """A process and its children, and theirs."""
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as children:
                for child in children.read().split():
                    found += family(int(child))
    except FileNotFoundError:
        pass
    return found


def cpu_seconds(pid):
    """Processor time that a process and its children have used (proc(5): utime and stime)."""
    ticks = 0
    for each in family(pid):
        with open(f"/proc/{each}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    raise Trouble(f"process {pid} has no memory")
