import Simulator
import Testing

@testable import Journal

/// A disk that puts a write at another place of the file, and says that it is done.
@Suite struct MisdirectionTests {
    /// Segments with room for several batches.
    private static let settings = JournalSettings(
        segmentBytes: 8192, maximumPayloadBytes: smallSettings.maximumPayloadBytes)

    /// A node with entries 1 to 3 where they belong.
    private static func begun() throws -> Node {
        var node = try Node.formatted(settings: settings)
        try node.write([record(1)], [record(2), record(3)])
        return node
    }

    /// Appends records in a batch that lands so far off.
    private static func misdirect(
        _ records: [JournalRecord], by distance: Int, _ node: inout Node
    ) throws {
        node.log.append(records)
        let next = node.log.nextBatch()
        let batch = try #require(next)
        for operation in batch.operations {
            if case .write(let name, let offset, let bytes) = operation {
                try #require(offset + distance >= 0)
                try node.disk.perform(.write(name, offset: offset + distance, bytes: bytes))
            } else {
                try node.disk.perform(operation)
            }
        }
        node.note(node.log.completed(batch.id))
    }

    private static func misdirected(by distance: Int) throws -> Node {
        var node = try begun()
        try misdirect([record(4), record(5), record(6)], by: distance, &node)
        return node
    }

    @Test func `a last batch that landed elsewhere leaves the node in doubt`() throws {
        let node = try Self.misdirected(by: 128)
        let recovery = try node.recover()
        #expect(recovery.verdict == .inDoubt(position(1, 6)))
        #expect(recovery.records.last == record(3))
    }

    @Test func `the doubt is settled by the entries themselves`() throws {
        let node = try Self.misdirected(by: 128)
        var again = try Node(on: node.disk, settings: Self.settings)
        try again.write([record(4)], [record(5), record(6)])
        #expect(try again.recover().verdict == .whole)
    }

    @Test func `a batch behind one that landed elsewhere makes it corruption`() throws {
        var node = try Self.misdirected(by: 1024)
        // This one, too, so that nothing stands where the log ends.
        try Self.misdirect([record(7)], by: 1024, &node)
        guard case .corrupt(let corruption) = try node.recover().verdict else {
            Issue.record("a lost batch isn't missed")
            return
        }
        #expect(corruption.reached == position(1, 7))
    }

    @Test func `an old batch that landed over a synced one is corruption, not another log`() throws
    {
        let node = try Self.misdirected(by: -256)
        switch try Recovery(of: node.disk.files).verdict {
        case .corrupt, .inDoubt: break
        case .whole, .torn: Issue.record("a loss isn't missed")
        }
    }
}
