import Basics

/// What must be so: at once, or at some instant before the deadline has passed.
///
/// An answer to a request may take a second if no deadline is given.
public struct ScenarioExpectation: Hashable, Sendable {
    public var condition: Condition
    /// Counted from the time of the line.
    public var within: Duration?

    static let answerTime = Duration.seconds(1)

    public enum Condition: Hashable, Sendable {
        case answer(Answer)
        case cluster(Cluster)
        case node(ScenarioPlace, NodeState)
        /// It happens between the line's time and the deadline.
        case occurs(ScenarioPlace, Occurrence)
    }

    /// What a scripted client is told.
    public enum Answer: Hashable, Sendable {
        /// The change stands, the charge is accepted or was before, the question is answered.
        case ok
        /// A refusal of the replicated state, by its code in problem bodies.
        case refused(String)
        /// Nothing was decided, and the client knows it.
        case failed(Failure)
        /// It may or may not have been done.
        case unknown
        /// Nothing was heard by the deadline.
        case silence
        /// Accepted, now and not before.
        case charged
        /// Accepted earlier: the earlier answer came once more.
        case replayed
        /// Refused because less is left.
        case exhausted
        /// Answered, with so many credits left.
        case left(UInt64)
        case valid
        /// Anything but `valid`.
        case notValid
        /// Anything but `invalid`.
        case notInvalid
        case invalid
        case unavailable
    }

    public enum Failure: String, CaseIterable, Hashable, Sendable {
        case noLeader = "no_leader"
        case overloaded
        case diskFull = "disk_full"
        case unavailable
        case unauthenticated
        case forbidden
        case cannotLead = "cannot_lead"
        case transferFailed = "transfer_failed"
        case changeUnderWay = "change_under_way"
        case notMember = "not_member"
    }

    public enum Cluster: Hashable, Sendable {
        case leader
        /// Another node leads than when the line ran.
        case anotherLeader
        case noLeader
        /// The same node leads, in the same term, as at that time.
        case sameLeader(asAt: Duration)
        /// All nodes that run are whole and in one state, one of them leads, and its log is
        /// applied to the end.
        case converged
    }

    public enum NodeState: String, CaseIterable, Hashable, Sendable {
        case leads = "leads"
        case follows = "follows"
        case whole = "is whole"
        case inDoubt = "is in doubt"
        case damaged = "is damaged"
        case voter = "is a voter"
        case learner = "is a learner"
        /// It is no member any more, and knows.
        case removed = "is removed"
        case running = "is running"
        case down = "is down"
    }

    public enum Occurrence: String, CaseIterable, Hashable, Sendable {
        case writesSnapshot = "writes a snapshot"
        case installsSnapshot = "installs a snapshot"
        /// It closes a peer's link for cause: what came isn't authentic, or not in its turn.
        case refusesLink = "refuses a link"
        case runsOutOfRoom = "runs out of room"
        case findsRoom = "finds room"
    }
}
