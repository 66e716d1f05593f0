import Basics
import Simulator

/// What the runs of a campaign came to so far. Of bounded size but for the failures.
struct CampaignTally {
    struct Row {
        var name: String
        /// Runs that saw it, and how often it was seen in all.
        var runs = 0
        var total = 0
    }

    private(set) var rows = Coverage().table.map { Row(name: $0.name) }
    private(set) var seeds: UInt64 = 0
    private(set) var events = 0
    private(set) var committed = 0
    private(set) var virtualTime = Basics.Duration.zero
    private(set) var failures: [SeedResult] = []
    private(set) var excused = 0
    /// The first few excuses.
    private(set) var excuses: [SeedResult] = []

    mutating func add(_ result: SeedResult) {
        seeds += 1
        events += result.events
        committed += result.committed
        virtualTime = virtualTime + result.virtualTime
        for (position, count) in result.counts.enumerated() where position < rows.count {
            rows[position].runs += count > 0 ? 1 : 0
            rows[position].total += count
        }
        if result.hasFailed { failures.append(result) }
        if result.outcome == .excused {
            excused += 1
            if excuses.count < 5 { excuses.append(result) }
        }
    }

    /// Runs with so few commits that they show nothing.
    var emptyRuns: Int {
        Int(seeds) - (rows.first { $0.name == Coverage.fullRunsName }?.runs ?? 0)
    }

    /// How often any fault struck.
    var faultsStruck: Int {
        rows.reduce(0) { $0 + ($1.name.hasPrefix("fault: ") ? $1.total : 0) }
    }

    /// Kinds of operations, and of the faults expected, that no run saw.
    func missing(expecting faults: [FaultKind]) -> [String] {
        var expected = Set(faults.map { "fault: \($0.rawValue)" })
        expected.formUnion([Coverage.confirmedValidationsName, Coverage.sharingChargesName])
        // These strike when something happens to be under way.
        if faults.contains(.powerLoss) {
            expected.formUnion(rows.map(\.name).filter { $0.hasPrefix("torn between units") })
        }
        if faults.contains(.misread) { expected.insert("wrong bits read") }
        if faults.contains(.narrow) { expected.insert("links overflowed") }
        return rows.filter { row in
            row.runs == 0 && (row.name.hasPrefix("done: ") || expected.contains(row.name))
        }.map(\.name)
    }
}
