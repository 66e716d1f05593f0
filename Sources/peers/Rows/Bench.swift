import Basics
import Foundation

/// What all rows share: what is asked for, and where contenders live.
final class Bench {
    let options: Options
    let program: KeyclaveProgram
    private let directory: String
    private var startCount = 0
    /// The part of a processor that the load of etcd took for itself, at most; nil without one.
    private(set) var loaderShare: Double?

    init(_ options: Options, _ program: KeyclaveProgram, in directory: String) {
        self.options = options
        self.program = program
        self.directory = directory
    }

    func say(_ text: String) { if !options.isQuiet { Console.complain(text) } }

    /// Starts a fresh contender, and stops it and removes its files at the end, however that is.
    func with<One: Contender, Result>(
        _ make: (String) throws -> One, _ body: (One) throws -> Result
    ) throws -> Result {
        startCount += 1
        let home = "\(directory)/\(startCount)"
        try FileManager.default.createDirectory(
            atPath: home, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: home) }
        let contender = try make(home)
        defer { contender.stop() }
        try contender.start()
        return try body(contender)
    }

    /// Three fresh nodes of ours, or as many as wanted.
    func withOurs<Result>(
        nodeCount: Int = 3, frontThreads: Int? = nil, _ body: (Keyclave) throws -> Result
    ) throws -> Result {
        try with(
            { try Keyclave(program, in: $0, nodeCount: nodeCount, frontThreads: frontThreads) },
            body)
    }

    /// A peer that can't be measured is no reason to do without the others: its reason is kept.
    func measuring<Result>(
        _ peer: Peer, for work: String, _ body: () throws -> Result
    ) throws -> (result: Result?, trouble: String?) {
        if let lack = peer.lack { return (nil, lack) }
        do {
            return (try body(), nil)
        } catch let interruption as Interruption {
            throw interruption
        } catch {
            return (nil, "\(peer.rawValue) is not measured for “\(work)”: \(error)")
        }
    }

    func note(_ figures: Figures) {
        guard let share = figures.loaderShare else { return }
        loaderShare = max(loaderShare ?? 0, share)
    }
}
