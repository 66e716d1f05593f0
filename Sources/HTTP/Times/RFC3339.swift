import Basics

/// Times as RFC 3339 writes them, in UTC, as in `2026-12-01T00:00:00.000Z`: always with
/// milliseconds, so that their order as text is their order in time.
public enum RFC3339 {
    public static let byteCount = 24

    public static func text(_ timestamp: Timestamp) -> String {
        var bytes: [UInt8] = []
        append(timestamp, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A timestamp outside the years 0 to 9999 shows as the nearest inside.
    public static func append(
        _ timestamp: Timestamp, to bytes: inout some ByteSink & ~Copyable
    ) {
        let date = CalendarDate(timestamp)
        appendDigits(date.year, width: 4, to: &bytes)
        for (separator, number) in [
            ("-" as Unicode.Scalar, date.month), ("-", date.day), ("T", date.hour),
            (":", date.minute), (":", date.second),
        ] {
            bytes.append(UInt8(ascii: separator))
            appendDigits(number, width: 2, to: &bytes)
        }
        bytes.append(UInt8(ascii: "."))
        appendDigits(date.millisecond, width: 3, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// The day of the month, 1 to 31, in UTC.
    public static func dayOfMonth(_ timestamp: Timestamp) -> Int { CalendarDate(timestamp).day }

    /// Nil unless the text is a date and time of RFC 3339, 5.6 with upper-case `T` and with `Z`
    /// or an offset. Digits beyond milliseconds are dropped; a leap second isn't accepted.
    public static func timestamp(_ text: some StringProtocol) -> Timestamp? {
        var bytes = Array(text.utf8)[...]
        guard let year = number(&bytes, digits: 4), skip("-", &bytes),
            let month = number(&bytes, digits: 2), skip("-", &bytes),
            let day = number(&bytes, digits: 2), skip("T", &bytes),
            let hour = number(&bytes, digits: 2), skip(":", &bytes),
            let minute = number(&bytes, digits: 2), skip(":", &bytes),
            let second = number(&bytes, digits: 2),
            let millisecond = fraction(&bytes), let offset = offsetMinutes(&bytes),
            bytes.isEmpty,
            let date = CalendarDate(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second,
                millisecond: millisecond)
        else { return nil }
        return Timestamp(milliseconds: date.timestamp.milliseconds - Int64(offset) * 60_000)
    }

    private static func appendDigits(
        _ number: Int, width: Int, to bytes: inout some ByteSink & ~Copyable
    ) {
        var scale = 1
        for _ in 1..<width { scale *= 10 }
        while scale > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(number / scale % 10))
            scale /= 10
        }
    }

    private static func number(_ bytes: inout ArraySlice<UInt8>, digits: Int) -> Int? {
        guard bytes.count >= digits else { return nil }
        var value = 0
        for byte in bytes.prefix(digits) {
            guard isDigit(byte) else { return nil }
            value = value * 10 + Int(byte & 15)
        }
        bytes.removeFirst(digits)
        return value
    }

    private static func skip(_ mark: Unicode.Scalar, _ bytes: inout ArraySlice<UInt8>) -> Bool {
        guard bytes.first == UInt8(ascii: mark) else { return false }
        bytes.removeFirst()
        return true
    }

    private static func fraction(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        guard skip(".", &bytes) else { return 0 }
        let digits = bytes.prefix { isDigit($0) }
        guard (1...9).contains(digits.count) else { return nil }
        bytes.removeFirst(digits.count)
        var value = 0
        for index in 0..<3 {
            let digit = index < digits.count ? digits[digits.startIndex + index] & 15 : 0
            value = value * 10 + Int(digit)
        }
        return value
    }

    private static func offsetMinutes(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        if skip("Z", &bytes) { return 0 }
        let sign = bytes.first == UInt8(ascii: "-") ? -1 : 1
        guard skip("+", &bytes) || skip("-", &bytes), let hours = number(&bytes, digits: 2),
            skip(":", &bytes), let minutes = number(&bytes, digits: 2), hours < 24, minutes < 60
        else { return nil }
        return sign * (hours * 60 + minutes)
    }
}
