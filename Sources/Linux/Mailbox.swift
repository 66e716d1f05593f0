import Basics

/// Values on their way to one thread, from any number of others: one lock, held for an append or
/// a swap, and one eventfd that is signalled once for each batch.
///
/// The receiver either watches `wakeup` in its poller and calls `receive` when it is readable,
/// or sleeps in `wait`.
public final class Mailbox<Letter: Sendable>: Sendable {
    public let wakeup: Wakeup
    private let state: Locked<State>

    private struct State {
        var letters: [Letter] = []
        /// The receiver was signalled and hasn't looked since: further letters need no signal.
        var isSignalled = false
    }

    public init() throws(SystemError) {
        wakeup = try Wakeup()
        state = Locked(State())
    }

    /// Any thread.
    public func send(_ letter: Letter) {
        let mustSignal = state.withLock { state in
            state.letters.append(letter)
            defer { state.isSignalled = true }
            return !state.isSignalled
        }
        if mustSignal { wakeup.signal() }
    }

    /// Sends all of `letters` in order, with one signal, and leaves `letters` empty, with
    /// its own memory or that of letters received before. Any thread.
    public func send(contentsOf letters: inout [Letter]) {
        guard !letters.isEmpty else { return }
        let mustSignal = state.withLock { state in
            if state.letters.isEmpty {
                swap(&state.letters, &letters)
            } else {
                state.letters.append(contentsOf: letters)
            }
            defer { state.isSignalled = true }
            return !state.isSignalled
        }
        letters.removeAll(keepingCapacity: true)
        if mustSignal { wakeup.signal() }
    }

    /// Exchanges what has arrived for `emptied`, whose memory is used for what comes next. The
    /// receiving thread only; `emptied` must be empty.
    public func receive(into emptied: inout [Letter]) {
        precondition(emptied.isEmpty, "letters would be lost")
        // Before the swap: a signal given after it stands for letters that this call missed.
        wakeup.reset()
        state.withLock { state in
            swap(&state.letters, &emptied)
            state.isSignalled = false
        }
    }

    /// Sleeps until there is a letter or `timeout` is over, then receives. The receiving thread.
    public func wait(into emptied: inout [Letter], timeout: Duration? = nil) {
        _ = wakeup.wait(timeout)
        receive(into: &emptied)
    }
}
