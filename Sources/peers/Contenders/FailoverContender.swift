import Basics

/// A cluster whose leaders can be killed.
protocol FailoverContender: Contender {
    /// The number of the node that leads; nil while none does.
    func leader() throws -> Int?
    func killNode(_ number: Int)
    /// Returns when the cluster is whole again.
    func restartNode(_ number: Int) throws
    /// Begins to write through every node, all the time.
    func watchFailovers() throws -> FailoverWatch
}

/// What those saw who wrote while leaders died.
struct FailoverReport: Codable {
    struct Outage: Codable {
        struct Node: Codable {
            var withoutValidationsMs: Double
        }

        /// By the wall clock: the last success before it.
        var beganAtMs: Double
        /// From that to the next one.
        var withoutWritesMs: Double
        /// By node; none where nothing is validated.
        var nodes: [Node]

        func covers(_ time: Double) -> Bool {
            // The clock is read after a success, and there may be one while a process is killed.
            beganAtMs <= time + 50 && beganAtMs + withoutWritesMs >= time
        }
    }

    var writes: Int
    var outages: [Outage]
}

/// A load that runs until it is interrupted, and then says what it has seen.
struct FailoverWatch {
    private let command: Command

    init(_ command: Command) { self.command = command }

    /// `Trouble` if it has ended already.
    func check() throws(Trouble) { try command.check() }

    func finish() throws -> FailoverReport {
        command.interrupt()
        return try JSONText.value(
            FailoverReport.self, in: command.finish(within: .seconds(30)).output)
    }

    func abandon() { command.abandon() }
}
