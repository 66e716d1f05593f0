import Basics

/// What an object does when it is used by one client at a time: the specification against which
/// the history of many is judged.
///
/// Laws: `state(after:returning:from:)` is a function of its arguments alone, and a state says
/// everything about its past that can ever be seen again.
protocol SequentialModel {
    associatedtype State: Hashable
    associatedtype Call: Equatable
    associatedtype Return

    var initial: State { get }

    /// The state after a call that returned `result`; nil if in `state` it couldn't have. Without
    /// a result the call's outcome isn't known: the state if it took effect, nil if it can't have.
    func state(after call: Call, returning result: Return?, from state: State) -> State?

    /// Whether a call that leaves `state` as it is does so in every state that can follow it as
    /// well, if it can stand there at all: a read, but not a write of the value that is there.
    func onlyObserves(_ call: Call, returning result: Return?, from state: State) -> Bool

    /// Whether after `state` the call can't ever return that any more, whatever else happens: a
    /// counter that never falls is above what the call saw. False is always right, and slower.
    func rulesOut(_ call: Call, returning result: Return?, after state: State) -> Bool
}

extension SequentialModel {
    func rulesOut(_ call: Call, returning result: Return?, after state: State) -> Bool { false }
}

/// A call as its client saw it.
struct TimedCall<Call, Return> {
    var call: Call
    /// What it returned; nil if that isn't known. A call that never returned may have one all the
    /// same, if what it would have returned is known from elsewhere.
    var result: Return?
    var invoked: Instant
    /// Nil if it never returned: then it may take effect at any time after its invocation, or
    /// never.
    var returned: Instant?
}

/// What a search for a linear order came to.
enum LinearizabilityVerdict: Equatable {
    /// The calls' positions in an order that explains every result; calls that never returned are
    /// in it if they had to take effect.
    case linearizable(witness: [Int])
    case notLinearizable(Refutation)
    /// The bound on the configurations explored was reached: neither is known.
    case undecided(explored: Int)
}

/// Why there is no linear order.
struct Refutation: Equatable {
    /// The call whose return ends the shortest prefix of the history that can't be explained; up
    /// to right before that return it can. (Some prefix that can't, if the bound was reached in
    /// looking for the shortest.)
    var call: Int
    /// The calls of that prefix, in the order of their invocations.
    var prefix: [Int]
    /// The longest order of calls found that explains everything up to right before that return.
    var order: [Int]
}
