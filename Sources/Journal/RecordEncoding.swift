import Basics

/// How a record stands on disk.
///
/// | bytes | field |
/// |---|---|
/// | 4 | count of the bytes that follow |
/// | 1 | type: 1, a log entry |
/// | 1 | kind |
/// | 8, 8 | term, index |
/// | 8 | time, milliseconds since 1970 |
/// | n | payload |
/// | 4 | CRC-32C of everything before, continuing the preceding record's |
///
/// Because a checksum continues the one before it, a record is good only behind the very records
/// it was written behind: an old batch under a new one, or one misplaced by the disk, breaks the
/// chain. Zeroes are no record: the count would be below the least.
enum RecordEncoding {
    static let type: UInt8 = 1
    /// Bytes beside the payload.
    static let overhead = 4 + 2 + 8 + 8 + 8 + 4

    static func append(
        _ record: JournalRecord, to writer: inout ByteWriter, continuing checksum: UInt32
    ) -> UInt32 {
        let start = writer.count
        writer.write(UInt32(record.payload.count + overhead - 4))
        writer.write(type)
        writer.write(record.kind)
        writer.write(record.term.rawValue)
        writer.write(record.index.rawValue)
        writer.write(record.time.milliseconds)
        writer.writeRaw(record.payload)
        let chained = CRC32C.checksum(writer.bytes[start...], continuing: checksum)
        writer.write(chained)
        return chained
    }

    /// The record that `reader` stands at, and the checksum to continue from.
    static func read(from reader: inout ByteReader, continuing checksum: UInt32)
        throws(MalformedBytes) -> (JournalRecord, UInt32)
    {
        var whole = reader
        let count = Int(try reader.readUInt32())
        guard count >= overhead - 4, count <= reader.remaining else {
            throw MalformedBytes("a record of \(count) bytes in \(reader.remaining)")
        }
        let checked = try whole.readRaw(count)
        let chained = CRC32C.checksum(checked, continuing: checksum)
        var fields = ByteReader(try reader.readRaw(count))
        guard try fields.readUInt8() == type else { throw MalformedBytes("unknown record type") }
        let kind = try fields.readUInt8()
        let term = Term(try fields.readUInt64())
        let index = LogIndex(try fields.readUInt64())
        let time = Timestamp(milliseconds: try fields.readInt64())
        let payload = Array(try fields.readRaw(fields.remaining - 4))
        guard try fields.readUInt32() == chained else {
            throw MalformedBytes("the checksum of a record is wrong")
        }
        let record = JournalRecord(
            term: term, index: index, time: time, kind: kind, payload: payload)
        return (record, chained)
    }
}
