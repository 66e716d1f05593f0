import Basics
import Foundation

/// One server, measured by its own `redis-benchmark`.
final class Redis: Contender {
    static let key = String(repeating: "k", count: 32)
    static let value = String(repeating: "v", count: 24)

    private let port: UInt16
    private let server: ServerProcess

    /// Durable means that every answer waits for the disk.
    init(in directory: String, isDurable: Bool = false) throws {
        port = try Loopback.freePorts(1)[0]
        server = ServerProcess(
            [
                try Tools.path(of: "redis-server"), "--port", "\(port)", "--bind", Loopback.host,
                "--dir", directory, "--save", "", "--enable-debug-command", "local",
                "--appendonly", isDurable ? "yes" : "no", "--appendfsync", "always",
            ], log: directory + "/log")
    }

    func start() throws {
        try server.start()
        try Patience.wait(for: "the start of Redis") {
            try server.check()
            return Loopback.listens(at: port) ? () : nil
        }
        try ask(["SET", Self.key, Self.value])
    }

    func stop() { server.stop() }

    private func ask(_ words: [String], within limit: Basics.Duration = Patience.usual) throws {
        let program = try Tools.path(of: "redis-cli")
        try Command.run(
            [program, "-h", Loopback.host, "-p", "\(port)", "-e"] + words, within: limit)
    }

    // MARK: - Measuring

    func measure(
        _ command: [String], clients: Int, seconds: Int, pipeline: Int = 1
    ) throws -> Figures {
        // It counts requests, not seconds: a short run tells how many to ask for.
        let trial = try benchmark(command, clients, max(2_000, 20 * clients), pipeline)
        let count = max(clients * pipeline, Int((trial.perSecond ?? 0) * Double(seconds)))
        return try benchmark(
            command, clients, count, pipeline, within: .seconds(Int64(seconds) * 5 + 60))
    }

    private func benchmark(
        _ command: [String], _ clients: Int, _ count: Int, _ pipeline: Int,
        within limit: Basics.Duration = .seconds(120)
    ) throws -> Figures {
        let program = try Tools.path(of: "redis-benchmark")
        let said = try Command.run(
            [
                program, "-h", Loopback.host, "-p", "\(port)", "-c", "\(clients)",
                "-n", "\(count)", "-P", "\(pipeline)", "--csv",
            ] + command, within: limit)
        return try Self.figures(inReport: said.output)
    }

    /// From a head and one row in CSV, perhaps with other lines before them.
    static func figures(inReport text: String) throws(Trouble) -> Figures {
        func cells(_ line: Substring) -> [String] {
            line.trimmingCharacters(in: .whitespaces.union(["\""])).components(separatedBy: "\",\"")
        }
        let lines = text.split(whereSeparator: \.isNewline).drop { !$0.hasPrefix("\"test\"") }
        let found = lines.map(cells)
        guard found.count == 2, found[0].count == found[1].count else {
            throw Trouble("redis-benchmark said \(text.end)")
        }
        let row = Dictionary(zip(found[0], found[1]), uniquingKeysWith: { first, _ in first })
        func number(_ name: String) throws(Trouble) -> Double {
            guard let number = row[name].flatMap({ Double($0) }) else {
                throw Trouble("redis-benchmark tells no \(name)")
            }
            return number
        }
        return Figures(
            perSecond: try number("rps"), p50: try number("p50_latency_ms") * 1_000,
            p99: try number("p99_latency_ms") * 1_000)
    }

    /// What each of so many keys with values adds to its memory, in bytes.
    func weight(ofKeys count: Int) throws -> Double {
        let before = try ProcessFigures.residentBytes(server.pid)
        // Its keys are a prefix, a colon and a number, of 32 bytes together.
        let digits = String(count - 1).count
        try ask(
            ["DEBUG", "POPULATE", "\(count)", String(Self.key.prefix(31 - digits)), "24"],
            within: .seconds(600))
        return (try ProcessFigures.residentBytes(server.pid) - before) / Double(count)
    }

    static func version() throws -> String {
        let said = try Command.run([try Tools.path(of: "redis-server"), "--version"]).output
        return said.firstMatch(of: /v=(\S+)/).map { String($0.1) } ?? ""
    }
}
