import Basics
import Linux

/// What many keys weigh, and what they change.
struct KeysRow {
    /// What figures with many are held against.
    private static let few = 1_000

    private static let once =
        "the rows about numbers of keys are of one cluster that got more and more, each measured once"

    /// A node that has rested for five seconds gives back what it doesn't need; with peers it comes
    /// round often enough.
    private static let rest = Duration.seconds(8)

    private let bench: Bench

    init(_ bench: Bench) { self.bench = bench }

    /// A cluster that held this many keys.
    fileprivate struct Findings {
        var count: Int
        var validation = Figures()
        var charge = Figures()
        /// At a steady rate: without a snapshot, and while one after the other is written.
        var calm = Figures()
        var duringSnapshots = Figures()
        var snapshots = 0
        /// What each key adds to the heaviest node, in bytes: at rest behind a snapshot, and as
        /// soon as all are loaded, with the log since the last one.
        var weight = 0.0
        var loadedWeight = 0.0
        var loadedPerSecond = 0.0
        /// From a follower's start to its readiness, in seconds, and what it starts from.
        var start = 0.0
        var snapshotSize = 0.0
    }

    func rows() throws -> [Row] {
        let (base, all) = try measureOurs()
        return try all.flatMap { try rows($0, base) }
    }

    // MARK: - Ours

    /// With few, and with each number of keys.
    private func measureOurs() throws -> (base: Findings, all: [Findings]) {
        try bench.withOurs { cluster in
            // Fewer users make less work of the same number of keys.
            _ = try cluster.ask(
                Setting.self, ["settings", "set", "active_keys_per_user", "100"])
            var base = Findings(count: Self.few)
            _ = try load(&base, into: cluster)
            let all = try bench.options.keys.sorted().map { count in
                var found = Findings(count: count)
                let work = try load(&found, into: cluster)
                try strain(&found, work)
                return found
            }
            return (base, all)
        }
    }

    private struct Setting: Decodable {}

    private func say(_ count: Int, _ text: String) { bench.say("keys: \(count.grouped), \(text)") }

    /// Loads keys, and asks about them.
    private func load(_ found: inout Findings, into cluster: Keyclave) throws -> Work {
        say(found.count, "loading")
        let before = try cluster.memory()
        let load = try cluster.bench(loading: found.count)
        found.loadedWeight = try weight(of: found.count, in: cluster, since: before)
        found.loadedPerSecond = load.perSecond
        // Else what follows is measured beside the snapshots that so long a log makes nodes write.
        for node in cluster.nodes.indices { try cluster.writeSnapshot(at: node) }
        try Patience.pause(Self.rest)
        found.weight = try weight(of: found.count, in: cluster, since: before)
        let work = Work(bench: bench, cluster: cluster, handle: load.loaded)
        say(found.count, "validations and charges")
        found.validation = try work.validations()
        found.charge = try work.charges()
        return work
    }

    private func weight(
        of count: Int, in cluster: Keyclave, since before: [Double]
    ) throws -> Double {
        zip(before, try cluster.memory()).map { ($1 - $0) / Double(count) }.max() ?? 0
    }

    /// Snapshots under way, and a start from one.
    private func strain(_ found: inout Findings, _ work: Work) throws {
        let rate = max(1, Int((found.validation.perSecond ?? 0) / 4))
        say(found.count, "validations without a snapshot and during one")
        (found.calm, _) = try work.steadyValidations(rate: rate, withSnapshots: false)
        (found.duringSnapshots, found.snapshots) = try work.steadyValidations(
            rate: rate, withSnapshots: true)
        say(found.count, "a follower's restart")
        (found.start, found.snapshotSize) = try work.restart()
    }

    // MARK: - The table

    private func rows(_ many: Findings, _ few: Findings) throws -> [Row] {
        let count = many.count.grouped
        let work = "memory for a key, of \(count), at rest behind a snapshot, the heaviest node"
        let (redis, trouble) = try bench.measuring(.redis, for: work) {
            bench.say("keys: Redis, \(count)")
            return try bench.with({ try Redis(in: $0) }) { try $0.weight(ofKeys: many.count) }
        }
        let base = "ours with \(few.count.grouped)"
        let flat = Row.Goal.ratio(atLeast: 1 / 1.5)
        return [
            Row(
                work: work, peer: "Redis, 32-byte key, 24-byte value", theirs: redis,
                ours: many.weight, unit: "bytes", goal: .figure(atMost: 120), note: trouble),
            Row(
                work: "the same as soon as they are loaded, with the log since the last snapshot",
                ours: many.loadedWeight, unit: "bytes"),
            Row(
                work: "validation with \(count) keys in random order", peer: base,
                theirs: few.validation.perSecond, ours: many.validation.perSecond,
                unit: "a second", goal: flat),
            Row(
                work: "durable charge with \(count) keys in random order, "
                    + Charges.text(Work.clients),
                peer: base, theirs: few.charge.perSecond, ours: many.charge.perSecond,
                unit: "a second", goal: flat),
            Row(
                work: "p99.9 of validations while \(count) keys are written to a snapshot",
                peer: "ours without one", theirs: many.calm.p99_9.map { $0 / 1_000 },
                ours: many.duringSnapshots.p99_9.map { $0 / 1_000 }, unit: "ms",
                goal: .ratio(atMost: 3), note: many.snapshotNote),
            Row(
                work: "start from a snapshot of \(count) keys", ours: many.start, unit: "s",
                goal: .figure(atMost: 5),
                note: "a snapshot of \(count) keys has \(many.snapshotSize.brief) MiB"),
            Row(
                work: "loading \(count) keys by their digests, three nodes",
                ours: many.loadedPerSecond, unit: "a second", note: Self.once),
        ]
    }
}

extension KeysRow.Findings {
    fileprivate var snapshotNote: String {
        "\(snapshots.grouped) snapshots of \(count.grouped) keys were written one after the other, "
            + "under a quarter of the validations that the node can do"
    }
}

extension Keyclave {
    fileprivate func bench(loading count: Int) throws -> LoadReport {
        try ask(
            LoadReport.self,
            ["bench", "load-keys", "\(count)", "--timeout", "120", "--quiet"],
            within: .seconds(3_600))
    }
}
