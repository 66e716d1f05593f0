import Basics
import Testing

@testable import Journal

@Suite struct RecoveryTests {
    @Test func `a formatted directory recovers empty and whole`() throws {
        let recovery = try Node.formatted().recover()
        #expect(recovery.verdict == .whole)
        #expect(recovery.records == [])
        #expect(recovery.hardState == .initial)
        #expect(recovery.snapshot == nil)
        #expect(recovery.identity == makeIdentity())
        #expect(recovery.blemishes == [])
    }

    @Test func `what was written in several batches and segments comes back`() throws {
        var node = try Node.formatted()
        for index in UInt64(1)...20 { try node.write([record(index)]) }
        #expect(node.disk.files.count(where: { $0.name.hasPrefix("segment-") }) > 3)
        let recovery = try node.recover()
        #expect(recovery.verdict == .whole)
        #expect(recovery.records == (1...20).map { record($0) })
        #expect(
            recovery.hardState
                == JournalHardState(term: Term(1), votedFor: NodeID(1), peers: Node.peers))
        #expect(node.durable == position(1, 20))
    }

    @Test func `an entry at or below the last one supersedes the tail`() throws {
        var node = try Node.formatted()
        try node.write((1...5).map { record($0) }, [record(3, term: 2)], [record(4, term: 2)])
        let recovery = try node.recover()
        #expect(recovery.verdict == .whole)
        #expect(
            recovery.records == [record(1), record(2), record(3, term: 2), record(4, term: 2)])
    }

    @Test func `everything that waits goes into one batch, hard state first`() throws {
        var node = try Node.formatted()
        node.log.append([record(1)])
        node.log.save(JournalHardState(term: Term(1), votedFor: nil))
        node.log.append([record(2), record(3)])
        node.log.save(JournalHardState(term: Term(1), votedFor: NodeID(3)))
        let next = node.log.nextBatch()
        let batch = try #require(next)
        let another = node.log.nextBatch()
        #expect(another == nil)
        let targets = batch.operations.map { operation -> String in
            switch operation {
            case .write(let name, _, _): "write \(name.prefix(7))"
            case .sync(let name): "sync \(name.prefix(7))"
            default: "other"
            }
        }
        #expect(
            targets == [
                "write hard-st", "write hard-st", "sync hard-st", "write segment", "sync segment",
            ])
        let done = node.log.completed(batch.id)
        #expect(done.hardState == JournalHardState(term: Term(1), votedFor: NodeID(3)))
        #expect(done.last == position(1, 3))
    }

    @Test func `a term that only a snapshot brought is on disk before an entry of it is`() throws {
        var node = try Node.formatted()
        try node.write([record(1), record(2)])
        // A received snapshot of term 2 became durable, and the hard state of term 2 didn't.
        node.snapshots.begin(describe(position(2, 5)))
        node.snapshots.append([7])
        node.snapshots.finish()
        try node.run()
        var again = try Node(on: node.disk)
        #expect(try again.recover().hardState.term == Term(2))
        again.log.append([record(6, term: 2)])
        try again.run()
        let recovery = try again.recover()
        #expect(recovery.verdict == .whole)
        #expect(
            recovery.hardState
                == JournalHardState(term: Term(2), votedFor: nil, peers: Node.peers))
        #expect(recovery.records == [record(6, term: 2)])
    }

    @Test func `segments may change their size from one start to the next`() throws {
        var node = try Node.formatted()
        try node.write([record(1)], [record(2)])
        let larger = JournalSettings(segmentBytes: 4096, maximumPayloadBytes: 3000)
        var again = try Node(on: node.disk, settings: larger)
        let long = record(3, payload: [UInt8](repeating: 3, count: 3000))
        try again.write([long])
        var smaller = try Node(on: again.disk)
        for index in UInt64(4)...9 { try smaller.write([record(index)]) }
        let recovery = try smaller.recover()
        #expect(recovery.verdict == .whole)
        #expect(recovery.records == [record(1), record(2), long] + (4...9).map { record($0) })
    }

    @Test func `an entry may supersede another of the same batch`() throws {
        var node = try Node.formatted()
        node.log.save(JournalHardState(term: Term(2), votedFor: nil))
        node.log.append([record(1), record(2), record(3)])
        node.log.append([record(2, term: 2)])
        try node.run()
        let recovery = try node.recover()
        #expect(recovery.records == [record(1), record(2, term: 2)])
        #expect(node.durable == position(2, 2))
    }
}
