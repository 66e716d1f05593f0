#if MUTANTS
import Foundation

/// The account of a campaign.
enum MutantsTable {
    static func print(_ rows: [MutantsResult], seconds: Int) {
        let width = (rows.map(\.experiment.name.count).max() ?? 0) + 2
        Swift.print(pad("bug", width) + "   seeds  CPU s  caught by")
        for row in rows {
            let numbers = String(format: "%8d %6.1f  ", row.seeds, row.seconds)
            Swift.print(pad(row.experiment.name, width) + numbers + row.verdict.prefix(100))
        }
        let bugs = rows.filter { !$0.experiment.isControl }
        let caught = bugs.filter { $0.finding != nil }
        guard !bugs.isEmpty else { return }
        Swift.print(
            "\(caught.count) of \(bugs.count) bugs caught, "
                + String(format: "half of them within %.1f CPU seconds", median(of: bugs))
                + "; at most \(seconds) s each")
    }

    /// One object for each row.
    static func printMachineReadable(_ rows: [MutantsResult]) {
        struct Row: Encodable {
            var name: String
            var isControl: Bool
            var isGood: Bool
            var seeds: Int
            var lastSeed: UInt64
            var excused: Int
            var processorSeconds: Double
            var finding: String?
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let list = rows.map { row in
            Row(
                name: row.experiment.name, isControl: row.experiment.isControl,
                isGood: row.isGood, seeds: row.seeds, lastSeed: row.lastSeed,
                excused: row.excused, processorSeconds: row.seconds, finding: row.finding)
        }
        guard let bytes = try? encoder.encode(list) else { return }
        Swift.print(String(decoding: bytes, as: UTF8.self))
    }

    /// What wasn't caught took longer than all the others.
    private static func median(of rows: [MutantsResult]) -> Double {
        let times = rows.map { $0.finding == nil ? .infinity : $0.seconds }.sorted()
        return times[times.count / 2]
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
#endif
