import Basics
import Simulator
import Testing

@testable import Journal

@Suite struct HardStateTests {
    private static func voted(_ terms: ClosedRange<UInt64>) throws -> Node {
        var node = try Node.formatted()
        for term in terms {
            node.log.save(JournalHardState(term: Term(term), votedFor: NodeID(UInt32(term))))
            try node.run()
        }
        return node
    }

    /// The state recovered after some of the four pages were lost; nil if that is corruption.
    private static func recovered(_ node: Node, without pages: [Int]) throws -> JournalHardState? {
        let recovery = try Recovery(
            of: changing(node.disk.files, "hard-state") { bytes in
                for page in pages {
                    for byte in page * 256..<page * 256 + 256 { bytes[byte] = 0xff }
                }
            })
        if case .corrupt(let corruption) = recovery.verdict {
            #expect(corruption.part == .hardState)
            return nil
        }
        return recovery.hardState
    }

    private static func state(_ term: UInt64) -> JournalHardState {
        JournalHardState(term: Term(term), votedFor: NodeID(UInt32(term)))
    }

    @Test func `no vote is lost with any one page`() throws {
        for terms in [UInt64(1)...4, 1...5] {
            let node = try HardStateTests.voted(terms)
            for page in 0..<4 {
                let found = try HardStateTests.recovered(node, without: [page])
                #expect(found == HardStateTests.state(terms.upperBound))
            }
        }
    }

    @Test func `a slot torn in both copies was never promised, and the other one counts`() throws {
        // Formatting writes sequence number 1, so term 4 has 5: slot 1, pages 2 and 3.
        let node = try HardStateTests.voted(1...4)
        #expect(
            try HardStateTests.recovered(node, without: [2, 3]) == HardStateTests.state(3))
        #expect(
            try HardStateTests.recovered(node, without: [0, 1]) == HardStateTests.state(4))
    }

    @Test func `with both slots lost the node says so`() throws {
        let node = try HardStateTests.voted(1...4)
        #expect(try HardStateTests.recovered(node, without: [0, 1, 2, 3]) == nil)
        let files = node.disk.files.filter { $0.name != "hard-state" }
        guard case .corrupt(let corruption) = try Recovery(of: files).verdict else {
            Issue.record("a missing hard state isn't missed")
            return
        }
        #expect(corruption.part == .hardState)
    }

    @Test func `a write goes to the slot that isn't the newest, twice, and is synced`() throws {
        var node = try Node.formatted()
        for sequence in 2...5 {
            node.log.save(JournalHardState(term: Term(UInt64(sequence)), votedFor: nil))
            let next = node.log.nextBatch()
            let batch = try #require(next)
            var offsets: [Int] = []
            for case .write(_, let offset, _) in batch.operations { offsets.append(offset) }
            #expect(offsets == (sequence % 2 == 0 ? [0, 256] : [512, 768]))
            #expect(batch.operations.last == .sync("hard-state"))
            try node.disk.perform(batch.operations)
            _ = node.log.completed(batch.id)
        }
    }

    @Test func `another node's slots are no hard state`() throws {
        let other = FormattedFiles.of(7)
        var node = FormattedFiles.of(8)
        node["hard-state"] = other["hard-state"]
        let files = node.keys.sorted().map { StoredFile(name: $0, bytes: node[$0]!) }
        guard case .corrupt(let corruption) = try Recovery(of: files).verdict else {
            Issue.record("another node's votes were taken for this one's")
            return
        }
        #expect(corruption.part == .hardState)
    }
}

enum FormattedFiles {
    /// The files of a directory formatted under an incarnation, by name.
    static func of(_ incarnation: UInt64) -> [String: [UInt8]] {
        var disk = InMemoryDisk()
        do {
            try disk.perform(
                makeIdentity(incarnation: incarnation).format(settings: smallSettings))
        } catch {
            preconditionFailure("formatting failed: \(error)")
        }
        return Dictionary(uniqueKeysWithValues: disk.files.map { ($0.name, $0.bytes) })
    }
}
