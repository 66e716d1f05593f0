import Basics
import Keyring
import Replica

/// What happened in one run. A campaign that never saw an election proves little: it isn't green
/// until every kind of operation has succeeded and every kind of fault has struck.
public struct Coverage: Sendable {
    /// How often each kind of fault struck, in the order of `FaultKind.allCases`.
    public private(set) var faults = [Int](repeating: 0, count: FaultKind.allCases.count)
    /// How often each kind of operation succeeded, in the order of `Operation.Kind.allCases`.
    public private(set) var operations = [Int](repeating: 0, count: Operation.Kind.allCases.count)

    /// 1 in a run whose frames bore the codes that a server's do.
    public var authenticRuns = 0
    public var elections = 0
    public var restarts = 0
    public var gracefulStops = 0
    /// Starts that found a directory in doubt or damaged, and nodes that became whole again.
    public var doubts = 0
    public var repairs = 0
    /// Nodes that can't come back.
    public var lostNodes = 0
    public var snapshotsWritten = 0
    public var snapshotsInstalled = 0
    public var snapshotsRefused = 0
    /// Links that were closed for cause, and those among them closed over bad bytes.
    public var linksFailed = 0
    public var forgeriesFound = 0
    public var foreignIncarnations = 0
    /// How often a node learned of other members, and that it is none any more.
    public var membersFollowed = 0
    public var removals = 0
    /// What the operator was told is done.
    public var membersAdded = 0
    public var membersPromoted = 0
    public var membersRemoved = 0
    public var memberRefusals = 0
    public var clockDisagreements = 0
    /// One if the run had as many commits as a run must have.
    public var fullRuns = 0
    public static let fullRunsName = "five commits a second"
    /// Connections that broke because they carried less than they were given.
    public var overflows = 0
    /// Reads that came with a wrong bit, of a running node or of one that begins.
    public var misreads = 0
    /// Power cuts that tore a write apart, by the bytes that are written as a whole.
    public var tornWrites: [(unit: Int, count: Int)] = [(1, 0), (512, 0), (4096, 0)]
    public var fullDisks = 0
    /// States compared with another node's at the same index.
    public var states = 0
    public var reads = 0
    /// Answered from a node's own memory where that will do.
    public var localReads = 0
    public var validations = 0
    /// Validations that the leader confirmed, because leases were off.
    public var confirmedValidations = 0
    public static let confirmedValidationsName = "validations confirmed"
    /// Clients' histories judged, and those that weren't decided within the bound.
    public var histories = 0
    public var undecidedHistories = 0
    /// Requests that were told they failed, or that their outcome isn't known.
    public var failures = 0
    public var unknownOutcomes = 0
    /// Attempts made while an earlier one may have been under way at another node.
    public var duplicates = 0
    public var leaderless = 0
    /// Entries at which an expiry or a grace ended.
    public var lapses = 0
    public var committed = 0
    public var refused = 0
    public var replayed = 0
    public var exhausted = 0
    /// Holds whose time-out came before they were settled or voided.
    public var holdsLapsed = 0
    /// Charges and holds in the log that an account's pool had no room for, and the user's limit
    /// had.
    public var refusedByPool = 0
    public static let refusedByPoolName = "refused by a pool alone"
    /// Clients' single charges that were decided in one entry with those of others.
    public var sharingCharges = 0
    public static let sharingChargesName = "charges that shared an entry"

    public init() {}

    mutating func count(_ kind: FaultKind) {
        guard let position = FaultKind.allCases.firstIndex(of: kind) else { return }
        faults[position] += 1
    }

    mutating func count(_ kind: Operation.Kind) {
        guard let position = Operation.Kind.allCases.firstIndex(of: kind) else { return }
        operations[position] += 1
    }

    mutating func count(_ event: NodeEvent) {
        switch event {
        case .snapshotWritten: snapshotsWritten += 1
        case .snapshotInstalled: snapshotsInstalled += 1
        case .snapshotRefused: snapshotsRefused += 1
        case .peerLinkFailed(let failure):
            linksFailed += 1
            switch failure {
            case .unauthenticatedFrame, .corruptPayload, .outOfSequence, .oversizedFrame,
                .unauthenticatedHandshake:
                forgeriesFound += 1
            case .foreignIncarnation:
                foreignIncarnations += 1
            default:
                break
            }
        case .standingChanged(let standing): if standing.isWhole { repairs += 1 }
        case .clockDisagreement(let disagree): if disagree { clockDisagreements += 1 }
        case .diskFull(let isFull): if isFull { fullDisks += 1 }
        case .membersChanged: membersFollowed += 1
        case .removed: removals += 1
        case .roleChanged, .leaderChanged, .secretsChanged: break
        }
    }

    mutating func count(_ request: MemberRequest, _ outcome: Outcome) {
        guard case .changed = outcome else {
            memberRefusals += 1
            return
        }
        switch request {
        case .add: membersAdded += 1
        case .promote: membersPromoted += 1
        case .remove: membersRemoved += 1
        }
    }

    mutating func count(_ acknowledgement: Acknowledgement) {
        let kind = acknowledgement.operation.kind
        switch acknowledgement.outcome {
        case .changed: count(kind)
        case .held(let receipt):
            count(kind)
            if receipt.replayed { replayed += 1 }
        case .refused(.creditsExhausted): exhausted += 1
        case .refused: refused += 1
        case .charged(let outcomes):
            for outcome in outcomes {
                switch outcome {
                case .charged(let receipt):
                    count(kind)
                    if receipt.replayed { replayed += 1 }
                case .refused(.creditsExhausted): exhausted += 1
                case .refused: refused += 1
                }
            }
        case .noted, .malformed: break
        }
    }

    /// The figures by name, in a fixed order.
    public var table: [(name: String, count: Int)] {
        [
            ("frames authenticated", authenticRuns),
            ("elections", elections), ("restarts", restarts), ("graceful stops", gracefulStops),
            ("starts in doubt or damaged", doubts), ("repairs", repairs),
            ("lost nodes", lostNodes), ("snapshots written", snapshotsWritten),
            ("snapshots installed", snapshotsInstalled), ("snapshots refused", snapshotsRefused),
            ("links failed", linksFailed), ("forgeries found", forgeriesFound),
            ("foreign incarnations", foreignIncarnations),
            ("members followed", membersFollowed), ("removals learned of", removals),
            ("members added", membersAdded), ("members promoted", membersPromoted),
            ("members removed", membersRemoved), ("member changes refused", memberRefusals),
            ("clock disagreements", clockDisagreements), ("full disks noticed", fullDisks),
            ("links overflowed", overflows), ("wrong bits read", misreads),
            ("states compared", states), ("entries committed", committed),
            (Coverage.fullRunsName, fullRuns),
            ("linearizable reads", reads), ("local reads", localReads),
            ("validations", validations),
            (Coverage.confirmedValidationsName, confirmedValidations),
            ("histories judged", histories), ("histories undecided", undecidedHistories),
            ("charges replayed", replayed), ("charges beyond a limit", exhausted),
            (Coverage.refusedByPoolName, refusedByPool),
            (Coverage.sharingChargesName, sharingCharges), ("holds lapsed", holdsLapsed),
            ("refusals", refused), ("failures told", failures),
            ("outcomes unknown", unknownOutcomes), ("asked at two nodes at once", duplicates),
            ("no leader found", leaderless), ("expiries and graces ended", lapses),
        ] + tornWrites.map { ("torn between units of \($0.unit)", $0.count) }
            + zip(FaultKind.allCases, faults).map { ("fault: \($0.rawValue)", $1) }
            + zip(Operation.Kind.allCases, operations).filter { $0.0 != .changeMember }
            .map { ("done: \($0.rawValue)", $1) }
    }
}
