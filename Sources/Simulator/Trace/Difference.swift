/// Where two values differ, field by field: for people who look for the one that is wrong.
enum Difference {
    /// Nothing, or one line: `result.key.state is active, expected revoked`.
    static func words(_ seen: some Any, expected: some Any) -> String {
        var words: [String] = []
        compare(seen, expected, "", &words)
        return words.joined(separator: "; ")
    }

    private static func compare(
        _ seen: Any, _ expected: Any, _ path: String, _ words: inout [String]
    ) {
        let (one, other) = (Mirror(reflecting: seen), Mirror(reflecting: expected))
        let fields = Array(one.children)
        let wanted = Array(other.children)
        let isAlike = fields.map(\.label) == wanted.map(\.label)
        let isWhole = seen is any CustomStringConvertible && one.displayStyle == .struct
        guard !fields.isEmpty, isAlike, !isWhole else {
            let (here, there) = (text(seen), text(expected))
            let name = path.isEmpty ? "it" : path
            if here != there { words.append("\(name) is \(here), expected \(there)") }
            return
        }
        for (position, field) in fields.enumerated() {
            let label = field.label.flatMap { $0 == "some" || $0.hasPrefix(".") ? nil : $0 }
            let step = label ?? (one.displayStyle == .collection ? "\(position)" : "")
            let next = [path, step].filter { !$0.isEmpty }.joined(separator: ".")
            compare(field.value, wanted[position].value, next, &words)
        }
    }

    /// Of a case with values no more than its name.
    private static func text(_ value: Any) -> String {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: return mirror.children.first.map { text($0.value) } ?? "nothing"
        case .enum where !mirror.children.isEmpty: return mirror.children.first?.label ?? ""
        case .collection: return "\(mirror.children.count) of them"
        default: return "\(value)"
        }
    }
}
