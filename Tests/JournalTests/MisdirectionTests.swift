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

    /// The spare segment of a node that has `begun`.
    private static let spare = "segment-0000000000000002-00002000"

    /// Appends records in a batch that another file gets, at the place where it belongs in its own.
    private static func misdirect(
        _ records: [JournalRecord], to other: String, also lands: Bool = false, _ node: inout Node
    ) throws {
        node.log.append(records)
        let next = node.log.nextBatch()
        let batch = try #require(next)
        for operation in batch.operations {
            if case .write(let name, let offset, let bytes) = operation {
                try node.disk.perform(.write(other, offset: offset, bytes: bytes))
                try node.disk.perform(.sync(other))
                guard lands else { continue }
                try node.disk.perform(.write(name, offset: offset, bytes: bytes))
            } else {
                try node.disk.perform(operation)
            }
        }
        node.note(node.log.completed(batch.id))
    }

    @Test func `a last batch that landed in the spare segment leaves the node in doubt`() throws {
        var node = try Self.begun()
        try Self.misdirect([record(4), record(5), record(6)], to: Self.spare, &node)
        let recovery = try node.recover()
        #expect(recovery.verdict == .inDoubt(position(1, 6)))
        #expect(recovery.records.last == record(3))
    }

    @Test func `what alone tells of the doubt is kept until another batch does`() throws {
        var node = try Self.begun()
        try Self.misdirect([record(4), record(5), record(6)], to: Self.spare, &node)
        // A start clears away what recovery finds superfluous.
        var again = try Node(on: node.disk, settings: Self.settings)
        #expect(again.log.doubt == position(1, 6))
        #expect(try again.recover().verdict == .inDoubt(position(1, 6)))
        try again.write([record(4)])
        #expect(!again.disk.files.contains { $0.name == Self.spare })
        #expect(try again.recover().verdict == .inDoubt(position(1, 6)))
        try again.write([record(5), record(6)])
        #expect(try again.recover().verdict == .whole)
        #expect(try again.recover().records == (1...6).map { record($0) })
    }

    @Test func `a snapshot takes no segment along that alone tells of the doubt`() throws {
        var node = try Self.begun()
        // Until a larger batch needs another segment, with some room left in this one.
        for index in UInt64(4)...20 { try node.write([record(index)]) }
        try node.write([record(21, payload: [UInt8](repeating: 1, count: 300))])
        let first = "segment-0000000000000001-00002000"
        let segment = try #require(node.log.segments.last)
        #expect(node.log.segments.count == 2 && segment.name.description == Self.spare)
        let place = 8192 - 512
        node.log.append([record(22)])
        let next = node.log.nextBatch()
        let batch = try #require(next)
        guard case .write(_, _, let bytes)? = batch.operations.first else {
            Issue.record("\(batch)")
            return
        }
        try node.disk.perform(.write(first, offset: place, bytes: bytes))
        try node.disk.perform(.sync(first))
        node.note(node.log.completed(batch.id))
        #expect(try node.recover().verdict == .inDoubt(position(1, 22)))
        var again = try Node(on: node.disk, settings: Self.settings)
        try again.takeSnapshot(at: position(1, 21))
        #expect(again.log.segments.map(\.name) == [segment.name])
        #expect(try again.recover().verdict == .inDoubt(position(1, 22)))
        try again.write([record(22)])
        #expect(try again.recover().verdict == .whole)
        #expect(!again.disk.files.contains { $0.name == first })
    }

    @Test func `two batches that landed in the spare segment are corruption`() throws {
        var node = try Self.begun()
        try Self.misdirect([record(4)], to: Self.spare, &node)
        try Self.misdirect([record(5)], to: Self.spare, &node)
        guard case .corrupt(let corruption) = try node.recover().verdict else {
            Issue.record("a lost batch isn't missed")
            return
        }
        #expect(corruption.reached == position(1, 5))
    }

    @Test func `a batch that is where it belongs is missed nowhere else`() throws {
        var node = try Self.begun()
        try Self.misdirect([record(4)], to: Self.spare, also: true, &node)
        let recovery = try node.recover()
        #expect(recovery.records.last == record(4))
        switch recovery.verdict {
        case .whole, .torn: break
        case .inDoubt, .corrupt: Issue.record("\(recovery.verdict)")
        }
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
