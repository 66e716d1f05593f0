import Basics

/// Two halves at the same time: one on the thread that asks, the other on one of its own.
///
/// A thread for each call: that costs some 30 µs, and what is worth being split takes longer.
public struct TwoWorkers: Workers {
    public init() {}

    public func both<Here, Beside: Sendable>(
        _ here: () -> Here, beside: @escaping @Sendable () -> Beside
    ) -> (Here, Beside) {
        let outcome = Outcome<Beside>()
        guard let thread = try? Thread(name: "beside", { outcome.value = beside() }) else {
            // The machine allows no more threads: then one after the other.
            return (here(), beside())
        }
        let first = here()
        thread.join()
        guard let second = outcome.value else { preconditionFailure("a half without a result") }
        return (first, second)
    }

    /// `@unchecked`: written by the thread beside, read once that has been joined.
    private final class Outcome<Value: Sendable>: @unchecked Sendable {
        var value: Value?
    }
}
