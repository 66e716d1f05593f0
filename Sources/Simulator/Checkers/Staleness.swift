import Basics
import Keyring
import Replica

/// How old a state a node may answer validations from, after a change has returned to its client.
///
/// Until leases tie a change's return to every node's permission to answer, a node answers for two
/// seconds by its own clock after a leader's last word. So in runs where messages are timely and
/// processes run on, no node answers from a state older than a change that returned longer ago than
/// that, a clock's drift, the longest delay and an election together; anywhere else the longest gap
/// seen is measured and told, not judged.
struct Staleness {
    /// Changes that have returned, in the order of their return.
    private var returned: [(index: LogIndex, at: Instant)] = []
    private let isBounded: Bool
    private var longestDelay = Duration.zero
    /// The longest time after a change's return that a node would still have answered by an older
    /// state.
    private(set) var longestGap = Duration.zero

    init(options: SimulationOptions) {
        isBounded = !FaultKind.untimely.contains { options.pauses[$0] != nil }
    }

    mutating func noteReturn(of index: LogIndex, at now: Instant) {
        returned.append((index, now))
    }

    mutating func noteDelay(_ delay: Duration) { longestDelay = max(longestDelay, delay) }

    mutating func observe(
        _ view: NodeInspection, of id: NodeID, isFresh: Bool, _ now: Instant
    ) throws(Violation) {
        guard isFresh, let last = returned.last, last.index > view.appliedIndex else { return }
        var missed = last
        for change in returned.reversed() {
            // Returns come nearly in the order of the log.
            if change.index <= view.appliedIndex { break }
            missed = change
        }
        let gap = now - missed.at
        longestGap = max(longestGap, gap)
        let bound = Duration.milliseconds(2_100) + longestDelay + .milliseconds(700)
        guard !isBounded || gap <= bound else {
            throw Violation(
                kind: .safety, law: "no node answers by a state that is too old",
                detail:
                    "\(id) at #\(view.appliedIndex), #\(missed.index) returned \(gap.brief) ago",
                time: now)
        }
    }
}
