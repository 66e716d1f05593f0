import Basics

/// A fault of a run's plan: what is done at one time, and what sets it right later. Shrinking drops
/// whole planned faults, so that none loses its repair.
public struct PlannedFault: Hashable, Sendable {
    public var kind: FaultKind
    public var at: Instant
    public var faults: [Fault]
    /// What is done at the end, `lasting` later; empty if nothing is to be set right.
    public var repairs: [Fault] = []
    public var lasting = Duration.zero

    public init(
        kind: FaultKind, at: Instant, faults: [Fault], repairs: [Fault] = [],
        lasting: Duration = .zero
    ) {
        self.kind = kind
        self.at = at
        self.faults = faults
        self.repairs = repairs
        self.lasting = lasting
    }
}
