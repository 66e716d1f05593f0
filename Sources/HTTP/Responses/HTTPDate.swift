import Basics

/// A `Date` field's value, as in `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110, 5.6.7).
/// Made once a second and used for every answer.
public struct HTTPDate: Sendable {
    public static let byteCount = 29

    private var text: InlineArray<29, UInt8>
    /// The whole seconds since 1970 that the text shows.
    public let second: Int64

    public init(_ timestamp: Timestamp) {
        let date = CalendarDate(timestamp)
        text = InlineArray(repeating: ASCII.space)
        second = date.secondsSinceEpoch
        put(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][date.weekday], at: 0)
        text[3] = UInt8(ascii: ",")
        put(date.day, width: 2, at: 5)
        put(
            [
                "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
            ][date.month - 1], at: 8)
        put(date.year, width: 4, at: 12)
        put(date.hour, width: 2, at: 17)
        text[19] = UInt8(ascii: ":")
        put(date.minute, width: 2, at: 20)
        text[22] = UInt8(ascii: ":")
        put(date.second, width: 2, at: 23)
        put("GMT", at: 26)
    }

    @inline(__always)
    public func append(to sink: inout some ByteSink & ~Copyable) {
        text.span.withUnsafeBytes { sink.append(raw: $0) }
    }

    private mutating func put(_ word: StaticString, at offset: Int) {
        for index in 0..<word.utf8CodeUnitCount { text[offset + index] = word.utf8Start[index] }
    }

    private mutating func put(_ number: Int, width: Int, at offset: Int) {
        var rest = number
        for index in (0..<width).reversed() {
            text[offset + index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }
}
