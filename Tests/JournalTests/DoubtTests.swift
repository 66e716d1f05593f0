import Basics
import Simulator
import Testing

@testable import Journal

/// What was in doubt stays so until it is settled, however often the node stops.
@Suite struct DoubtTests {
    /// A node with entries 1 to 6 of term 1, in doubt about 4 to 6.
    private static func doubtful() throws -> Node {
        var node = try Node.formatted()
        try node.write([record(1), record(2), record(3)])
        node.log.append([record(4), record(5), record(6)])
        let next = node.log.nextBatch()
        let batch = try #require(next)
        try node.disk.perform(batch.operations)
        for operation in batch.operations {
            if case .write(let name, let offset, _) = operation {
                try node.disk.perform(.write(name, offset: offset + 120, bytes: [1, 2, 3]))
                try node.disk.perform(.sync(name))
            }
        }
        let recovery = try node.recover()
        #expect(recovery.verdict == .inDoubt(position(1, 6)))
        #expect(recovery.records.last == record(3))
        return try Node(on: node.disk)
    }

    @Test func `entries that don't reach the doubtful one carry the doubt`() throws {
        var node = try DoubtTests.doubtful()
        try node.write([record(4)], [record(5)])
        #expect(node.log.doubt == position(1, 6))
        let recovery = try node.recover()
        #expect(recovery.verdict == .inDoubt(position(1, 6)))
        #expect(recovery.records.map(\.index.rawValue) == [1, 2, 3, 4, 5])
    }

    @Test func `a log that reaches the doubtful entry has settled it`() throws {
        var node = try DoubtTests.doubtful()
        try node.write([record(4), record(5), record(6)])
        #expect(node.log.doubt == nil)
        #expect(try node.recover().verdict == .whole)
    }

    @Test func `an entry of a later term has settled it at a lower index`() throws {
        var node = try DoubtTests.doubtful()
        try node.write([record(4, term: 2)])
        let recovery = try node.recover()
        #expect(recovery.verdict == .whole)
        #expect(recovery.records.last == record(4, term: 2))
    }

    @Test func `once a majority has answered the doubt is gone with the next batch`() throws {
        var node = try DoubtTests.doubtful()
        node.log.settleDoubt()
        #expect(try node.recover().verdict == .inDoubt(position(1, 6)))
        try node.write([record(4)])
        #expect(try node.recover().verdict == .whole)
    }

    /// A node whose first batch is bad, with five behind it.
    private static func damaged() throws -> Node {
        var node = try Node.formatted()
        for index in UInt64(1)...6 { try node.write([record(index)]) }
        node.disk.flipBit(8 * (384 + 100), of: "segment-0000000000000001-00000400")
        guard case .corrupt(let corruption) = try node.recover().verdict else {
            throw MalformedBytes("the log isn't damaged")
        }
        #expect(corruption.reached == position(1, 6))
        return try Node(on: node.disk)
    }

    @Test func `a damaged log is left as it is until its repair begins`() throws {
        let node = try DoubtTests.damaged()
        guard case .corrupt = try node.recover().verdict else {
            Issue.record("opening repaired what it can't")
            return
        }
        #expect(node.log.doubt == position(1, 6))
    }

    @Test func `a repair that is interrupted is still one, and goes on`() throws {
        var node = try DoubtTests.damaged()
        try node.write([record(1), record(2)])
        let files = node.disk.files.count
        let recovery = try node.recover()
        guard case .corrupt(let corruption) = recovery.verdict else {
            Issue.record("\(recovery.verdict)")
            return
        }
        #expect(corruption.reached == position(1, 6))
        #expect(recovery.records == [record(1), record(2)])
        var again = try Node(on: node.disk)
        #expect(again.disk.files.count == files)
        try again.write((3...7).map { record($0) })
        guard case .corrupt = try again.recover().verdict else {
            Issue.record("repaired without the leader's word")
            return
        }
        again.log.settleDoubt()
        try again.write([record(8)])
        let repaired = try again.recover()
        #expect(repaired.verdict == .whole)
        #expect(repaired.records == (1...8).map { record($0) })
        // What was kept as evidence goes once the loss is made good.
        #expect(again.disk.files.count < files)
    }

    @Test func `a repair that is damaged as well leaves the segments in order, and goes on`() throws
    {
        var node = try DoubtTests.damaged()
        let before = Set(node.disk.files.map(\.name))
        for index in UInt64(1)...5 { try node.write([record(index)]) }
        let added = node.disk.files.map(\.name).filter {
            $0.hasPrefix("segment-") && !before.contains($0)
        }
        #expect(added.count > 1)
        // One bit of each sector of each segment in turn: the repair's own are among them.
        for file in node.disk.files where file.name.hasPrefix("segment-") {
            for place in stride(from: 20, to: file.bytes.count, by: 128) {
                var hit = node.disk
                hit.flipBit(8 * place, of: file.name)
                try expectRepair(of: hit)
            }
        }
    }

    private func expectRepair(of disk: InMemoryDisk) throws {
        var node = try Node(on: disk)
        guard case .corrupt(let corruption) = try node.recover().verdict else {
            Issue.record("nothing was damaged")
            return
        }
        #expect(corruption.reached == position(1, 6))
        let held = node.log.last.index.rawValue
        for index in (held + 1)...7 { try node.write([record(index)]) }
        node.log.settleDoubt()
        try node.write([record(8)])
        let repaired = try node.recover()
        #expect(repaired.verdict == .whole)
        #expect(repaired.records == (1...8).map { record($0) })
    }

    @Test func `a damaged log is repaired by a snapshot from the leader`() throws {
        var node = try DoubtTests.damaged()
        let bytes = snapshotFile(of: describe(position(2, 40)))
        _ = try node.snapshots.receive(bytes, at: 0, of: position(2, 40))
        _ = try node.snapshots.install()
        node.log.save(JournalHardState(term: Term(2), votedFor: nil))
        let events = try node.run()
        #expect(events == [.installed(describe(position(2, 40)))])
        node.log.restart(after: position(2, 40))
        node.log.settleDoubt()
        try node.run()
        try node.write([record(41, term: 2)])
        let recovery = try node.recover()
        #expect(recovery.verdict == .whole)
        #expect(recovery.records == [record(41, term: 2)])
        #expect(recovery.snapshot?.description == describe(position(2, 40)))
    }
}
