import Basics
import Linux

/// The node's log: one line an event on standard error, from any thread.
///
/// Never given a secret: callers pass ids, counts and addresses, not keys, tokens or bodies.
public struct Log: Sendable {
    public enum Level: Int, Comparable, Sendable, CaseIterable {
        case debug
        case info
        case warning
        case error

        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

        var text: String {
            switch self {
            case .debug: "debug"
            case .info: "info"
            case .warning: "warning"
            case .error: "error"
            }
        }
    }

    /// Events below it are dropped.
    public var threshold: Level
    private let node: String
    private let sink: @Sendable ([UInt8]) -> Void

    public init(node: NodeID, threshold: Level = .info) {
        self.init(node: node, threshold: threshold, sink: ProcessControl.writeToStandardError)
    }

    init(
        node: NodeID, threshold: Level, sink: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.node = node.description
        self.threshold = threshold
        self.sink = sink
    }

    public func debug(
        _ event: StaticString, _ fields: KeyValuePairs<StaticString, any CustomStringConvertible>
    ) { write(.debug, event, fields) }

    public func info(
        _ event: StaticString,
        _ fields: KeyValuePairs<StaticString, any CustomStringConvertible> = [:]
    ) { write(.info, event, fields) }

    /// `count` is how many events the line stands for, if it may be several.
    public func warning(
        _ event: StaticString, _ fields: KeyValuePairs<StaticString, any CustomStringConvertible>,
        count: Int? = nil
    ) { write(.warning, event, fields, count: count) }

    public func error(
        _ event: StaticString, _ fields: KeyValuePairs<StaticString, any CustomStringConvertible>
    ) { write(.error, event, fields) }

    private func write(
        _ level: Level, _ event: StaticString,
        _ fields: KeyValuePairs<StaticString, any CustomStringConvertible>, count: Int? = nil
    ) {
        guard level >= threshold else { return }
        var line = LogLine()
        line.append("at", UTCText(Clocks.wall()).description)
        line.append("level", level.text)
        line.append("node", node)
        line.append("event", event.description)
        for (key, value) in fields { line.append(key, value.description) }
        if let count { line.append("count", count.description) }
        line.endLine()
        // One call for the whole line: lines of several threads don't mix.
        sink(line.bytes)
    }
}

/// A time as RFC 3339 writes it, in UTC with milliseconds: `2026-01-31T23:59:59.999Z`.
struct UTCText: CustomStringConvertible {
    let description: String

    init(_ time: Timestamp) {
        let milliseconds = max(time.milliseconds, 0)
        let secondOfDay = milliseconds / 1000 % 86_400
        // Days are counted from 1 March of year 0, so that a leap day is the last of its year
        // (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days).
        let shifted = milliseconds / 86_400_000 + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        func digits(_ number: Int64, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        description =
            "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))"
            + "T\(digits(secondOfDay / 3600, 2)):\(digits(secondOfDay / 60 % 60, 2))"
            + ":\(digits(secondOfDay % 60, 2)).\(digits(milliseconds % 1000, 3))Z"
    }
}
