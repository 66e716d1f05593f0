import Basics
import Foundation
import Linux

/// A leader that is killed, again and again, under writes through every node.
struct FailoverRow {
    /// Writes before and after each death.
    private static let steady = Basics.Duration.seconds(2)
    /// What a death without an outage counts as: shorter ones aren't told.
    private static let shortestOutage = 50.0

    private let bench: Bench

    init(_ bench: Bench) { self.bench = bench }

    /// One death.
    struct Kill {
        /// By the wall clock, in milliseconds.
        var time: Double
        var node: Int
    }

    /// What it did, in milliseconds.
    struct Effect {
        var withoutWrites: Double
        /// The longest of the nodes that lived; nil where nobody validates.
        var withoutValidations: Double?

        /// By the outage that began with this kill: the last write before it was made just before.
        init(of kill: Kill, in report: FailoverReport) {
            let near = report.outages.filter { $0.covers(kill.time) }
            guard let longest = near.max(by: { $0.withoutWritesMs < $1.withoutWritesMs }) else {
                withoutWrites = FailoverRow.shortestOutage
                return
            }
            withoutWrites = longest.withoutWritesMs
            withoutValidations = longest.nodes.enumerated().filter { $0.offset != kill.node }
                .map(\.element.withoutValidationsMs).max()
        }
    }

    func rows() throws -> [Row] {
        let work = "leader killed to next durable write, median of \(bench.options.kills)"
        let ours = try bench.withOurs { try effects("ours", $0) }
        let (theirs, trouble) = try bench.measuring(.etcd, for: work) {
            try bench.with({ try Etcd(in: $0) }) { try effects("etcd", $0) }
        }
        func seconds(_ effects: [Effect]?, _ choose: ([Double]) -> Double?) -> Double? {
            effects.flatMap { choose($0.map(\.withoutWrites)) }.map { $0 / 1_000 }
        }
        let peer = "etcd put, its defaults"
        return [
            Row(
                work: work, peer: peer, theirs: seconds(theirs, \.median),
                ours: seconds(ours, \.median), unit: "s", goal: .figure(atMost: 0.6),
                note: trouble),
            Row(
                work: "the same, longest of all", peer: peer,
                theirs: seconds(theirs) { $0.max() }, ours: seconds(ours) { $0.max() }, unit: "s"),
            Row(
                work: "longest without a validation meanwhile, at nodes that live",
                ours: ours.compactMap(\.withoutValidations).max(), unit: "ms",
                goal: .figure(atMost: 100)),
        ]
    }

    private func effects(_ name: String, _ cluster: some FailoverContender) throws -> [Effect] {
        let watch = try cluster.watchFailovers()
        defer { watch.abandon() }
        var kills: [Kill] = []
        for number in 1...bench.options.kills {
            bench.say("leader killed: \(name), \(number) of \(bench.options.kills)")
            try rest()
            try watch.check()
            let leader = try Patience.wait(for: "a leader", until: cluster.leader)
            kills.append(Kill(time: Double(Clocks.wall().milliseconds), node: leader))
            cluster.killNode(leader)
            try Patience.wait(for: "a new leader", until: cluster.leader)
            try rest()
            try cluster.restartNode(leader)
        }
        try rest()
        let report = try watch.finish()
        return kills.map { Effect(of: $0, in: report) }
    }

    /// In short sleeps, so that a signal needn't wait.
    private func rest() throws {
        let end = Clocks.now() + Self.steady
        while Clocks.now() < end { try Patience.pause(.milliseconds(20)) }
    }
}
