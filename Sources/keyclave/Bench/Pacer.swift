import Basics
import Linux
import Synchronization

/// Wakes a thread whenever a request of an open loop is due. A poller's time-out counts whole
/// milliseconds, which would be seen in every percentile.
final class Pacer: Sendable {
    /// Shorter intervals only wake more often for the same number of requests.
    static let shortestInterval: Int64 = 200_000

    private let signal: Mailbox<Int>
    private let isStopped = Atomic(false)

    var wakeup: Wakeup { _read { yield signal.wakeup } }

    /// Nil for a closed loop: nothing is ever signalled.
    init(interval: Int64?) throws(SystemError) {
        signal = try Mailbox()
        guard let interval else { return }
        let pause = max(interval, Self.shortestInterval)
        _ = try Thread(name: "pacer") { [self] in
            while !isStopped.load(ordering: .relaxed) {
                Thread.sleep(.nanoseconds(pause))
                signal.wakeup.signal()
            }
        }
    }

    func stop() { isStopped.store(true, ordering: .relaxed) }
}
