import Basics
import Testing

@testable import Journal

/// One fault, anywhere: recovery gives exactly what was reported durable, or says that it can't.
@Suite struct EveryByteTests {
    /// Several batches in several segments, a superseded tail, a snapshot, both slots written.
    private static func journal() throws -> Node {
        let settings = JournalSettings(segmentBytes: 768, maximumPayloadBytes: 200)
        var node = try Node.formatted(settings: settings)
        try node.write([record(1)], [record(2)], [record(3)])
        try node.takeSnapshot(at: covered)
        try node.write(
            [record(4), record(5)], [record(5, term: 2), record(6, term: 2)], [record(7, term: 3)])
        return node
    }

    private static let covered = position(1, 3)
    private static let expected =
        [record(4), record(5, term: 2), record(6, term: 2), record(7, term: 3)]

    enum Outcome: Hashable {
        case exact
        case doubt
        case corruption
        case refused
    }

    /// What recovery makes of damaged files; a description of the loss if it was silent.
    private static func judge(_ files: [StoredFile]) -> Result<Outcome, SilentLoss> {
        let recovery: Recovery
        var contents: ChunkList?
        do {
            recovery = try Recovery(
                of: files, snapshots: [], into: &contents, with: OneWorker())
        } catch {
            return .success(.refused)
        }
        let state = JournalHardState(
            term: Term(3), votedFor: NodeID(1), peers: Node.peers)
        switch recovery.verdict {
        case .corrupt: return .success(.corruption)
        case .inDoubt(let position):
            guard position == recovery.log.doubt, position >= expected.last!.position,
                expected.starts(with: recovery.records), recovery.hardState == state
            else { return .failure(SilentLoss(recovery: recovery)) }
            return .success(.doubt)
        case .whole, .torn:
            guard recovery.records == expected, recovery.hardState == state,
                recovery.snapshot?.description == describe(covered),
                contents?.chunks == [[7, 7, 7], [8]],
                recovery.identity == makeIdentity()
            else { return .failure(SilentLoss(recovery: recovery)) }
            return .success(.exact)
        }
    }

    struct SilentLoss: Error { var recovery: Recovery }

    private struct SilentLossAt: Error, CustomStringConvertible {
        var description: String
    }

    private static func check(
        _ files: [StoredFile], _ place: String, _ seen: inout [Outcome: Int],
        comparesTwin: Bool = true
    ) throws {
        switch judge(files) {
        case .success(let outcome):
            seen[outcome, default: 0] += 1
        case .failure(let loss):
            throw SilentLossAt(
                description: "\(place): \(loss.recovery.verdict), up to "
                    + "\(loss.recovery.records.last?.position ?? .start)")
        }
        guard comparesTwin else { return }
        if let difference = disagreement(files, covered: covered.index, of: makeIdentity()) {
            throw SilentLossAt(description: "\(place): \(difference)")
        }
    }

    @Test func `the journal of these tests has all that can be damaged`() throws {
        let node = try EveryByteTests.journal()
        #expect(try EveryByteTests.judge(node.disk.files).get() == .exact)
        let names = node.disk.files.map(\.name)
        #expect(names.count(where: { $0.hasPrefix("segment-") }) == 3)
        #expect(names.count(where: { $0.hasPrefix("snapshot-") }) == 1)
        #expect(names.contains("identity") && names.contains("hard-state"))
    }

    @Test func `a file cut at any byte loses nothing silently`() throws {
        let files = try EveryByteTests.journal().disk.files
        var seen: [Outcome: Int] = [:]
        for file in files {
            for count in 0..<file.bytes.count {
                try EveryByteTests.check(
                    changing(files, file.name) { $0.removeLast($0.count - count) },
                    "\(file.name) cut at \(count)", &seen)
            }
        }
        #expect(seen[.exact] == nil)
        #expect(seen[.corruption] ?? 0 > 3_000)
        #expect(seen[.refused] ?? 0 > 80)
    }

    @Test func `any one bit flipped loses nothing silently`() throws {
        let files = try EveryByteTests.journal().disk.files
        var seen: [Outcome: Int] = [:]
        for file in files {
            for bit in 0..<8 * file.bytes.count {
                try EveryByteTests.check(
                    changing(files, file.name) { $0[bit / 8] ^= 1 << UInt8(bit % 8) },
                    "\(file.name) at \(bit / 8), bit \(bit % 8)", &seen,
                    comparesTwin: bit % 23 == 0)
            }
        }
        for outcome in [Outcome.exact, .doubt, .corruption, .refused] {
            #expect(seen[outcome] ?? 0 > 300, "\(outcome)")
        }
    }

    @Test func `any one page lost loses nothing silently`() throws {
        let files = try EveryByteTests.journal().disk.files
        var seen: [Outcome: Int] = [:]
        for file in files {
            for start in stride(from: 0, to: file.bytes.count, by: smallGeometry.pageBytes) {
                for garbage in [UInt8(0), 0xff] {
                    let end = min(start + smallGeometry.pageBytes, file.bytes.count)
                    try EveryByteTests.check(
                        changing(files, file.name) { bytes in
                            for byte in start..<end { bytes[byte] = garbage }
                        }, "\(file.name), page at \(start) of \(garbage)", &seen)
                }
            }
        }
        #expect(seen[.doubt] ?? 0 > 0)
        #expect(seen[.corruption] ?? 0 > 0)
    }
}
