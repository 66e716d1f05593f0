import Basics

/// A timestamp's parts in UTC, in the Gregorian calendar extended to all years.
struct CalendarDate: Hashable, Sendable {
    var year: Int
    /// 1 to 12.
    var month: Int
    /// 1 to 31.
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int
    var millisecond: Int

    /// The years that four digits can show.
    static let earliest = Timestamp(milliseconds: -62_167_219_200_000)
    static let latest = Timestamp(milliseconds: 253_402_300_799_999)

    /// A timestamp outside the years 0 to 9999 shows as the nearest inside.
    init(_ timestamp: Timestamp) {
        let shown = min(max(timestamp, CalendarDate.earliest), CalendarDate.latest)
        let milliseconds = Int(shown.milliseconds)
        let days = milliseconds.floorDivided(by: 86_400_000)
        let rest = milliseconds - days * 86_400_000
        (year, month, day) = CalendarDate.date(ofDay: days)
        hour = rest / 3_600_000
        minute = rest / 60_000 % 60
        second = rest / 1_000 % 60
        millisecond = rest % 1_000
    }

    /// Nil if there is no such date or time of day; leap seconds aren't counted, so there is no
    /// second 60.
    init?(
        year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, millisecond: Int
    ) {
        guard (1...12).contains(month), hour < 24, minute < 60, second < 60, millisecond < 1_000,
            day >= 1, day <= CalendarDate.days(in: month, of: year)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
        (self.hour, self.minute, self.second) = (hour, minute, second)
        self.millisecond = millisecond
    }

    var timestamp: Timestamp {
        Timestamp(milliseconds: secondsSinceEpoch * 1_000 + Int64(millisecond))
    }

    var secondsSinceEpoch: Int64 {
        Int64(((dayNumber * 24 + hour) * 60 + minute) * 60 + second)
    }

    /// 0 for Monday to 6 for Sunday; 1970 began on a Thursday.
    var weekday: Int { (dayNumber + 3) - (dayNumber + 3).floorDivided(by: 7) * 7 }

    /// Days since 1970-01-01. Years are counted from March, so that the leap day comes last.
    private var dayNumber: Int {
        let shifted = month > 2 ? year : year - 1
        let era = shifted.floorDivided(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }

    private static func date(ofDay number: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = number + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Int {
    /// Rounded towards minus infinity.
    fileprivate func floorDivided(by divisor: Int) -> Int {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }
}
