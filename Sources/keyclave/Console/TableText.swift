import HTTP
import KeyclaveClient

/// Writes a server's answer as tables for people.
///
/// A list becomes one row an item; a record becomes one line a member, and every list of objects
/// within it a table of its own, under its name. Nothing is shown as `–`. Known columns stand in
/// the order of the command table, others behind them as they came.
struct TableText {
    /// Members to show first, in this order.
    var columns: [String]

    func text(of value: JSONValue) -> String {
        guard case .object(let members) = value else { return Self.cell(value) + "\n" }
        let isPage = value["items"] != nil
        var parts: [String] = []
        let plain = members.filter { Self.rows($0.value) == nil && !(isPage && $0.name == "next") }
        if !plain.isEmpty { parts.append(record(plain)) }
        for member in members {
            guard let rows = Self.rows(member.value) else { continue }
            let title = isPage && member.name == "items" ? "" : member.name + "\n"
            parts.append(title + table(rows))
        }
        return parts.joined(separator: "\n")
    }

    /// The objects of a non-empty list of objects, or an empty `items`.
    private static func rows(_ value: JSONValue) -> [[JSONValue.Member]]? {
        guard case .array(let items) = value else { return nil }
        var rows: [[JSONValue.Member]] = []
        for item in items {
            guard case .object(let members) = item else { return nil }
            rows.append(flat(members))
        }
        return rows
    }

    /// Objects within objects become members with a dot in their name.
    private static func flat(_ members: [JSONValue.Member]) -> [JSONValue.Member] {
        members.flatMap { member -> [JSONValue.Member] in
            guard case .object(let inner) = member.value else { return [member] }
            return flat(inner.map { .init("\(member.name).\($0.name)", $0.value) })
        }
    }

    private func record(_ members: [JSONValue.Member]) -> String {
        let flat = Self.flat(members)
        let values = Dictionary(flat.map { ($0.name, $0.value) }) { first, _ in first }
        let names = ordered(flat.map(\.name))
        let width = names.map(\.count).max() ?? 0
        return names.map { name in
            Self.padded(name, to: width) + "  " + Self.cell(values[name] ?? .null) + "\n"
        }.joined()
    }

    private func table(_ rows: [[JSONValue.Member]]) -> String {
        guard !rows.isEmpty else { return "(none)\n" }
        let names = ordered(rows.flatMap { $0.map(\.name) })
        let cells = rows.map { row in
            names.map { name in row.first { $0.name == name }?.value ?? .null }
        }
        var columns: [[String]] = []
        for (position, name) in names.enumerated() {
            let values = cells.map { $0[position] }
            let texts = [name.uppercased()] + values.map(Self.cell)
            let width = texts.map(\.count).max() ?? 0
            let isNumeric =
                values.contains { $0.number != nil }
                && values.allSatisfy { $0.number != nil || $0.isNull }
            columns.append(texts.map { Self.padded($0, to: width, right: isNumeric) })
        }
        return (0...rows.count).map { line in
            let text = columns.map { $0[line] }.joined(separator: "  ")
            return String(text.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }

    /// Each name once: the known ones first.
    private func ordered(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        let distinct = names.filter { seen.insert($0).inserted }
        let known = columns.filter { column in
            distinct.contains { $0 == column || $0.hasPrefix(column + ".") }
        }
        let leading = known.flatMap { column in
            distinct.filter { $0 == column || $0.hasPrefix(column + ".") }
        }
        return leading + distinct.filter { !leading.contains($0) }
    }

    private static func padded(_ text: String, to width: Int, right: Bool = false) -> String {
        let padding = String(repeating: " ", count: max(0, width - text.count))
        return right ? padding + text : text + padding
    }

    /// One line, whatever the server sent: what could steer a terminal is replaced.
    static func cell(_ value: JSONValue) -> String {
        switch value {
        case .null: "–"
        case .bool(let flag): flag ? "yes" : "no"
        case .number(let number): String(number)
        case .string(let text):
            String(String.UnicodeScalarView(text.unicodeScalars.map(printable)))
        case .array(let items): items.isEmpty ? "–" : items.map(cell).joined(separator: ", ")
        case .object(let members):
            // Within a list in a cell: the values say enough.
            members.map { cell($0.value) }.joined(separator: " ")
        }
    }

    private static func printable(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
        default: scalar
        }
    }
}
