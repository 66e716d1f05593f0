import Basics
import Journal
import Keyring
import Replica

/// One simulated computer: its disk, its clocks, and the node process while one runs.
final class Machine {
    let id: NodeID
    var disk: InMemoryDisk
    /// Nil while the process is down.
    var node: Node?
    /// Counts the processes that ran here: what was meant for an earlier one is dropped.
    var life = 0
    /// What this machine's wall clock shows beyond the simulation's.
    var wallOffset = Duration.zero
    /// When the timer set last is due.
    var timer = Instant.never
    /// Batches given out by the node, by lane, in order; the first is being performed.
    var batches: [DiskLane: [DiskBatch]] = [:]

    init(id: NodeID) {
        self.id = id
        disk = InMemoryDisk()
    }

    /// Makes the machine's directory that of a new node.
    func format(_ identity: Journal.Identity, settings: JournalSettings) {
        do {
            try disk.perform(identity.format(settings: settings))
        } catch {
            preconditionFailure("an empty disk can be formatted: \(error)")
        }
    }

    var isUp: Bool { node != nil }
}
