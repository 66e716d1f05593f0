import Simulator

/// What the runs of a campaign saw: how many of them, and how often in all.
struct CampaignCoverage {
    private var rows: [(name: String, runs: Int, count: Int)] = []
    private(set) var committed = 0

    mutating func add(_ coverage: Coverage) {
        committed += coverage.committed
        let table = coverage.table
        if rows.isEmpty { rows = table.map { ($0.name, 0, 0) } }
        for (position, row) in table.enumerated() {
            rows[position].runs += row.count > 0 ? 1 : 0
            rows[position].count += row.count
        }
    }

    /// The names of what no run saw.
    var missing: [String] { rows.filter { $0.runs == 0 }.map(\.name) }

    func print() {
        for row in rows {
            let name = row.name + String(repeating: " ", count: max(1, 30 - row.name.count))
            Swift.print("\(name) \(row.runs) runs, \(row.count)")
        }
    }
}
