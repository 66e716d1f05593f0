import Basics

// What its commands say.
extension Keyclave {
    func endpoint(_ number: Int) -> String { "http://\(Loopback.host):\(nodes[number].httpPort)" }

    var endpoints: String { nodes.indices.map(endpoint).joined(separator: ",") }

    /// What a command of the program answers; of one node, if one is named.
    func ask<Answer: Decodable>(
        _ type: Answer.Type, _ words: [String], at node: Int? = nil,
        within limit: Basics.Duration = .seconds(120)
    ) throws -> Answer {
        try program.ask(
            type, words, endpoints: node.map(endpoint) ?? endpoints, tokenFile: tokenFile,
            within: limit)
    }

    /// What `keyclave bench` reports.
    func bench(_ words: [String], at node: Int? = nil) throws -> BenchReport {
        try ask(
            BenchReport.self, ["bench"] + words + ["--quiet"], at: node, within: .seconds(3_600))
    }

    /// The same, while it runs.
    func beginBench(_ words: [String], at node: Int? = nil) throws -> Command {
        try program.begin(
            ["bench"] + words + ["--quiet"], endpoints: node.map(endpoint) ?? endpoints,
            tokenFile: tokenFile)
    }

    private struct Made: Decodable { var id: String }
    private struct MadeKey: Decodable { var key: String }

    /// The text of a new key.
    func makeKey() throws -> String {
        let account = try ask(Made.self, ["account", "create", "bench"]).id
        let user = try ask(
            Made.self,
            [
                "user", "create", "--email", "bench@bench.invalid", "--name", "bench",
                "--role", "member", "--account", account,
            ]
        ).id
        return try ask(
            MadeKey.self,
            [
                "key", "create", "--user", user, "--api", "rest", "--name", "bench",
                "--account", account,
            ]
        ).key
    }

    func processorSeconds(ofNode number: Int) -> Double {
        ProcessFigures.processorSeconds(nodes[number].server.pid)
    }

    /// Of each node, in bytes.
    func memory() throws -> [Double] {
        try nodes.map { try ProcessFigures.residentBytes($0.server.pid) }
    }
}
