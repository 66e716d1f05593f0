import Basics
import Linux

/// One client, which asks one thing after the other, alone and beside those who ask for more than
/// there is. All have the same front thread: beside several it would be chance who meets whom.
struct FairnessRow {
    /// Requests that a greedy client has on the way.
    private static let ahead = 10_000
    /// Clients of charges at saturation.
    private static let crowds = [256, 1_000]

    private let bench: Bench

    init(_ bench: Bench) { self.bench = bench }

    /// What the one client does, and what others do meanwhile.
    private struct Case {
        /// As `keyclave bench` calls it.
        var deed: String
        /// For the table: “beside …”.
        var neighbours: String
        /// The words of another measurement at the same node, or at all of them.
        var load: [String]
        var loadsAllNodes = false
    }

    private static let cases: [Case] =
        [
            Case(
                deed: "validate", neighbours: "\(ahead.grouped) pipelined validations",
                load: ["validate", "-c", "1", "--pipeline", "\(ahead)"])
        ]
        + crowds.map { clients in
            Case(
                deed: "validate", neighbours: "charges of \(clients.grouped) clients",
                load: ["charge", "-c", "\(clients)"], loadsAllNodes: true)
        } + [
            Case(
                deed: "charge", neighbours: "\(ahead.grouped) pipelined charges",
                load: ["charge", "-c", "1", "--pipeline", "\(ahead)"])
        ]

    func rows() throws -> [Row] {
        var alone: [String: Medians] = [:]
        var beside = Self.cases.map { _ in Medians() }
        for turn in 0..<bench.options.times {
            try bench.withOurs(frontThreads: 1) { cluster in
                let one = One(bench: bench, cluster: cluster, key: try cluster.makeKey())
                for deed in ["validate", "charge"] {
                    say("\(deed) alone", turn)
                    alone[deed, default: Medians()].turns.append(try one.measure(deed))
                }
                for (number, work) in Self.cases.enumerated() {
                    say("\(work.deed) beside \(work.neighbours)", turn)
                    do {
                        beside[number].turns.append(try one.measure(work))
                    } catch let trouble as Trouble {
                        // That nothing was answered in all that time is a finding as well.
                        beside[number].trouble = trouble.description
                    }
                }
            }
        }
        return zip(Self.cases, beside).flatMap { work, found in
            rows(work, alone[work.deed] ?? Medians(), found)
        }
    }

    private func say(_ text: String, _ turn: Int) {
        bench.say("fairness: \(text), \(turn + 1) of \(bench.options.times)")
    }

    private func rows(_ work: Case, _ alone: Medians, _ beside: Medians) -> [Row] {
        let deed = work.deed == "charge" ? "durable charge" : "validation"
        let name = "\(deed), one client beside \(work.neighbours)"
        let note =
            beside.errors > 0
            ? Medians.errorNote("ours", beside.errors, name)
            : beside.trouble.map { "“\(name)”: \($0)" }
        return [("p50", \Figures.p50), ("p99", \.p99)].map { percentile, figure in
            Row(
                work: "\(name), \(percentile)", peer: "ours alone",
                theirs: alone[figure].map { $0 / 1_000 }, ours: beside[figure].map { $0 / 1_000 },
                unit: "ms", note: note)
        }
    }

    /// The one client.
    private struct One {
        var bench: Bench
        var cluster: Keyclave
        var key: String

        /// Alone.
        func measure(_ deed: String) throws -> Figures {
            try cluster.bench(
                [
                    deed, "--key", key, "-c", "1", "--seconds", "\(bench.options.seconds)",
                    "--warm-up", "0",
                ], at: 0
            ).figures
        }

        /// While others do something.
        func measure(_ work: Case) throws -> Figures {
            let seconds = bench.options.seconds + bench.options.warmUp + 3_600
            let load = try cluster.beginBench(
                work.load + ["--key", key, "--seconds", "\(seconds)", "--warm-up", "0"],
                at: work.loadsAllNodes ? nil : 0)
            defer { load.abandon() }
            let begin = Clocks.now() + .seconds(Int64(bench.options.warmUp))
            while Clocks.now() < begin { try Patience.pause(.milliseconds(20)) }
            let figures = try measure(work.deed)
            try load.check()
            return figures
        }
    }
}
