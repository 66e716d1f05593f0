import Basics
import Testing

@testable import Journal

@Suite struct SnapshotTests {
    private static let last = position(2, 9)
    private static let file = snapshotFile(
        of: describe(last), state: [[1], [2, 3], [UInt8](repeating: 4, count: 100)])

    /// What is read of a file in pieces of that size; nil if it is refused.
    private func read(
        _ bytes: [UInt8], clusterID: [UInt8] = Array(0..<16), pieceBytes: Int = 1 << 20,
        with workers: some Workers = OneWorker()
    ) throws -> SnapshotReading<ChunkList>? {
        try SnapshotReading(
            of: SlowFile(bytes: bytes, pieceBytes: pieceBytes), clusterID: clusterID,
            with: workers)
    }

    @Test(arguments: [1, 9, 64, 1 << 20])
    func `a snapshot comes back chunk by chunk`(pieceBytes: Int) throws {
        for reading in [
            try read(SnapshotTests.file, pieceBytes: pieceBytes),
            try read(SnapshotTests.file, pieceBytes: pieceBytes, with: BesideFirst()),
        ] {
            let reading = try #require(reading)
            #expect(reading.description == describe(SnapshotTests.last))
            #expect(reading.byteCount == SnapshotTests.file.count)
            #expect(
                reading.contents.chunks == [[1], [2, 3], [UInt8](repeating: 4, count: 100)])
        }
    }

    @Test func `a snapshot cut at any byte, with any bit flipped, or longer, is refused`() throws {
        let file = SnapshotTests.file
        var broken = (0..<file.count).map { Array(file.prefix($0)) } + [file + [0]]
        for bit in 0..<8 * file.count {
            var flipped = file
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            broken.append(flipped)
        }
        for bytes in broken {
            #expect(try read(bytes) == nil)
            #expect(try read(bytes, pieceBytes: 50) == nil)
            #expect(try read(bytes, pieceBytes: 50, with: BesideFirst()) == nil)
        }
    }

    @Test func `another cluster's snapshot is refused, and a newer version's by its name`() throws {
        #expect(try read(SnapshotTests.file, clusterID: Array(1..<17)) == nil)
        var newer = SnapshotTests.file
        newer[4] = 2
        var writer = ByteWriter(appendingTo: newer)
        let end = 12 + Int(newer[8])
        writer.overwrite(CRC32C.checksum(newer[..<(end - 4)]), at: end - 4)
        #expect(throws: RecoveryRefusal.newerFormat(file: "snapshot", version: 2)) {
            try read(writer.bytes)
        }
    }

    @Test func `bytes that the disk doesn't give stop the start`() throws {
        let file = SlowFile(bytes: SnapshotTests.file, pieceBytes: 50, unreadableFrom: 100)
        #expect(
            throws: RecoveryRefusal.unreadable(file: "snapshot", detail: "a bad sector")
        ) {
            try SnapshotReading<ChunkList>(
                of: file, clusterID: Array(0..<16), with: OneWorker())
        }
    }

    @Test(arguments: [1, 7, 64, 1000])
    func `ranges of any size are received and installed`(_ size: Int) throws {
        var node = try Node.formatted()
        var chunks: [[UInt8]] = []
        var offset = 0
        while offset < SnapshotTests.file.count {
            let range = Array(SnapshotTests.file[offset...].prefix(size))
            let progress = try node.snapshots.receive(range, at: offset, of: SnapshotTests.last)
            chunks += progress.chunks
            offset += range.count
            #expect(progress.received == offset)
        }
        #expect(chunks == [[1], [2, 3], [UInt8](repeating: 4, count: 100)])
        let description = try node.snapshots.install()
        #expect(description == describe(SnapshotTests.last))
        #expect(node.snapshots.current == nil)
        #expect(try node.run() == [.installed(description)])
        let current = try #require(node.snapshots.current)
        #expect(current.byteCount == SnapshotTests.file.count)
        // And sent on, range by range, as it was received.
        var sent: [UInt8] = []
        while let (range, isLast) = node.snapshots.read(from: sent.count, maximum: size) {
            sent += try #require(node.disk.read(range))
            #expect(isLast == (sent.count == current.byteCount))
        }
        #expect(sent == SnapshotTests.file)
    }

    @Test func `a range out of turn is refused and the offset wanted is said`() throws {
        var store = try Node.formatted().snapshots
        let bytes = SnapshotTests.file
        let last = SnapshotTests.last
        #expect(throws: SnapshotRefusal.notContiguous(expected: 0)) {
            try store.receive(Array(bytes[5..<9]), at: 5, of: last)
        }
        _ = try store.receive(Array(bytes[..<10]), at: 0, of: last)
        #expect(throws: SnapshotRefusal.notContiguous(expected: 10)) {
            try store.receive(Array(bytes[11...]), at: 11, of: last)
        }
        #expect(throws: SnapshotRefusal.notContiguous(expected: 0)) {
            try store.receive(Array(bytes[10...]), at: 10, of: position(2, 10))
        }
        _ = try store.receive(Array(bytes[10...]), at: 10, of: last)
        #expect(throws: Never.self) { try store.install() }
    }

    @Test func `what is received must be the snapshot that was announced, and whole`() throws {
        var store = try Node.formatted().snapshots
        #expect(throws: SnapshotRefusal.malformed("the snapshot ends at 2/9")) {
            try store.receive(SnapshotTests.file, at: 0, of: position(2, 8))
        }
        _ = try store.receive(SnapshotTests.file.dropLast(), at: 0, of: SnapshotTests.last)
        #expect(throws: SnapshotRefusal.malformed("the snapshot ends too early")) {
            try store.install()
        }
        _ = try store.receive([], at: 0, of: SnapshotTests.last)
        store.rejectReceived()
        let next = store.nextBatch()
        let batch = try #require(next)
        #expect(batch.operations.allSatisfy { $0 == .delete("snapshot.received") })
    }

    @Test func `an older snapshot than the current one is ignored`() throws {
        var node = try Node.formatted()
        try node.write((1...5).map { record($0) })
        try node.takeSnapshot(at: position(1, 4))
        #expect(throws: SnapshotRefusal.outdated) {
            try node.snapshots.receive(SnapshotTests.file, at: 0, of: position(1, 4))
        }
    }

    @Test func `a snapshot is being written until it is in its place`() throws {
        var node = try Node.formatted()
        try node.write([record(1)])
        node.snapshots.begin(describe(position(1, 1)))
        node.snapshots.append([1])
        #expect(node.snapshots.isWriting)
        node.snapshots.finish()
        let next = node.snapshots.nextBatch()
        let batch = try #require(next)
        #expect(node.snapshots.isWriting, "nothing but the disk is waited for")
        try node.disk.perform(batch.operations)
        #expect(node.snapshots.completed(batch.id) == [.written(describe(position(1, 1)))])
        #expect(!node.snapshots.isWriting)
    }

    @Test func `of many snapshots and their logs only the last is kept`() throws {
        var node = try Node.formatted()
        var most = 0
        for round in UInt64(0)..<30 {
            for step in UInt64(1)...4 { try node.write([record(4 * round + step)]) }
            try node.takeSnapshot(at: position(1, 4 * round + 3))
            most = max(most, node.log.retainedBytes)
            #expect(node.disk.files.count(where: { $0.name.hasPrefix("snapshot-") }) == 1)
        }
        #expect(most <= 5 * 1024)
        let recovery = try node.recover()
        #expect(recovery.verdict == .whole)
        #expect(recovery.records == [record(120)])
    }

    @Test func `a bad newest snapshot is made up for by the log, or else it is corruption`() throws
    {
        var node = try Node.formatted()
        try node.write((1...5).map { record($0) })
        let older = snapshotFile(of: describe(position(1, 2)))
        let newer = snapshotFile(of: describe(position(1, 4)))
        func recover(_ name: JournalPosition, _ log: [StoredFile]) throws -> Recovery {
            var bad = newer
            bad[20] ^= 1
            return try Recovery(
                of: log + [
                    StoredFile(
                        name: SnapshotName(last: position(1, 2)).description, bytes: older),
                    StoredFile(name: SnapshotName(last: name).description, bytes: bad),
                ])
        }
        let made = try recover(position(1, 4), node.disk.files)
        #expect(made.verdict == .whole && made.blemishes.count == 1)
        #expect(made.records == (3...5).map { record($0) })
        #expect(made.snapshot?.description == describe(position(1, 2)))
        // The log ends before the snapshot that is lost, or has another entry there.
        for name in [position(1, 6), position(2, 4)] {
            guard case .corrupt(let corruption) = try recover(name, node.disk.files).verdict else {
                Issue.record("the loss of \(name) went unnoticed")
                return
            }
            #expect(corruption.part == .snapshot)
            #expect(corruption.reached == max(name, position(1, 5)))
        }
    }

    @Test func `a lost snapshot with a log that was cut is corruption`() throws {
        var node = try Node.formatted()
        for index in UInt64(1)...8 { try node.write([record(index)]) }
        try node.takeSnapshot(at: position(1, 7))
        let files = node.disk.files.filter { !$0.name.hasPrefix("snapshot-") }
        guard case .corrupt(let corruption) = try Recovery(of: files).verdict else {
            Issue.record("a missing snapshot isn't missed")
            return
        }
        #expect(corruption.part == .snapshot)
    }
}
