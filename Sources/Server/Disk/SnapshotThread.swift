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
        return try Thread(name: "snapshot", stackSize: 8 << 20) { self.run(owned.take()) }
    }

    private func run(_ performer: DiskPerformer) {
        var received: [Order] = []
        while true {
            orders.wait(into: &received)
            for order in received {
                switch order {
                case .batch(let batch):
                    guard perform(batch, performer) else { return }
                case .encode(var encoding):
                    encoding.advance()
                    replica.send(.input(.snapshotEncoded(encoding)))
                case .read(let read):
                    replica.send(.input(.diskRead(read, performer.read(read))))
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
