import Basics
import Simulator

@testable import Journal

/// Sectors and pages so small that every bit of a journal can be flipped.
let smallGeometry = Geometry(sectorBytes: 128, pageBytes: 256)
let smallSettings = JournalSettings(segmentBytes: 1024, maximumPayloadBytes: 300)

func makeIdentity(
    geometry: Geometry = smallGeometry, incarnation: UInt64 = 0xfeed
) -> Identity {
    Identity(
        clusterID: Array(0..<16), node: NodeID(2),
        members: [
            IdentityMember(node: NodeID(1), address: "127.0.0.1:7201"),
            IdentityMember(node: NodeID(2), address: "127.0.0.1:7202"),
        ], incarnation: incarnation, genesis: Array("genesis".utf8), geometry: geometry)
}

func record(_ index: UInt64, term: UInt64 = 1, payload: [UInt8]? = nil) -> JournalRecord {
    JournalRecord(
        term: Term(term), index: LogIndex(index),
        time: Timestamp(milliseconds: Int64(1_000 * index)), kind: 1,
        payload: payload ?? Array("entry \(term)/\(index)".utf8))
}

func position(_ term: UInt64, _ index: UInt64) -> JournalPosition {
    JournalPosition(term: Term(term), index: LogIndex(index))
}

func describe(_ last: JournalPosition) -> SnapshotDescription {
    SnapshotDescription(
        last: last, lastTime: Timestamp(milliseconds: Int64(1_000 * last.index.rawValue)),
        configuration: [1, 2, 3])
}

/// A node's disk and the two machines that write to it, performing batches at once.
struct Node {
    var disk: InMemoryDisk
    var log: WriteAheadLog
    var snapshots: SnapshotStore
    /// The last that was reported durable.
    var durable = JournalPosition.start
    var durableState = JournalHardState.initial

    init(
        on disk: InMemoryDisk, settings: JournalSettings = smallSettings
    ) throws {
        self.disk = disk
        let recovery = try Recovery(of: disk.files)
        log = WriteAheadLog(from: recovery, settings: settings)
        snapshots = SnapshotStore(from: recovery)
        durable = log.last
        durableState = recovery.hardState
        try run()
    }

    /// A formatted directory and the machines opened on it.
    /// What the hard states written here say of the peers.
    static let peers = [
        PeerIncarnation(node: NodeID(2), incarnation: 0xfedc_ba98_7654_3210),
        PeerIncarnation(node: NodeID(3), incarnation: 1),
    ]

    static func formatted(
        geometry: Geometry = smallGeometry, settings: JournalSettings = smallSettings
    ) throws -> Node {
        var disk = InMemoryDisk()
        try disk.perform(makeIdentity(geometry: geometry).format(settings: settings))
        return try Node(on: disk, settings: settings)
    }

    /// Performs everything that waits; returns the snapshots that became durable.
    @discardableResult
    mutating func run() throws -> [SnapshotEvent] {
        while let batch = log.nextBatch() {
            try disk.perform(batch.operations)
            note(log.completed(batch.id))
        }
        var events: [SnapshotEvent] = []
        while let batch = snapshots.nextBatch() {
            try disk.perform(batch.operations)
            events += snapshots.completed(batch.id)
        }
        return events
    }

    mutating func note(_ done: Durable) {
        if let last = done.last { durable = last }
        if let state = done.hardState { durableState = state }
    }

    /// Saves term 1 and appends records, each call a batch.
    mutating func write(_ batches: [JournalRecord]...) throws {
        for records in batches {
            if let term = records.last?.term, term > durableState.term {
                log.save(JournalHardState(term: term, votedFor: NodeID(1), peers: Node.peers))
            }
            log.append(records)
            try run()
        }
    }

    /// Writes this node's own snapshot and cuts the log.
    mutating func takeSnapshot(
        at last: JournalPosition, state: [[UInt8]] = [[7, 7, 7], [8]]
    ) throws {
        snapshots.begin(describe(last))
        for chunk in state { snapshots.append(chunk) }
        snapshots.finish()
        try run()
        log.compact(through: last.index)
        try run()
    }

    func recover() throws -> Recovery { try Recovery(of: disk.files) }
}

/// The files of a directory with one changed.
func changing(
    _ files: [StoredFile], _ name: String, _ change: (inout [UInt8]) -> Void
) -> [StoredFile] {
    files.map { file in
        guard file.name == name else { return file }
        var changed = file
        change(&changed.bytes)
        return changed
    }
}

/// A snapshot file as the leader would send it.
func snapshotFile(
    of description: SnapshotDescription, state: [[UInt8]] = [[7, 7, 7], [8]]
) -> [UInt8] {
    var (encoder, bytes) = SnapshotEncoder.begin(description, clusterID: Array(0..<16))
    for chunk in state { bytes += encoder.chunk(chunk) }
    return bytes + encoder.finish()
}
