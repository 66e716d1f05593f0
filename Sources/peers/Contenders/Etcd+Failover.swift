extension Etcd: FailoverContender {
    /// As `etcdctl` prints it, of each node asked.
    private struct Answer: Decodable {
        struct Status: Decodable {
            struct Header: Decodable {
                var member: UInt64
                private enum CodingKeys: String, CodingKey { case member = "memberId" }
            }

            var header: Header
            /// Missing where none is known.
            var leader: UInt64?
        }

        var status: Status
        private enum CodingKeys: String, CodingKey { case status = "Status" }
    }

    func leader() throws -> Int? {
        for (number, node) in nodes.enumerated() where node.server.isRunning {
            do {
                let said = try control(
                    ["endpoint", "status", "-w", "json"], at: endpoint(of: node))
                let found = try JSONText.value([Answer].self, in: said)
                if let status = found.first?.status, status.header.member == status.leader {
                    return number
                }
            } catch is Trouble {
                continue
            }
        }
        return nil
    }

    func killNode(_ number: Int) { nodes[number].server.kill() }

    func restartNode(_ number: Int) throws {
        try nodes[number].server.start()
        try waitUntilHealthy()
    }

    func watchFailovers() throws -> FailoverWatch {
        FailoverWatch(
            try Command(
                EtcdLoadLine(
                    work: .failover, endpoints: endpoints, clients: 1, seconds: 1, warmUp: 0
                ).words))
    }
}
