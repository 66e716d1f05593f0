import Basics
import Journal
import Keyring

/// What a data directory holds after a stop of any kind, the state of its snapshot included.
public struct NodeRecovery: Sendable {
    public let recovery: Recovery
    /// The state of the snapshot; nil if there is none.
    let snapshot: Result<StateMachine, MalformedBytes>?

    /// Reads all of it.
    ///
    /// - Parameters:
    ///   - files: Every file that isn't a snapshot.
    ///   - snapshots: Those that are, which are read piece by piece.
    ///   - workers: For what can be done at the same time.
    public init(
        of files: [StoredFile], snapshots: [any SnapshotBytes], with workers: some Workers
    ) throws(RecoveryRefusal) {
        var contents: StateContents?
        recovery = try Recovery(
            of: files, snapshots: snapshots, into: &contents, with: workers)
        snapshot = contents?.finish(with: workers)
    }

    /// Reads a directory whose files are all in memory.
    public init(of files: [StoredFile]) throws(RecoveryRefusal) {
        try self.init(of: files, snapshots: [], with: OneWorker())
    }
}

/// The state as it is decoded.
private struct StateContents: SnapshotContents {
    private var decoder = StateDecoder()
    private var trouble: MalformedBytes?

    mutating func take(_ chunk: ArraySlice<UInt8>) {
        guard trouble == nil else { return }
        do throws(MalformedBytes) {
            try decoder.feed(chunk)
        } catch {
            trouble = error
        }
    }

    consuming func finish(with workers: some Workers) -> Result<StateMachine, MalformedBytes> {
        if let trouble { return .failure(trouble) }
        do throws(MalformedBytes) {
            return .success(try decoder.finish(with: workers))
        } catch {
            return .failure(error)
        }
    }
}
