import Basics

/// The day and the month of UTC to which a log time belongs, each as a number since 1970 began:
/// day 0 is 1970-01-01, month 0 is January 1970.
public struct CalendarDate: Hashable, Sendable {
    public let day: Int32
    public let month: Int32

    /// Times outside 1970 to 9999 count as the nearest within.
    public init(_ time: Timestamp) {
        let milliseconds = min(max(time.milliseconds, 0), Bounds.latestTime.milliseconds)
        let day = milliseconds / CalendarDate.millisecondsPerDay
        self.day = Int32(day)
        month = Int32(CalendarDate.month(ofDay: day))
    }

    /// The number of the current period; zero for the one that never ends.
    public func number(of period: Period) -> Int32 {
        switch period {
        case .none: 0
        case .day: day
        case .month: month
        }
    }

    /// When the current period ends and the next begins; nil if it never does.
    public func end(of period: Period) -> Timestamp? {
        CalendarDate.end(of: period, number: number(of: period))
    }

    /// When the day or month of that number ends; nil for a period that never does.
    public static func end(of period: Period, number: Int32) -> Timestamp? {
        let nextDay: Int64
        switch period {
        case .none: return nil
        case .day: nextDay = Int64(number) + 1
        case .month: nextDay = firstDay(ofMonth: Int64(number) + 1)
        }
        return Timestamp(milliseconds: nextDay * millisecondsPerDay)
    }

    static let millisecondsPerDay: Int64 = 86_400_000

    /// Days in a cycle of 400 Gregorian years, and in a century and four years within one.
    private static let daysPerCycle: Int64 = 146_097

    /// The month in which a day lies. Counting years from March puts the leap day last, so that
    /// the months before it begin on days that a line through them gives exactly.
    static func month(ofDay day: Int64) -> Int64 {
        // 1 March of year 0 lies 719,468 days before 1970-01-01.
        let shifted = day + 719_468
        let cycle = shifted / daysPerCycle
        let dayOfCycle = shifted % daysPerCycle
        let leapDays = dayOfCycle / 1_460 - dayOfCycle / 36_524 + dayOfCycle / 146_096
        let yearOfCycle = (dayOfCycle - leapDays) / 365
        let dayOfYear = dayOfCycle - daysBefore(yearOfCycle: yearOfCycle)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        // March is month 2 of its year.
        return (cycle * 400 + yearOfCycle - 1970) * 12 + 2 + monthFromMarch
    }

    /// The first day of a month.
    static func firstDay(ofMonth month: Int64) -> Int64 {
        let fromMarch = month + 1970 * 12 - 2
        let year = fromMarch / 12
        let dayOfYear = (153 * (fromMarch % 12) + 2) / 5
        let cycle = year / 400
        return cycle * daysPerCycle + daysBefore(yearOfCycle: year % 400) + dayOfYear - 719_468
    }

    private static func daysBefore(yearOfCycle year: Int64) -> Int64 {
        year * 365 + year / 4 - year / 100
    }
}
