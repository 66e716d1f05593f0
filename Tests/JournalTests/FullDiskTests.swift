import Basics
import Simulator
import Testing

@testable import Journal

/// A disk that fills up costs nothing that was acknowledged, and less than the service.
@Suite struct FullDiskTests {
    /// A node on a disk with room for the files it has after opening, and one more segment's.
    private static func crowded() throws -> Node {
        var node = try Node.formatted()
        node.disk.capacity = node.disk.usedBytes + 1024
        return node
    }

    /// Performs what waits until a batch fails or nothing waits; returns the consequence.
    private static func runUntilFull(_ node: inout Node) throws -> FailureConsequence? {
        while let batch = node.log.nextBatch() {
            do {
                try node.disk.perform(batch.operations)
            } catch {
                return node.log.failed(batch.id, error)
            }
            node.note(node.log.completed(batch.id))
        }
        return nil
    }

    private static func fill(_ node: inout Node) throws -> UInt64 {
        node.log.save(JournalHardState(term: Term(1), votedFor: nil))
        for index in UInt64(1)...100 {
            node.log.append([record(index)])
            if let consequence = try runUntilFull(&node) {
                #expect(consequence == .full)
                #expect(node.log.isFull)
                return index
            }
        }
        throw MalformedBytes("the disk never filled up")
    }

    @Test func `a segment is made ahead, so there is room while the disk is full`() throws {
        var node = try FullDiskTests.crowded()
        let index = try FullDiskTests.fill(&node)
        // All of a segment but for the batch that began it.
        #expect(node.log.roomBytes == 1024 - 384)
        // What waits is written into what there is, without another attempt to get more.
        #expect(try FullDiskTests.runUntilFull(&node) == nil)
        #expect(node.durable == position(1, index))
        #expect(try node.recover().verdict == .whole)
    }

    @Test func `at the end of the room what doesn't fit waits and nothing is acknowledged`() throws
    {
        var node = try FullDiskTests.crowded()
        var index = try FullDiskTests.fill(&node)
        _ = try FullDiskTests.runUntilFull(&node)
        while node.durable.index.rawValue == index {
            index += 1
            node.log.append([record(index)])
            #expect(try FullDiskTests.runUntilFull(&node) == nil)
        }
        let next = node.log.nextBatch()
        #expect(next == nil)
        #expect(node.log.last == position(1, index))
        // A vote still gets through.
        node.log.save(JournalHardState(term: Term(2), votedFor: NodeID(3)))
        #expect(try FullDiskTests.runUntilFull(&node) == nil)
        #expect(node.durableState == JournalHardState(term: Term(2), votedFor: NodeID(3)))
        #expect(node.durable.index.rawValue == index - 1)
        #expect(try node.recover().records.count == Int(index) - 1)

        node.log.retryForRoom()
        #expect(try FullDiskTests.runUntilFull(&node) == .full)
        node.disk.capacity += 4096
        node.log.retryForRoom()
        var roomIsBack = false
        while let batch = node.log.nextBatch() {
            try node.disk.perform(batch.operations)
            let done = node.log.completed(batch.id)
            roomIsBack = roomIsBack || done.roomIsBack
            node.note(done)
        }
        #expect(roomIsBack && !node.log.isFull)
        #expect(node.durable == position(1, index))
    }

    @Test func `compaction makes room by itself`() throws {
        var node = try FullDiskTests.crowded()
        _ = try FullDiskTests.fill(&node)
        _ = try FullDiskTests.runUntilFull(&node)
        node.log.compact(through: node.durable.index)
        #expect(try FullDiskTests.runUntilFull(&node) == nil)
        #expect(!node.log.isFull)
    }

    @Test func `a snapshot that finds no room is given up and the one before it stays`() throws {
        var node = try Node.formatted()
        try node.write([record(1)], [record(2)])
        try node.takeSnapshot(at: position(1, 1))
        node.disk.capacity = node.disk.usedBytes + 64
        node.snapshots.begin(describe(position(1, 2)))
        node.snapshots.append([UInt8](repeating: 1, count: 500))
        node.snapshots.finish()
        let next = node.snapshots.nextBatch()
        let batch = try #require(next)
        #expect(throws: DiskFailure.noSpace) { try node.disk.perform(batch.operations) }
        #expect(node.snapshots.failed(batch.id, .noSpace) == .full)
        #expect(!node.snapshots.isWriting)
        try node.run()
        #expect(!node.disk.files.contains { $0.name == "snapshot.incomplete" })
        #expect(node.snapshots.current?.description == describe(position(1, 1)))
        #expect(try node.recover().snapshot?.description == describe(position(1, 1)))
    }

    @Test func `every other failure is fatal`() throws {
        var node = try Node.formatted()
        node.log.append([record(1)])
        let next = node.log.nextBatch()
        let batch = try #require(next)
        #expect(node.log.failed(batch.id, .broken("EIO")) == .fatal("EIO"))
        var other = try Node.formatted()
        other.log.append([record(1)])
        let last = other.log.nextBatch()
        let full = try #require(last)
        guard case .fatal = other.log.failed(full.id, .noSpace) else {
            Issue.record("a write into reserved room may not fail for want of it")
            return
        }
    }
}
