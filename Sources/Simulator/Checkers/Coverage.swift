import Basics
import Keyring
import Replica

/// What happened in one run, or in many: a campaign that never saw an election proves little.
public struct Coverage: Sendable {
    public var elections = 0
    public var crashes = 0
    public var restarts = 0
    public var partitions = 0
    public var wallClockJumps = 0
    public var snapshotsWritten = 0
    public var snapshotsInstalled = 0
    public var linksFailed = 0
    public var digests = 0
    public var reads = 0
    /// Requests that were told they failed, or that their outcome isn't known.
    public var failures = 0
    public var unknownOutcomes = 0
    public var leaderless = 0
    public var committed = 0
    public var changed = 0
    public var refused = 0
    public var charged = 0
    public var replayed = 0
    public var exhausted = 0

    public init() {}

    mutating func count(_ event: NodeEvent) {
        switch event {
        case .snapshotWritten: snapshotsWritten += 1
        case .snapshotInstalled: snapshotsInstalled += 1
        case .peerLinkFailed: linksFailed += 1
        case .roleChanged, .leaderChanged, .standingChanged, .clockDisagreement, .diskFull,
            .snapshotRefused:
            break
        }
    }

    mutating func count(_ fault: World.Fault) {
        switch fault {
        case .crash: break
        case .partition: partitions += 1
        case .wallClockJump: wallClockJumps += 1
        }
    }

    mutating func count(_ acknowledgement: Acknowledgement) {
        switch acknowledgement.outcome {
        case .changed: changed += 1
        case .refused: refused += 1
        case .charged(let outcomes):
            for outcome in outcomes {
                switch outcome {
                case .charged(let receipt):
                    charged += 1
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
            ("elections", elections), ("crashes", crashes), ("restarts", restarts),
            ("partitions", partitions), ("wall-clock jumps", wallClockJumps),
            ("snapshots written", snapshotsWritten),
            ("snapshots installed", snapshotsInstalled), ("links failed", linksFailed),
            ("states compared", digests), ("entries committed", committed),
            ("linearizable reads", reads), ("changes", changed), ("charges", charged),
            ("charges replayed", replayed), ("charges beyond a limit", exhausted),
            ("refusals", refused), ("failures told", failures),
            ("outcomes unknown", unknownOutcomes), ("no leader found", leaderless),
        ]
    }

    public static func += (left: inout Coverage, right: Coverage) {
        left.elections += right.elections
        left.crashes += right.crashes
        left.restarts += right.restarts
        left.partitions += right.partitions
        left.wallClockJumps += right.wallClockJumps
        left.snapshotsWritten += right.snapshotsWritten
        left.snapshotsInstalled += right.snapshotsInstalled
        left.linksFailed += right.linksFailed
        left.digests += right.digests
        left.reads += right.reads
        left.failures += right.failures
        left.unknownOutcomes += right.unknownOutcomes
        left.leaderless += right.leaderless
        left.committed += right.committed
        left.changed += right.changed
        left.refused += right.refused
        left.charged += right.charged
        left.replayed += right.replayed
        left.exhausted += right.exhausted
    }
}
