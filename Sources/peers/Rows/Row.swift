/// One line of the table.
struct Row: Encodable {
    /// What a figure, or a ratio, is to be.
    struct Goal: Hashable {
        var atLeast: Double?
        var atMost: Double?
        /// It is about our figure, not about the ratio.
        var isAbsolute = false

        static let none = Goal()
        static func ratio(atLeast: Double? = nil, atMost: Double? = nil) -> Goal {
            Goal(atLeast: atLeast, atMost: atMost)
        }
        static func figure(atMost: Double) -> Goal { Goal(atMost: atMost, isAbsolute: true) }

        fileprivate func isMet(by value: Double) -> Bool {
            value >= atLeast ?? -.infinity && value <= atMost ?? .infinity
        }
    }

    var work: String
    /// Nil where there is nobody to compare with.
    var peer: String?
    var theirs: Double?
    var ours: Double?
    var unit: String
    var goal = Goal.none
    var note: String?

    /// Ours to theirs.
    var ratio: Double? {
        guard let theirs, let ours, theirs != 0 else { return nil }
        return ours / theirs
    }

    var goalText: String {
        let unit = goal.isAbsolute ? " \(unit)" : " ×"
        let parts = [
            goal.atLeast.map { "≥ \($0.brief)\(unit)" }, goal.atMost.map { "≤ \($0.brief)\(unit)" },
        ]
        let text = parts.compactMap(\.self).joined(separator: ", ")
        return text.isEmpty ? "–" : text
    }

    /// Nil without a goal, or where it can't be told.
    var isMet: Bool? {
        guard goal != .none, let value = goal.isAbsolute ? ours : ratio else { return nil }
        return goal.isMet(by: value)
    }

    // MARK: - JSON

    private enum Member: CodingKey {
        case work, peer, theirs, ours, unit, atLeast, atMost, isAbsolute, note, ratio, goal, isMet
    }

    /// What isn't known is null: every row has the same members.
    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Member.self)
        try members.encode(work, forKey: .work)
        try members.encode(peer ?? "–", forKey: .peer)
        try members.encode(theirs, forKey: .theirs)
        try members.encode(ours, forKey: .ours)
        try members.encode(unit, forKey: .unit)
        try members.encode(goal.atLeast, forKey: .atLeast)
        try members.encode(goal.atMost, forKey: .atMost)
        try members.encode(goal.isAbsolute, forKey: .isAbsolute)
        try members.encode(note ?? "", forKey: .note)
        try members.encode(ratio, forKey: .ratio)
        try members.encode(goalText, forKey: .goal)
        try members.encode(isMet, forKey: .isMet)
    }
}
