/// Where two halves of a work are done: one after the other, or at the same time.
///
/// What is pure knows of no thread; whoever runs it gives it this value. Both halves own what they
/// change, so the result is the same with every kind of workers, and only the time differs.
public protocol Workers: Sendable {
    /// Does both, and returns when both are done and what they held is let go of. Not to be called
    /// from within one of the halves, or by two threads at once.
    func both<Here, Beside: Sendable>(
        _ here: () -> Here, beside: @escaping @Sendable () -> Beside
    ) -> (Here, Beside)
}

/// One half after the other, as the simulator does everything.
public struct OneWorker: Workers {
    public init() {}

    public func both<Here, Beside: Sendable>(
        _ here: () -> Here, beside: @escaping @Sendable () -> Beside
    ) -> (Here, Beside) {
        (here(), beside())
    }
}
