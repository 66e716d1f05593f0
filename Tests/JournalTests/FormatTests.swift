import Basics
import Testing

@testable import Journal

/// The bytes on disk, which every later version must read.
@Suite struct FormatTests {
    @Test func `a record stands on disk as documented`() throws {
        var writer = ByteWriter()
        let entry = JournalRecord(
            term: Term(2), index: LogIndex(3), time: Timestamp(milliseconds: 4), kind: 5,
            payload: [6, 7])
        let checksum = RecordEncoding.append(entry, to: &writer, continuing: 0xdead_beef)
        let fields: [UInt8] =
            [32, 0, 0, 0, 1, 5, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]
            + [4, 0, 0, 0, 0, 0, 0, 0, 6, 7]
        #expect(checksum == CRC32C.checksum(fields, continuing: 0xdead_beef))
        #expect(Array(writer.bytes.dropLast(4)) == fields)
        #expect(writer.count == RecordEncoding.overhead + 2)
        var reader = ByteReader(writer.bytes)
        let (read, chained) = try RecordEncoding.read(from: &reader, continuing: 0xdead_beef)
        #expect(read == entry && chained == checksum && reader.isAtEnd)
    }

    @Test func `a record is good only behind the record it was written behind`() {
        var writer = ByteWriter()
        _ = RecordEncoding.append(record(1), to: &writer, continuing: 1)
        var reader = ByteReader(writer.bytes)
        #expect(throws: MalformedBytes("the checksum of a record is wrong")) {
            try RecordEncoding.read(from: &reader, continuing: 2)
        }
    }

    @Test func `zeroes never parse as a record, nor as a header`() {
        for count in 0..<100 {
            var reader = ByteReader([UInt8](repeating: 0, count: count))
            #expect(throws: MalformedBytes.self) {
                try RecordEncoding.read(from: &reader, continuing: 0)
            }
        }
        #expect(BatchHeader.standing(at: 0, of: [UInt8](repeating: 0, count: 512)) == nil)
        #expect(HardStateSlots.copy(at: 0, of: [UInt8](repeating: 0, count: 512)) == nil)
    }

    @Test func `a length beyond what there is is refused before anything is allocated`() {
        for length in [UInt32.max, 1 << 31, 200, 95, 29, 1] {
            var writer = ByteWriter()
            writer.write(length)
            writer.writeRaw([UInt8](repeating: 1, count: 90))
            var reader = ByteReader(writer.bytes)
            #expect(throws: MalformedBytes.self) {
                try RecordEncoding.read(from: &reader, continuing: 0)
            }
        }
    }

    @Test(arguments: [smallGeometry, .disk])
    func `the two copies of a header never share a page, nor two batches a sector`(
        _ geometry: Geometry
    ) {
        let page = geometry.pageBytes
        for start in stride(from: 0, to: 2 * page, by: geometry.sectorBytes) {
            for bodyBytes in stride(from: 0, to: 3 * page, by: 31) {
                let layout = BatchLayout(start: start, bodyBytes: bodyBytes, in: geometry)
                let ends = (layout.start + BatchHeader.byteCount - 1, layout.second)
                #expect(ends.0 / page == start / page && ends.1 / page > start / page)
                #expect((layout.second + BatchHeader.byteCount - 1) / page == layout.second / page)
                #expect(layout.second >= layout.body + bodyBytes)
                #expect(layout.second % geometry.sectorBytes == 0)
                #expect(layout.end == layout.second + geometry.sectorBytes)
            }
        }
    }

    @Test func `a header comes back in both copies`() throws {
        let header = BatchHeader(
            restarts: false, isDamaged: true, incarnation: 1, segment: 2, offset: 3, bodyBytes: 4,
            distance: 5, first: LogIndex(6), last: position(7, 8), doubt: position(9, 10),
            previousChecksum: 11, bodyChecksum: 12)
        for copy in [BatchHeader.Copy.before, .behind] {
            var writer = ByteWriter()
            header.encode(copy, into: &writer)
            #expect(writer.count == BatchHeader.byteCount)
            let standing = try #require(BatchHeader.standing(at: 0, of: writer.bytes))
            #expect(standing.0 == header && standing.1 == copy)
        }
    }

    @Test func `names say number and size, and are read back only as they are written`() {
        let segment = SegmentName(sequence: 26, capacity: 16 << 20)
        #expect(segment.description == "segment-000000000000001a-01000000")
        #expect(SegmentName(segment.description) == segment)
        let snapshot = SnapshotName(last: position(7, 100_000))
        #expect(snapshot.description == "snapshot-0000000000000007-00000000000186a0")
        #expect(SnapshotName(snapshot.description) == snapshot)
        for name in [
            "segment-1a-01000000", "segment-000000000000001A-01000000", "segment-", "pid", "log",
            "segment-000000000000001a-01000000.old", "snapshot-0000000000000007", "",
            "snapshot-000000000000+007-00000000000186a0",
        ] {
            #expect(SegmentName(name) == nil && SnapshotName(name) == nil, "\(name)")
        }
    }

    @Test func `settings that can't be are refused`() {
        #expect(throws: Never.self) { try JournalSettings().validate() }
        for settings in [
            JournalSettings(segmentBytes: 16 << 20, maximumPayloadBytes: 0),
            JournalSettings(segmentBytes: 16 << 20, maximumPayloadBytes: 16 << 20),
            JournalSettings(segmentBytes: (16 << 20) + 512, maximumPayloadBytes: 1000),
            JournalSettings(segmentBytes: 8192, maximumPayloadBytes: 8192),
            JournalSettings(segmentBytes: 1 << 33, maximumPayloadBytes: 1000),
        ] {
            #expect(throws: InvalidJournalSettings.self) { try settings.validate() }
        }
    }
}
