import Basics

/// A segment file as it was read, and the header copies that stand in it.
struct SegmentImage {
    /// A header copy and where in the file its batch begins.
    struct Standing {
        var position: Int
        var start: Int
        var header: BatchHeader

        /// The log offset of the file's first byte, if this stands where it belongs; nil if it
        /// can't.
        func base(sectorBytes: Int) -> UInt64? {
            guard start >= 0, start % sectorBytes == 0, header.offset >= UInt64(start) else {
                return nil
            }
            return header.offset - UInt64(start)
        }
    }

    /// What stands at a place where a batch should.
    enum Reading {
        case batch(BatchHeader, [JournalRecord], layout: BatchLayout, copies: Int)
        /// A copy of its header stands, but the body is bad, or not the one that belongs here.
        case header(BatchHeader, String)
        case nothing
    }

    let name: SegmentName
    let bytes: [UInt8]
    let geometry: Geometry
    /// In the order in which they stand.
    let headers: [Standing]
    /// The header of the batch that begins at an offset of the file, and how many copies stand.
    private let batches: [Int: (header: BatchHeader, copies: Int)]
    /// The log offset of the file's first byte, from the headers; nil if none stands.
    let base: UInt64?
    /// Headers that name another place than the one they stand at, in this file or in another
    /// segment's: writes that the disk misdirected. Files are made new and of zeroes, so no header
    /// is a leftover.
    let strays: [BatchHeader]

    init(_ name: SegmentName, bytes: [UInt8], of identity: Identity) {
        self.name = name
        self.bytes = bytes
        geometry = identity.geometry
        let found = SegmentImage.standing(in: bytes, of: identity)
        let own = found.filter { $0.header.segment == name.sequence }
        let base = SegmentImage.base(of: own, sectorBytes: geometry.sectorBytes)
        var headers: [Standing] = []
        var batches: [Int: (header: BatchHeader, copies: Int)] = [:]
        var strays: [BatchHeader] = []
        for standing in found {
            guard let base, standing.header.segment == name.sequence,
                standing.base(sectorBytes: geometry.sectorBytes) == base
            else {
                strays.append(standing.header)
                continue
            }
            headers.append(standing)
            batches[standing.start, default: (standing.header, 0)].copies += 1
        }
        self.headers = headers
        self.batches = batches
        self.base = base
        self.strays = strays
    }

    private static func standing(in bytes: [UInt8], of identity: Identity) -> [Standing] {
        var found: [Standing] = []
        for position in stride(from: 0, to: bytes.count, by: identity.geometry.sectorBytes) {
            guard let (header, copy) = BatchHeader.standing(at: position, of: bytes),
                header.incarnation == identity.incarnation
            else { continue }
            let start = copy == .before ? position : position - header.distance
            found.append(Standing(position: position, start: start, header: header))
        }
        return found
    }

    /// What most headers say, and of as many the first.
    private static func base(of headers: [Standing], sectorBytes: Int) -> UInt64? {
        var bases: [(base: UInt64, count: Int)] = []
        for base in headers.compactMap({ $0.base(sectorBytes: sectorBytes) }) {
            if let known = bases.firstIndex(where: { $0.base == base }) {
                bases[known].count += 1
            } else {
                bases.append((base, 1))
            }
        }
        guard let most = bases.map(\.count).max() else { return nil }
        return bases.first { $0.count == most }?.base
    }

    /// Whether nothing but zeroes stands at `position` and behind it.
    func isBlank(from position: Int) -> Bool {
        guard position < bytes.count else { return true }
        let span = bytes.span.bytes
        var place = position
        // Eight at a time and without a reader, which took 2 % of a simulated run.
        while bytes.count - place >= 8 {
            guard span.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self) == 0 else {
                return false
            }
            place += 8
        }
        return bytes[place...].allSatisfy { $0 == 0 }
    }

    /// The batch that begins at `start`. `checksum` is the one it has to continue, nil to take
    /// the header's word for it.
    func batch(at start: Int, continuing checksum: UInt32?) -> Reading {
        guard let (header, copies) = batches[start] else { return .nothing }
        let layout = BatchLayout(start: start, bodyBytes: header.bodyBytes, in: geometry)
        guard layout.second - start == header.distance, layout.end <= bytes.count else {
            return .header(header, "the batch reaches beyond its file")
        }
        guard header.restarts || checksum == nil || checksum == header.previousChecksum else {
            return .header(header, "the batch doesn't continue the records before it")
        }
        do {
            let records = try records(of: header, in: layout)
            return .batch(header, records, layout: layout, copies: copies)
        } catch {
            return .header(header, error.reason)
        }
    }

    private func records(of header: BatchHeader, in layout: BatchLayout)
        throws(MalformedBytes) -> [JournalRecord]
    {
        var reader = ByteReader(bytes[layout.body..<layout.body + header.bodyBytes])
        var checksum = header.previousChecksum
        var records: [JournalRecord] = []
        while !reader.isAtEnd {
            let record: JournalRecord
            (record, checksum) = try RecordEncoding.read(from: &reader, continuing: checksum)
            if let last = records.last, record.index.rawValue == 0 || record.index > last.index.next
            {
                throw MalformedBytes("the records leave a gap")
            }
            records.append(record)
        }
        guard checksum == header.bodyChecksum, header.restarts == records.isEmpty,
            records.isEmpty || records.first?.index == header.first,
            records.isEmpty || records.last?.position == header.last
        else { throw MalformedBytes("the records aren't those of the batch's header") }
        return records
    }
}
