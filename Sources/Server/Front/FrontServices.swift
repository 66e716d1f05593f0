import Basics
import HTTP
import Keyring
import Linux
import Replica
import Synchronization

/// What all front threads share: nothing in it waits for another thread.
final class FrontServices: Sendable {
    let node: NodeID
    let table: KeyTable
    let replica: Mailbox<ReplicaLetter>
    let snapshots: Mailbox<SnapshotThread.Order>
    let wishes: Mailbox<Daemon.Wish>
    let pages: MonitoringPages
    let log: Log
    let settings: FrontSettings
    let connectionCount: ConnectionCount
    let waitingRoom: WaitingRoom

    init(
        node: NodeID, table: KeyTable, replica: Mailbox<ReplicaLetter>,
        snapshots: Mailbox<SnapshotThread.Order>, wishes: Mailbox<Daemon.Wish>,
        pages: MonitoringPages, log: Log, settings: FrontSettings,
        waitingRoom: WaitingRoom = WaitingRoom()
    ) {
        self.node = node
        self.table = table
        self.replica = replica
        self.snapshots = snapshots
        self.wishes = wishes
        self.pages = pages
        self.log = log
        self.settings = settings
        self.waitingRoom = waitingRoom
        connectionCount = ConnectionCount(limit: settings.connectionLimit)
    }
}

/// What an operator may set of the front threads.
struct FrontSettings: Sendable {
    var router: Router.Settings
    /// Connections of all front threads together.
    var connectionLimit = 10_000
    /// A request's head must be there this long after its first byte.
    var headDeadline = Duration.seconds(10)
    /// A connection without a request is closed after this.
    var idleDeadline = Duration.seconds(60)
    /// How long a client that was refused may still send, for its refusal to reach it.
    var lingerDeadline = Duration.seconds(1)
    /// How long answers may still be written after the node has stopped.
    var drainDeadline = Duration.seconds(5)
}

/// The connections of all front threads together, against their limit.
final class ConnectionCount: Sendable {
    private let limit: Int
    private let count = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    /// Counts one more; false if that would be too many.
    func enter() -> Bool {
        let before = count.wrappingAdd(1, ordering: .relaxed).oldValue
        if before < limit { return true }
        leave()
        return false
    }

    func leave() { count.wrappingSubtract(1, ordering: .relaxed) }
}
