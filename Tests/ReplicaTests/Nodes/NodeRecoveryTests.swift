import Basics
import Journal
import Linux
import Testing

@testable import Replica

/// The state of a snapshot, decoded while its file is checked.
@Suite struct NodeRecoveryTests {
    /// A snapshot file in small pieces.
    private struct Pieces: SnapshotBytes {
        var file: StoredFile
        var name: String { file.name }

        func piece(from offset: Int) -> ArraySlice<UInt8> { file.bytes[offset...].prefix(999) }
    }

    /// The files of a node that has written a snapshot: that one, and the others.
    private func directory() throws -> (snapshot: StoredFile, others: [StoredFile]) {
        let cluster = try NodeCluster.started(nodes: 1)
        cluster.makeAccounts(0..<300, at: NodeID(1))
        let files = cluster[NodeID(1)].disk.files
        let name = try #require(cluster.node(NodeID(1)).store.current).name
        let snapshot = try #require(files.first { $0.name == name })
        return (snapshot, files.filter { $0.name != name })
    }

    private func read(
        _ snapshot: StoredFile, _ others: [StoredFile], with workers: some Workers
    ) throws -> NodeRecovery {
        try NodeRecovery(of: others, snapshots: [Pieces(file: snapshot)], with: workers)
    }

    @Test func `one worker and two make the same state of a directory`() throws {
        let (snapshot, others) = try directory()
        #expect(snapshot.bytes.count > 3 * 999)
        let whole = try NodeRecovery(of: others + [snapshot])
        let digest = try #require(try whole.snapshot?.get()).stateDigest()
        for recovery in [
            try read(snapshot, others, with: OneWorker()),
            try read(snapshot, others, with: TwoWorkers()),
        ] {
            #expect(recovery.recovery == whole.recovery)
            let state = try #require(try recovery.snapshot?.get())
            #expect(state.stateDigest() == digest)
            #expect(state.checkInvariants() == nil)
        }
    }

    @Test func `of a file that is bad anywhere there is no state, whoever reads it`() throws {
        let (snapshot, others) = try directory()
        let last = snapshot.bytes.count - 1
        for place in Array(stride(from: 0, to: last, by: 97)) + [last] {
            var bad = snapshot
            bad.bytes[place] ^= 0x10
            let whole = try NodeRecovery(of: others + [bad])
            #expect(whole.recovery.snapshot == nil && whole.snapshot == nil, "byte \(place)")
            let two = try read(bad, others, with: TwoWorkers())
            #expect(two.recovery == whole.recovery && two.snapshot == nil, "byte \(place)")
        }
    }
}
