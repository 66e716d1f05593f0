import Basics
import Journal
import Linux
import Replica

/// Encodes snapshots from a frozen copy of the state, writes them, and reads parts of them for
/// peers, beside the journal: neither the replica thread nor the journal's syncs wait for it.
final class SnapshotThread: Sendable {
    enum Order: Sendable {
        case batch(DiskBatch)
        case encode(SnapshotEncoding)
        case read(DiskRead)
        case backup(BackupOrder)
        case stop
    }

    let orders: Mailbox<Order>
    private let replica: Mailbox<ReplicaLetter>
    private let metrics: DiskMetrics
    private let disk: DiskConfiguration

    init(
        disk: DiskConfiguration, replica: Mailbox<ReplicaLetter>, metrics: DiskMetrics
    ) throws(SystemError) {
        orders = try Mailbox()
        self.disk = disk
        self.replica = replica
        self.metrics = metrics
    }

    /// Throws if the data directory can't be opened.
    func start() throws(SystemError) -> Thread {
        let performer = try DiskPerformer(configuration: disk)
        let owned = Handover(performer)
        let shelf = Handover(Shelf(try BackupShelf(at: disk.path)))
        return try Thread(name: "snapshot", stackSize: 8 << 20) {
            self.run(owned.take(), shelf.take())
        }
    }

    private final class Shelf {
        var files: BackupShelf
        init(_ files: consuming BackupShelf) { self.files = files }
    }

    private func run(_ performer: DiskPerformer, _ shelf: Shelf) {
        // To encode a state of a million keys is a second's work, for which nobody waits. Who does
        // wait for what else is done here, a member that catches up or a backup, waits longer while
        // the processors aren't enough; charges and validations don't.
        Thread.lowerPriority()
        var received: [Order] = []
        while true {
            orders.wait(
                into: &received, timeout: shelf.files.isEmpty ? nil : BackupShelf.patience)
            shelf.files.tidy(at: Clocks.now())
            for order in received {
                switch order {
                case .batch(let batch):
                    guard perform(batch, performer) else { return }
                case .encode(var encoding):
                    encoding.advance()
                    replica.send(.input(.snapshotEncoded(encoding)))
                case .read(let read):
                    replica.send(.input(.diskRead(read, performer.read(read))))
                case .backup(let order):
                    let reply = shelf.files.answer(order.wish, at: Clocks.now())
                    order.sender.send(.backup(order.ticket, reply))
                case .stop:
                    return
                }
            }
            received.removeAll(keepingCapacity: true)
        }
    }

    private func perform(_ batch: DiskBatch, _ performer: DiskPerformer) -> Bool {
        let failure = performer.perform(batch.operations)
        metrics.snapshotBatches.add()
        guard let failure else {
            replica.send(.input(.diskDone(batch.id)))
            return true
        }
        replica.send(.input(.diskFailed(batch.id, failure)))
        return failure == .noSpace
    }
}
