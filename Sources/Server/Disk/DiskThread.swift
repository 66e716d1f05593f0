import Basics
import Journal
import Linux
import Replica

/// Performs the journal's batches strictly in order, so that the replica thread goes on receiving
/// while a sync runs; whatever arrived meanwhile makes the next batch.
final class DiskThread: Sendable {
    enum Order: Sendable {
        case batch(DiskBatch)
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
        let performer = try DiskPerformer(configuration: disk, writesAhead: true)
        let owned = Handover(performer)
        return try Thread(name: "disk") { self.run(owned.take()) }
    }

    private func run(_ performer: DiskPerformer) {
        var received: [Order] = []
        while true {
            orders.wait(into: &received)
            for order in received {
                guard case .batch(let batch) = order else { return }
                guard perform(batch, performer) else { return }
            }
            received.removeAll(keepingCapacity: true)
        }
    }

    /// False after a failure that leaves the disk unknown: nothing is tried after it.
    private func perform(_ batch: DiskBatch, _ performer: DiskPerformer) -> Bool {
        let begin = Clocks.now()
        let failure = performer.perform(batch.operations)
        metrics.batch.note(Clocks.now() - begin)
        guard let failure else {
            replica.send(.input(.diskDone(batch.id)))
            return true
        }
        replica.send(.input(.diskFailed(batch.id, failure)))
        return failure == .noSpace
    }
}

/// What the disk threads count; each has one writer.
final class DiskMetrics: Sendable {
    /// From the first write of a journal batch to the end of its sync.
    let batch = LatencyHistogram()
    let snapshotBatches = Counter()
}
