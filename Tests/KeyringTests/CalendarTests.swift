import Basics
import Foundation
import Testing

@testable import Keyring
@testable import Simulator

@Suite struct CalendarTests {
    static let gregorian: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: "UTC")!
        return calendar
    }()

    @Test func `days and months are those of Foundation's Gregorian calendar`() {
        // A prime step visits every month and every day of the month, through 9999.
        for day in stride(from: 0, to: 2_932_896, by: 97) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400 + 43_200)
            let parts = Self.gregorian.dateComponents([.year, .month], from: date)
            let month = (parts.year! - 1970) * 12 + parts.month! - 1
            let own = CalendarDate(
                Timestamp(milliseconds: Int64(day) * 86_400_000 + 43_200_000))
            #expect(own.day == Int32(day))
            #expect(own.month == Int32(month))
            let interval = Self.gregorian.dateInterval(of: .month, for: date)!
            let end = Int64(interval.end.timeIntervalSince1970 * 1000)
            #expect(own.end(of: .month) == Timestamp(milliseconds: end))
        }
    }

    @Test(arguments: [
        ("2024-02-28T23:59:59Z", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"),
        ("2100-02-28T12:00:00Z", "2100-03-01T00:00:00Z", "2100-03-01T00:00:00Z"),
        ("2000-02-29T00:00:00Z", "2000-03-01T00:00:00Z", "2000-03-01T00:00:00Z"),
        ("2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z", "1970-02-01T00:00:00Z"),
    ])
    func `a period ends at midnight of the next day or month`(
        now: String, day: String, month: String
    ) throws {
        func time(_ text: String) throws -> Timestamp {
            let date = try Date(text, strategy: .iso8601)
            return Timestamp(milliseconds: Int64(date.timeIntervalSince1970) * 1000)
        }
        let date = CalendarDate(try time(now))
        #expect(date.end(of: .day) == (try time(day)))
        #expect(date.end(of: .month) == (try time(month)))
        #expect(date.end(of: .none) == nil)
    }

    @Test func `the last millisecond of a day belongs to it and the next doesn't`() {
        let midnight = Int64(20_000) * 86_400_000
        #expect(CalendarDate(Timestamp(milliseconds: midnight - 1)).day == 19_999)
        #expect(CalendarDate(Timestamp(milliseconds: midnight)).day == 20_000)
    }

    @Test func `times beyond the calendar count as its ends`() {
        #expect(CalendarDate(Timestamp(milliseconds: .min)).day == 0)
        #expect(CalendarDate(Timestamp(milliseconds: -1)).month == 0)
        #expect(CalendarDate(Timestamp(milliseconds: .max)).day == 2_932_896)
    }
}
