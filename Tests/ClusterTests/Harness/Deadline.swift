import Basics
import Glibc
import Linux

/// A point of the monotonic clock by which something must have happened. Every wait has one, so
/// that no test runs for ever.
struct Deadline {
    let instant: Instant

    static func after(_ duration: Duration) -> Deadline {
        Deadline(instant: Clocks.now() + duration)
    }

    var remaining: Duration { max(instant - Clocks.now(), .zero) }
    var hasPassed: Bool { remaining == .zero }

    /// What is left, for poll(2): rounded up, and at least one.
    var milliseconds: Int32 { Int32(clamping: remaining.milliseconds + 1) }
}

/// Something hasn't happened by its deadline.
struct TimedOut: Error, CustomStringConvertible {
    var what: String
    var description: String { "timed out waiting for \(what)" }
}

/// Asks again and again until there is an answer, and returns it: what another process does can
/// only be asked for. The pause between two questions paces them and synchronises nothing.
func eventually<Value>(
    _ what: @autoclosure () -> String, within duration: Duration = .seconds(30),
    _ attempt: () throws -> Value?
) throws -> Value {
    let deadline = Deadline.after(duration)
    while true {
        if let value = try attempt() { return value }
        if deadline.hasPassed { throw TimedOut(what: what()) }
        _ = poll(nil, 0, 5)
    }
}

/// As above, for conditions.
func eventually(
    _ what: @autoclosure () -> String, within duration: Duration = .seconds(30),
    _ holds: () throws -> Bool
) throws {
    try eventually(what(), within: duration) { try holds() ? () : nil } as Void
}
