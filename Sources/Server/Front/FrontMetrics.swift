import HTTP
import Replica

/// What one front thread counts; it is the only writer.
final class FrontMetrics: Sendable {
    let accepted = Counter()
    let refused = Counter()
    /// A gauge.
    let open = Counter()
    /// Answered by the thread itself, validations above all.
    let answered = Counter()
    /// Validations that waited for a change to be applied here.
    let held = Counter()
    /// Handed to the node.
    let submitted = Counter()
    /// What wasn't HTTP as it must be.
    let malformed = Counter()
    /// Keys judged, in the order of `Validation.Verdict.allCases`.
    let verdicts = Validation.Verdict.allCases.map { _ in Counter() }
    /// Answers, in the order of `Status.allCases`.
    let statuses = Status.allCases.map { _ in Counter() }
    /// From the end of the wait that a request ended to its answer, for those that the thread
    /// answers itself.
    let answerTime = LatencyHistogram()
    /// From the reading of a request to the node's reply.
    let replyTime = LatencyHistogram()

    /// Position of each status in `statuses`, by its number less 100.
    private static let positions: [UInt8] = {
        var positions = [UInt8](repeating: 0, count: 500)
        for (position, status) in Status.allCases.enumerated() {
            positions[Int(status.rawValue) - 100] = UInt8(position)
        }
        return positions
    }()

    /// Verdicts are numbered from one, in order.
    @inline(__always)
    func note(_ verdict: Validation.Verdict) { verdicts[Int(verdict.rawValue) - 1].add() }

    @inline(__always)
    func note(_ status: Status) {
        statuses[Int(FrontMetrics.positions[Int(status.rawValue) - 100])].add()
    }
}
