import Simulator
import Testing

@testable import Journal

/// A disk that puts a write at another place of the file, and says that it is done.
@Suite struct MisdirectionTests {
    /// A node with entries 1 to 3, and 4 to 6 in a batch that landed a few sectors off.
    private static func misdirected(by distance: Int) throws -> Node {
        var node = try Node.formatted()
        try node.write([record(1), record(2), record(3)])
        node.log.append([record(4), record(5), record(6)])
        let next = node.log.nextBatch()
        let batch = try #require(next)
        for operation in batch.operations {
            if case .write(let name, let offset, let bytes) = operation {
                try node.disk.perform(.write(name, offset: offset + distance, bytes: bytes))
            } else {
                try node.disk.perform(operation)
            }
        }
        node.note(node.log.completed(batch.id))
        return node
    }

    @Test func `a last batch that landed elsewhere leaves the node in doubt`() throws {
        var node = try Self.misdirected(by: 128)
        let recovery = try node.recover()
        #expect(recovery.verdict == .inDoubt(position(1, 6)))
        #expect(recovery.records.last == record(3))
    }

    @Test func `the doubt is settled by the entries themselves`() throws {
        let node = try Self.misdirected(by: 128)
        var again = try Node(on: node.disk)
        try again.write([record(4)], [record(5), record(6)])
        #expect(try again.recover().verdict == .whole)
    }

    @Test func `a batch behind one that landed elsewhere makes it corruption`() throws {
        var node = try Self.misdirected(by: 512)
        node.log.append([record(7)])
        // It lands elsewhere as well, so that nothing stands where the log ends.
        let next = node.log.nextBatch()
        let batch = try #require(next)
        for operation in batch.operations {
            if case .write(let name, let offset, let bytes) = operation {
                let room = 1024 - bytes.count
                let wrong = min(offset + 512, room) / 128 * 128
                try node.disk.perform(.write(name, offset: wrong, bytes: bytes))
            } else {
                try node.disk.perform(operation)
            }
        }
        node.note(node.log.completed(batch.id))
        guard case .corrupt(let corruption) = try node.recover().verdict else {
            Issue.record("a lost batch isn't missed")
            return
        }
        #expect(corruption.reached == position(1, 7))
    }

    @Test func `an old batch that landed over a synced one is corruption, not another log`() throws {
        let node = try Self.misdirected(by: -128)
        switch try Recovery(of: node.disk.files).verdict {
        case .corrupt, .inDoubt: break
        case .whole, .torn: Issue.record("a loss isn't missed")
        }
    }
}
