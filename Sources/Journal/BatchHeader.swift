import Basics

/// What stands before and behind the records of one sync batch.
///
/// | bytes | field |
/// |---|---|
/// | 4 | magic |
/// | 1 | which copy: 0 before, 1 behind the records |
/// | 1 | 1 if the log restarts here, else 0 |
/// | 1 | 1 if a loss found by an earlier recovery isn't repaired yet, else 0 |
/// | 1 | zero |
/// | 8 | incarnation of the node |
/// | 8 | number of the segment |
/// | 8 | offset in the log at which the batch begins: **everything below it was synced** |
/// | 4 | bytes of records |
/// | 4 | bytes from the first copy to the second |
/// | 8 | index of the first record |
/// | 8, 8 | term and index of the last entry of the log behind this batch |
/// | 8, 8 | term and index in doubt, or lost, since an earlier recovery; zeroes if none |
/// | 4 | checksum that the first record continues |
/// | 4 | checksum of the last record |
/// | 4 | CRC-32C of everything before |
///
/// A batch is written only after the one before it was reported durable. So a copy of the header,
/// wherever it is found, proves that everything below its offset had been synced, and that its own
/// batch had been begun.
struct BatchHeader: Hashable, Sendable {
    enum Copy: UInt8, Sendable {
        case before = 0
        case behind = 1
    }

    /// No records follow, and everything before is void: the log goes on behind `last`, which is
    /// the end of a snapshot. Such a batch opens a segment.
    var restarts: Bool
    var isDamaged: Bool
    var incarnation: UInt64
    var segment: UInt64
    var offset: UInt64
    var bodyBytes: Int
    var distance: Int
    var first: LogIndex
    var last: JournalPosition
    var doubt: JournalPosition?
    var previousChecksum: UInt32
    var bodyChecksum: UInt32

    static let magic: UInt32 = 0x314a_434b
    static let byteCount = 92
}

extension BatchHeader {
    func encode(_ copy: Copy, into writer: inout ByteWriter) {
        let start = writer.count
        writer.write(BatchHeader.magic)
        writer.write(copy.rawValue)
        writer.write(restarts)
        writer.write(isDamaged)
        writer.write(UInt8(0))
        writer.write(incarnation)
        writer.write(segment)
        writer.write(offset)
        writer.write(UInt32(bodyBytes))
        writer.write(UInt32(distance))
        writer.write(first.rawValue)
        for position in [last, doubt ?? .start] {
            writer.write(position.term.rawValue)
            writer.write(position.index.rawValue)
        }
        writer.write(previousChecksum)
        writer.write(bodyChecksum)
        writer.write(CRC32C.checksum(writer.bytes[start...]))
    }

    /// The header at `offset` of a file's bytes, and which copy it is; nil unless a whole one
    /// stands there.
    static func standing(at offset: Int, of bytes: [UInt8]) -> (BatchHeader, Copy)? {
        // The cheap test first: it is made at every sector of the log.
        guard offset + byteCount <= bytes.count, bytes[offset] == UInt8(truncatingIfNeeded: magic)
        else { return nil }
        var reader = ByteReader(bytes[offset..<offset + byteCount])
        return try? decode(from: &reader, checked: bytes[offset..<offset + byteCount - 4])
    }

    private static func decode(from reader: inout ByteReader, checked: ArraySlice<UInt8>)
        throws(MalformedBytes) -> (BatchHeader, Copy)
    {
        guard try reader.readUInt32() == magic, let copy = Copy(rawValue: try reader.readUInt8())
        else { throw MalformedBytes("no batch header") }
        let restarts = try reader.readBool()
        let isDamaged = try reader.readBool()
        _ = try reader.readUInt8()
        let header = BatchHeader(
            restarts: restarts, isDamaged: isDamaged, incarnation: try reader.readUInt64(),
            segment: try reader.readUInt64(), offset: try reader.readUInt64(),
            bodyBytes: Int(try reader.readUInt32()), distance: Int(try reader.readUInt32()),
            first: LogIndex(try reader.readUInt64()), last: try position(from: &reader),
            doubt: try position(from: &reader).unlessStart,
            previousChecksum: try reader.readUInt32(), bodyChecksum: try reader.readUInt32())
        guard try reader.readUInt32() == CRC32C.checksum(checked) else {
            throw MalformedBytes("the checksum of a batch header is wrong")
        }
        return (header, copy)
    }

    private static func position(from reader: inout ByteReader)
        throws(MalformedBytes) -> JournalPosition
    {
        let term = Term(try reader.readUInt64())
        return JournalPosition(term: term, index: LogIndex(try reader.readUInt64()))
    }
}

extension BatchHeader {
    /// The bytes of a whole batch without records that lets the log begin anew behind `last`, to
    /// be written at the beginning of `segment`.
    static func restart(
        after last: JournalPosition, doubt: JournalPosition?, isDamaged: Bool = false,
        offset: UInt64, segment: SegmentName, of identity: Identity
    ) -> [UInt8] {
        let layout = BatchLayout(start: 0, bodyBytes: 0, in: identity.geometry)
        let header = BatchHeader(
            restarts: true, isDamaged: isDamaged, incarnation: identity.incarnation,
            segment: segment.sequence, offset: offset, bodyBytes: 0, distance: layout.second,
            first: last.index.next, last: last, doubt: doubt, previousChecksum: 0,
            bodyChecksum: 0)
        return header.framing([], in: layout)
    }

    /// Both copies around the records, with zeroes up to the sector behind.
    func framing(_ body: [UInt8], in layout: BatchLayout) -> [UInt8] {
        var writer = ByteWriter(capacity: layout.end - layout.start)
        encode(.before, into: &writer)
        writer.writeRaw(body)
        // Arrays are copied as a whole; a repeated element is appended one by one.
        let gap = layout.second - layout.start - writer.count
        writer.writeRaw([UInt8](repeating: 0, count: gap))
        encode(.behind, into: &writer)
        let rest = layout.end - layout.start - writer.count
        writer.writeRaw([UInt8](repeating: 0, count: rest))
        return writer.bytes
    }
}

extension JournalPosition {
    var unlessStart: JournalPosition? { self == .start ? nil : self }
}

/// Where the parts of a batch stand in its segment.
///
/// The first copy of the header opens a sector, the records follow at once. The second copy opens
/// a sector behind the records that lies in *another page* than the first, which for a small batch
/// means a gap of zeroes: disks tear, and rot, by the page, and if one page held both copies then
/// its loss would make an acknowledged batch look as if it had never been begun. The next batch
/// opens the sector behind, so that no sector that was synced is ever written again; a page may
/// be, and the worst a torn rewrite of it can take is one copy and the records' end, which leaves
/// the other copy standing over a bad body: doubt, not silence.
struct BatchLayout: Hashable, Sendable {
    /// Offsets in the segment file: of the first copy, of the records, of the second copy, and of
    /// the first byte behind the batch.
    var start: Int
    var body: Int
    var second: Int
    var end: Int

    init(start: Int, bodyBytes: Int, in geometry: Geometry) {
        self.start = start
        body = start + BatchHeader.byteCount
        second = max(geometry.sectorUp(body + bodyBytes), geometry.nextPage(after: start))
        end = second + geometry.sectorBytes
    }

    /// Bytes of a segment that a batch of one record with the given payload needs at most.
    static func largest(for payload: Int, in geometry: Geometry) -> Int {
        BatchLayout(start: 0, bodyBytes: payload + RecordEncoding.overhead, in: geometry).end
    }
}
