import Basics
import Foundation
import HTTP
import Testing

@Suite struct TimeTests {
    @Test(arguments: [
        (0 as Int64, "1970-01-01T00:00:00.000Z"), (1_000_000_000_001, "2001-09-09T01:46:40.001Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
    ])
    func `a time is written and read in RFC 3339`(milliseconds: Int64, text: String) {
        #expect(RFC3339.text(Timestamp(milliseconds: milliseconds)) == text)
        #expect(RFC3339.timestamp(text) == Timestamp(milliseconds: milliseconds))
    }

    @Test func `times beyond four digits of year show as the nearest`() {
        #expect(RFC3339.text(Timestamp(milliseconds: .max)) == "9999-12-31T23:59:59.999Z")
        #expect(RFC3339.text(Timestamp(milliseconds: .min)) == "0000-01-01T00:00:00.000Z")
    }

    @Test func `every time is written as Foundation writes it and read back`() {
        var random = SeededGenerator(seed: 9)
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime]
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        for _ in 0..<2_000 {
            // From 1600 on, where Foundation's calendar is Gregorian.
            let second = Int64(random.below(265_000_000_000)) - 11_676_096_000
            let timestamp = Timestamp(milliseconds: second * 1_000)
            let text = RFC3339.text(timestamp)
            let expected = formatter.string(from: Date(timeIntervalSince1970: TimeInterval(second)))
            #expect(text == expected.replacing("Z", with: ".000Z"))
            #expect(RFC3339.timestamp(text) == timestamp)
        }
    }

    @Test(arguments: [
        ("2026-11-23T13:30:36Z", 0 as Int64), ("2026-11-23T14:30:36+01:00", 0),
        ("2026-11-23T13:00:36.000-00:30", 0), ("2026-11-23T13:30:36.5Z", 500),
        ("2026-11-23T13:30:36.123456789Z", 123),
    ])
    func `offsets and fractions are understood`(text: String, milliseconds: Int64) {
        #expect(
            RFC3339.timestamp(text)?.milliseconds == 1_795_440_636_000 + milliseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-11-23", "2026-11-23T13:30:36", "2026-11-23 13:30:36Z",
        "2026-11-23t13:30:36z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-11-00T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T00:60:00Z",
        "2026-11-23T23:59:60Z", "2026-11-23T00:00:00.Z", "2026-11-23T00:00:00.0000000000Z",
        "2026-11-23T00:00:00+0100", "2026-11-23T00:00:00+24:00", "2026-11-23T00:00:00ZZ",
        "+026-11-23T00:00:00Z", "2026-1a-23T00:00:00Z",
    ])
    func `what is no time is refused`(text: String) {
        #expect(RFC3339.timestamp(text) == nil)
    }

    @Test(arguments: [
        (784_111_777_000 as Int64, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (1_709_251_199_999, "Thu, 29 Feb 2024 23:59:59 GMT"),
        (-86_400_000, "Wed, 31 Dec 1969 00:00:00 GMT"),
    ])
    func `the date of an answer has its fixed form`(milliseconds: Int64, text: String) {
        var bytes: [UInt8] = []
        HTTPDate(Timestamp(milliseconds: milliseconds)).append(to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }
}
