import Basics
import Linux
import Synchronization

/// A thread's sign of life: when it last came round its loop.
final class Pulse: Sendable {
    private let last: Atomic<Int64>

    init() { last = Atomic(Clocks.now().nanoseconds) }

    /// The watched thread, once a turn.
    func beat() { last.store(Clocks.now().nanoseconds, ordering: .relaxed) }

    /// How long ago the last beat was. Any thread.
    func age(at now: Instant) -> Duration {
        now - Instant(nanoseconds: last.load(ordering: .relaxed))
    }
}
