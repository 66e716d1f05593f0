import Basics

/// Decides when an event that recurs is worth a line: the first at once, then one line for all
/// since the last, at intervals that double. A peer that is down, or a stranger that knocks, may
/// make one happen many times a second for months, and must not fill the disk.
///
/// Laws:
/// - Every event is counted by exactly one line, the last ones when `takeDue` is asked in time.
/// - Between two lines lies the present interval at least; it doubles with each line, up to
///   `longest`, and is the shortest again after the event has not happened for `longest`.
struct Recurrence {
    static let shortest = Duration.seconds(10)
    static let longest = Duration.seconds(640)

    /// Events that no line has counted yet.
    private var count = 0
    private var interval = Recurrence.shortest
    private var nextLine = Instant.zero
    private var lastEvent: Instant?

    /// The event has happened. Returns how many of them a line must tell of now; nil if they wait.
    mutating func note(at now: Instant) -> Int? {
        if let lastEvent, now - lastEvent >= Recurrence.longest {
            interval = Recurrence.shortest
            nextLine = now
        }
        lastEvent = now
        count += 1
        return takeDue(at: now)
    }

    /// Time has passed: how many events a line must tell of now; nil if there is none or it waits.
    mutating func takeDue(at now: Instant) -> Int? {
        guard count > 0, now >= nextLine else { return nil }
        defer { count = 0 }
        nextLine = now + interval
        interval = min(interval * 2, Recurrence.longest)
        return count
    }
}
