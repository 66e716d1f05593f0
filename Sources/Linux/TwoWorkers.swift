import Basics
import Synchronization

/// Two halves at the same time: one on the thread that asks, the other on one that these workers
/// have for as long as they live.
///
/// Not a new one each time: the kernel starts a thread where the one is that asks, often enough for
/// halves of a millisecond to come one after the other; one that is woken runs where it ran before.
public final class TwoWorkers: Workers {
    fileprivate typealias Half = @Sendable () -> Void

    /// Nil: the machine allows no more threads, or descriptors. Then one half after the other.
    private let wiring: Wiring?
    private let isBusy = Atomic<Bool>(false)

    fileprivate struct Wiring {
        /// Nil ends the thread.
        let asked: Mailbox<Half?>
        let done: Mailbox<Void>
    }

    public init() { wiring = try? Wiring() }

    deinit { wiring?.asked.send(nil) }

    public func both<Here, Beside: Sendable>(
        _ here: () -> Here, beside: @escaping @Sendable () -> Beside
    ) -> (Here, Beside) {
        precondition(!isBusy.exchange(true, ordering: .acquiringAndReleasing), "a pair in a pair")
        defer { isBusy.store(false, ordering: .releasing) }
        guard let wiring else { return (here(), beside()) }
        let outcome = Outcome<Beside>()
        wiring.asked.send { outcome.value = beside() }
        let first = here()
        var letters: [Void] = []
        while letters.isEmpty { wiring.done.wait(into: &letters) }
        guard let second = outcome.value.take() else {
            preconditionFailure("a half without a result")
        }
        return (first, second)
    }

    /// `@unchecked`: written by the thread beside, read once that has said that it is done.
    private final class Outcome<Value: Sendable>: @unchecked Sendable {
        var value: Value?
    }
}

extension TwoWorkers.Wiring {
    /// With the thread, which ends by itself.
    fileprivate init() throws(SystemError) {
        let asked = try Mailbox<TwoWorkers.Half?>()
        let done = try Mailbox<Void>()
        (self.asked, self.done) = (asked, done)
        _ = try Thread(name: "beside") {
            var halves: [TwoWorkers.Half?] = []
            while true {
                asked.wait(into: &halves)
                while !halves.isEmpty {
                    guard TwoWorkers.Wiring.runFirst(of: &halves) else { return }
                    done.send(())
                }
            }
        }
    }

    /// False: there is nothing more to run. A function of its own: what the half held is let go of
    /// when it returns, before anybody is told.
    @inline(never)
    private static func runFirst(of halves: inout [TwoWorkers.Half?]) -> Bool {
        guard let half = halves.removeFirst() else { return false }
        half()
        return true
    }
}
