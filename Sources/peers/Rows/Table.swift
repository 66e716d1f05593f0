/// Rows as Markdown shows them, aligned for those who read it as it is, and the notes to them.
struct Table {
    private static let head = [
        "work", "unit", "peer", "the peer's", "ours", "ratio", "goal", "met",
    ]

    var rows: [Row]
    /// About the whole of it.
    var notes: [String] = []

    var text: String {
        let lines = [Self.head] + rows.map(cells)
        let widths = Self.head.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        var texts = lines.map { line in
            "| " + zip(line, widths).map { $0.padded(to: $1) }.joined(separator: " | ") + " |"
        }
        let rule = widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|")
        texts.insert("|\(rule)|", at: 1)
        if !allNotes.isEmpty { texts += [""] + allNotes.map { "- \($0)" } }
        return texts.joined(separator: "\n") + "\n"
    }

    private func cells(_ row: Row) -> [String] {
        let missing = "not measured"
        let met = row.isMet.map { $0 ? "yes" : "no" }
        return [
            row.work, row.unit, row.peer ?? "–",
            row.peer == nil ? "–" : row.theirs?.brief ?? missing, row.ours?.brief ?? missing,
            row.ratio.map { $0.brief + " ×" } ?? "–", row.goalText, met ?? "–",
        ]
    }

    /// Each once, in the rows' order.
    private var allNotes: [String] {
        var seen: Set<String> = []
        return (rows.compactMap(\.note) + notes).filter { seen.insert($0).inserted }
    }
}
