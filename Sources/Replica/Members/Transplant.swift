import Basics
import Consensus
import Journal
import Keyring

/// A state on its way into a directory just formatted, as the snapshot that its log goes on from.
struct Transplant {
    var state: StateMachine
    /// What the snapshot covers, and who is a member behind it.
    var metadata: SnapshotMetadata

    /// Performs the operations in order; returns the failure that ended the attempt, if any.
    func write(
        into target: Recovery, settings: JournalSettings,
        perform: ([DiskOperation]) -> DiskFailure?
    ) -> DiskFailure? {
        var store = SnapshotStore(from: target)
        store.begin(SnapshotDescription(metadata))
        func drain() -> DiskFailure? {
            while let batch = store.nextBatch() {
                if let failure = perform(batch.operations) { return failure }
                _ = store.completed(batch.id)
            }
            return nil
        }
        var encoder = StateEncoder(state.freeze())
        while let chunk = encoder.nextChunk() {
            store.append(chunk)
            if let failure = drain() { return failure }
        }
        store.finish()
        if let failure = drain() { return failure }
        var journal = WriteAheadLog(from: target, settings: settings)
        journal.save(JournalHardState(term: metadata.lastTerm, votedFor: nil))
        journal.restart(after: JournalPosition(metadata.position))
        while let batch = journal.nextBatch() {
            if let failure = perform(batch.operations) { return failure }
            _ = journal.completed(batch.id)
        }
        return nil
    }
}
