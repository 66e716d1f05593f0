extension Keyclave: FailoverContender {
    private struct Status: Decodable { var leader: String? }

    func leader() throws -> Int? {
        for (number, node) in nodes.enumerated() where node.server.isRunning {
            do {
                let status = try ask(Status.self, ["cluster", "status"], at: number)
                guard let leader = nodes.firstIndex(where: { $0.name == status.leader }),
                    nodes[leader].server.isRunning
                else { continue }
                return leader
            } catch is Trouble {
                continue
            }
        }
        return nil
    }

    func killNode(_ number: Int) { nodes[number].server.kill() }
    func stopNode(_ number: Int) { nodes[number].server.stop() }
    func startNode(_ number: Int) throws { try nodes[number].server.start() }

    func restartNode(_ number: Int) throws {
        try startNode(number)
        try waitUntilReady(number)
    }

    func watchFailovers() throws -> FailoverWatch {
        FailoverWatch(
            try program.begin(
                [
                    "bench", "failover", "--rounds", "100000", "--shortest", "50",
                    "--seconds", "86400", "--quiet",
                ], endpoints: endpoints, tokenFile: tokenFile))
    }
}
