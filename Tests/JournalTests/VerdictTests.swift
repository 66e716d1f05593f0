import Basics
import Testing

@testable import Journal

/// The rows of the decision tables, one at a time.
@Suite struct VerdictTests {
    /// One segment of one restart and three batches, each in two pages; entry n in batch n.
    private static let settings = JournalSettings(segmentBytes: 4096, maximumPayloadBytes: 300)
    private static let segment = "segment-0000000000000001-00001000"
    private static let starts = [384, 768, 1152]

    private static func threeBatches() throws -> Node {
        var node = try Node.formatted(settings: settings)
        try node.write([record(1)], [record(2)], [record(3)])
        return node
    }

    private static func recover(_ node: Node, _ change: (inout [UInt8]) -> Void) throws -> Recovery
    {
        try Recovery(of: changing(node.disk.files, segment, change))
    }

    private static func wipe(_ bytes: inout [UInt8], _ range: Range<Int>) {
        for byte in range { bytes[byte] = 0 }
    }

    @Test func `batches stand where these tests expect them`() throws {
        let node = try VerdictTests.threeBatches()
        let bytes = try #require(node.disk.files.first { $0.name == VerdictTests.segment }?.bytes)
        for (number, start) in VerdictTests.starts.enumerated() {
            let (header, copy) = try #require(BatchHeader.standing(at: start, of: bytes))
            #expect(header.offset == UInt64(start) && copy == .before)
            #expect(header.last == position(1, UInt64(number) + 1))
            let second = try #require(BatchHeader.standing(at: start + 256, of: bytes))
            #expect(second.0 == header && second.1 == .behind)
        }
    }

    @Test func `a bad record below a named offset is corruption, and the place is said`() throws {
        let node = try VerdictTests.threeBatches()
        for (number, start) in VerdictTests.starts.dropLast().enumerated() {
            let recovery = try VerdictTests.recover(node) { $0[start + 100] ^= 1 }
            #expect(
                recovery.verdict
                    == .corrupt(
                        Corruption(
                            part: .log, file: VerdictTests.segment, offset: start,
                            detail: "the checksum of a record is wrong",
                            reached: position(1, 3))), "batch \(number + 1)")
            #expect(recovery.records == [])
        }
    }

    @Test func `a bad last batch under a standing header is in doubt`() throws {
        let node = try VerdictTests.threeBatches()
        for copy in [1152, 1152 + 256] {
            let recovery = try VerdictTests.recover(node) { bytes in
                bytes[1152 + 100] ^= 1
                VerdictTests.wipe(&bytes, copy..<copy + 92)
            }
            #expect(recovery.verdict == .inDoubt(position(1, 3)))
            #expect(recovery.records == [record(1), record(2)])
        }
    }

    @Test func `one copy of the last header is enough if the body is good`() throws {
        let node = try VerdictTests.threeBatches()
        for copy in [1152, 1152 + 256] {
            let recovery = try VerdictTests.recover(node) { bytes in
                VerdictTests.wipe(&bytes, copy..<copy + 92)
            }
            #expect(recovery.verdict == .whole)
            #expect(recovery.records == [record(1), record(2), record(3)])
            #expect(
                recovery.blemishes
                    == ["\(VerdictTests.segment) at 1152: one copy of a batch header"])
        }
    }

    @Test func `a tail without a header is torn, and cut even though its records are good`() throws
    {
        var node = try VerdictTests.threeBatches()
        let recovery = try VerdictTests.recover(node) { bytes in
            VerdictTests.wipe(&bytes, 1152..<1152 + 92)
            VerdictTests.wipe(&bytes, 1152 + 256..<1152 + 256 + 92)
        }
        #expect(recovery.verdict == .torn(TornTail(file: VerdictTests.segment, offset: 1152)))
        #expect(recovery.records == [record(1), record(2)])
        // What follows goes into another segment; the cut one is left as it is, and void.
        try node.disk.perform([
            .write(
                VerdictTests.segment, offset: 1152, bytes: [UInt8](repeating: 0, count: 92)),
            .write(
                VerdictTests.segment, offset: 1408, bytes: [UInt8](repeating: 0, count: 92)),
        ])
        var again = try Node(on: node.disk, settings: VerdictTests.settings)
        try again.write([record(3, term: 2)])
        let second = try again.recover()
        #expect(second.verdict == .whole)
        #expect(second.records == [record(1), record(2), record(3, term: 2)])
    }

    @Test func `a batch whose both headers rotted is missed if a later one stands`() throws {
        let node = try VerdictTests.threeBatches()
        let recovery = try VerdictTests.recover(node) { bytes in
            VerdictTests.wipe(&bytes, 768..<1152)
        }
        guard case .corrupt(let corruption) = recovery.verdict else {
            Issue.record("\(recovery.verdict)")
            return
        }
        #expect(corruption.part == .log && corruption.offset == 768)
    }

    @Test func `a missing segment is corruption, but for those a snapshot covers`() throws {
        var node = try Node.formatted()
        for index in UInt64(1)...8 { try node.write([record(index)]) }
        let names = node.disk.files.map(\.name).filter { $0.hasPrefix("segment-") }
        #expect(names.count == 6)
        for missing in names.dropFirst().dropLast(2) {
            let files = node.disk.files.filter { $0.name != missing }
            guard case .corrupt = try Recovery(of: files).verdict else {
                Issue.record("\(missing) isn't missed")
                return
            }
        }
        node.snapshots.begin(describe(position(1, 6)))
        node.snapshots.finish()
        try node.run()
        // As if only some of the deletions of a compaction had survived a power cut.
        let files = node.disk.files.filter { $0.name != names[1] }
        let recovery = try Recovery(of: files)
        #expect(recovery.verdict == .whole)
        #expect(recovery.records == [record(7), record(8)])
        #expect(recovery.log.superfluous.contains(names[0]))
    }

    @Test func `a log of a later term than the hard state is a lost vote`() throws {
        var node = try Node.formatted()
        node.log.append([record(1, term: 5)])
        try node.run()
        let recovery = try node.recover()
        guard case .corrupt(let corruption) = recovery.verdict else {
            Issue.record("\(recovery.verdict)")
            return
        }
        #expect(corruption.part == .hardState)
    }

    @Test func `a sound batch of another history breaks the chain`() throws {
        let node = try VerdictTests.threeBatches()
        var other = try Node.formatted(settings: VerdictTests.settings)
        try other.write([record(1, payload: Array("entry 1/X".utf8))], [record(2)], [record(3)])
        let foreign = try #require(other.disk.files.first { $0.name == VerdictTests.segment })
        for (start, isLast) in [(768, false), (1152, true)] {
            let recovery = try VerdictTests.recover(node) { bytes in
                for byte in start..<start + 384 { bytes[byte] = foreign.bytes[byte] }
            }
            switch recovery.verdict {
            case .inDoubt(let position): #expect(isLast && position == JournalTests.position(1, 3))
            case .corrupt(let corruption): #expect(!isLast && corruption.offset == start)
            default: Issue.record("\(recovery.verdict)")
            }
        }
    }
}
