import Basics
import HTTP
import Linux

/// One request from the moment it is made until its caller is told how it ended, which happens
/// once: by the lane that carried it out, or by who gave it up.
final class Call: Sendable {
    typealias Result = Swift.Result<Response, ClientError>

    let request: ClientRequest
    let settings: ClientSettings
    /// Of the settings' deadline, from when it was made: waiting for a connection counts.
    let deadline: Instant
    private let state = Locked(State())

    private struct State {
        var caller: CheckedContinuation<Result, Never>?
        var result: Result?
        var isTaken = false
    }

    init(_ request: ClientRequest, _ settings: ClientSettings) {
        self.request = request
        self.settings = settings
        deadline = Clocks.now() + settings.deadline
    }

    /// From then on `caller` waits; at once told if it was given up before.
    func begin(for caller: CheckedContinuation<Result, Never>) {
        let result = state.withLock { state in
            if state.result == nil { state.caller = caller }
            return state.result
        }
        if let result { caller.resume(returning: result) }
    }

    /// Whether it is still to be carried out; only one lane asks.
    func take() -> Bool {
        state.withLock { state in
            guard state.result == nil else { return false }
            state.isTaken = true
            return true
        }
    }

    /// Whether its caller was told, or will be as soon as there is one.
    var hasEnded: Bool { state.withLock { $0.result != nil } }

    /// Nothing, if it has ended before.
    func finish(_ result: Result) { end { _ in result } }

    /// The caller doesn't want it any more. What was sent goes on its way.
    func cancel() {
        end { isTaken in
            isTaken && !request.isSafe
                ? .failure(
                    .outcomeUnknown(
                        id: request.idempotencyKey, reason: "the task was cancelled"))
                : .failure(.cancelled)
        }
    }

    /// Judges and ends under one lock: a lane may be taking the call just now.
    private func end(_ result: (_ isTaken: Bool) -> Result) {
        let told = state.withLock { state -> (CheckedContinuation<Result, Never>, Result)? in
            guard state.result == nil else { return nil }
            let result = result(state.isTaken)
            state.result = result
            defer { state.caller = nil }
            return state.caller.map { ($0, result) }
        }
        if let (caller, result) = told { caller.resume(returning: result) }
    }
}
