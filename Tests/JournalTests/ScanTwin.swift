import Basics

@testable import Journal

/// The dumb twin of `LogScan`: no walk, no limits, no positions. It collects every batch that any
/// header names and follows the offsets.
struct ScanTwin: Equatable {
    enum Kind: Equatable {
        case sound
        case inDoubt(JournalPosition)
        case corrupt
    }

    var kind = Kind.sound
    var records: [JournalRecord] = []

    private struct Candidate {
        var segment: Int
        var header: BatchHeader
        var records: [JournalRecord]?
        var end: UInt64
        var isFirst: Bool
    }

    init(_ images: [SegmentImage], covered: LogIndex) {
        var candidates: [Candidate] = []
        for (number, image) in images.enumerated() {
            for standing in image.headers {
                let header = standing.header
                let body = standing.start + BatchHeader.byteCount
                let size = image.bytes.count == image.name.capacity
                let records = ScanTwin.records(image.bytes, body, header)
                let end = standing.start + header.distance + image.geometry.sectorBytes
                candidates.append(
                    Candidate(
                        segment: number, header: header, records: size ? records : nil,
                        end: image.base! + UInt64(end), isFirst: standing.start == 0))
            }
        }
        // Void is what stands in an earlier segment at or beyond the first offset of a later one.
        candidates = candidates.filter { candidate in
            !images[(candidate.segment + 1)...].contains {
                $0.base.map { $0 <= candidate.header.offset } ?? false
            }
        }
        let entry = candidates.last(where: {
            $0.isFirst && $0.records != nil
                && ($0.header.restarts || $0.header.first <= covered.next)
        })
        guard !candidates.isEmpty else {
            kind = .corrupt
            return
        }
        let first = entry?.segment ?? images.firstIndex { $0.base != nil }!
        follow(candidates.filter { $0.segment >= first }, from: images[first].base!)
        // A file that was cut may have held anything, unless nothing in it could count.
        let lastBased = images.lastIndex(where: { $0.base != nil })!
        for (number, image) in images.enumerated() where number >= first {
            let couldCount = image.base != nil || number > lastBased
            if couldCount, image.bytes.count != image.name.capacity { kind = .corrupt }
        }
        if kind == .corrupt { records = [] }
    }

    private mutating func follow(_ candidates: [Candidate], from start: UInt64) {
        var offset = start
        var checksum: UInt32?
        while true {
            let here = candidates.filter { $0.header.offset == offset }
            let isLast = !candidates.contains { $0.header.offset > offset }
            guard let candidate = here.last else {
                if !isLast { kind = .corrupt }
                return
            }
            let continues = checksum == nil || checksum == candidate.header.previousChecksum
            guard let added = candidate.records, continues || candidate.header.restarts else {
                kind = isLast ? .inDoubt(candidate.header.last) : .corrupt
                return
            }
            if candidate.header.restarts { records = [] }
            for record in added {
                records.removeAll { $0.index >= record.index }
                records.append(record)
            }
            checksum = candidate.header.bodyChecksum
            offset = candidate.end
        }
    }

    /// The records by their checksums alone, read byte by byte.
    private static func records(_ bytes: [UInt8], _ start: Int, _ header: BatchHeader)
        -> [JournalRecord]?
    {
        func number(_ at: Int, _ count: Int) -> UInt64 {
            (0..<count).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
        }
        var at = start
        var checksum = header.previousChecksum
        var records: [JournalRecord] = []
        guard start + header.bodyBytes <= bytes.count else { return nil }
        while at < start + header.bodyBytes {
            guard at + 34 <= start + header.bodyBytes else { return nil }
            let count = Int(number(at, 4))
            guard count >= 30, at + 4 + count <= start + header.bodyBytes else { return nil }
            let end = at + 4 + count
            checksum = CRC32C.checksum(Array(bytes[at..<end - 4]), continuing: checksum)
            guard number(end - 4, 4) == UInt64(checksum), bytes[at + 4] == 1 else { return nil }
            records.append(
                JournalRecord(
                    term: Term(number(at + 6, 8)), index: LogIndex(number(at + 14, 8)),
                    time: Timestamp(milliseconds: Int64(bitPattern: number(at + 22, 8))),
                    kind: bytes[at + 5], payload: Array(bytes[at + 30..<end - 4])))
            at = end
        }
        return checksum == header.bodyChecksum ? records : nil
    }
}

/// Compares the scan of a directory's segments with its twin; nil if they agree.
func disagreement(_ files: [StoredFile], covered: LogIndex, of identity: Identity) -> String? {
    let images = files.compactMap { file in SegmentName(file.name).map { ($0, file.bytes) } }
        .map { SegmentImage($0, bytes: $1, of: identity) }
    let scan = LogScan(images, covered: covered)
    let twin = ScanTwin(images, covered: covered)
    var kind: ScanTwin.Kind
    switch scan.finding {
    case .whole, .torn: kind = .sound
    case .inDoubt(let position): kind = .inDoubt(position)
    case .corrupt: kind = .corrupt
    }
    if case .inDoubt = twin.kind, case .inDoubt = kind { kind = twin.kind }
    guard kind == twin.kind else { return "scan says \(scan.finding), its twin \(twin.kind)" }
    guard kind == .corrupt || scan.records == twin.records else {
        return "scan finds \(scan.records.map(\.position)), its twin "
            + "\(twin.records.map(\.position))"
    }
    return nil
}
