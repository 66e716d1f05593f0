import Basics

/// Checks the bytes of a snapshot file as they come, in pieces of any size.
struct SnapshotScanner: Sendable {
    private enum Stage {
        case header
        case chunks
        case trailer
        case complete
    }

    /// Whose snapshot it must be; nil for anybody's.
    private let clusterID: [UInt8]?
    private var stage = Stage.header
    /// Bytes received that don't make a whole part yet.
    private var pending: [UInt8] = []
    private var checksum: UInt32 = 0
    private var digest = SHA256()
    private(set) var description: SnapshotDescription?
    private(set) var received = 0
    /// Bytes found whole: where the part begins that is refused, or that is still to come.
    private(set) var checked = 0
    /// The cluster that the header names.
    private(set) var namedCluster: [UInt8] = []
    /// The digest of the whole file, once it is complete.
    private(set) var fileDigest: Digest?

    var isComplete: Bool { stage == .complete && pending.isEmpty }

    init(clusterID: [UInt8]?) { self.clusterID = clusterID }

    /// Takes the bytes that come next; returns the chunks of state that they complete.
    mutating func take(_ bytes: ArraySlice<UInt8>) throws(SnapshotRefusal) -> [ArraySlice<UInt8>] {
        received += bytes.count
        // The whole file at once, the usual case of recovery, is scanned where it lies.
        let input: ArraySlice<UInt8>
        if pending.isEmpty {
            input = bytes
        } else {
            pending += bytes
            input = pending[...]
        }
        var reader = ByteReader(input)
        var chunks: [ArraySlice<UInt8>] = []
        while let part = try part(&reader) {
            chunks.append(contentsOf: part)
            // The mark of the end is vouched for by the digest behind it alone.
            let isAtMark = stage == .trailer
            checked = received - reader.remaining - (isAtMark ? 4 : 0)
        }
        pending = Array(input.suffix(reader.remaining))
        if stage == .complete, !pending.isEmpty { throw .malformed("bytes behind the end") }
        return chunks
    }

    /// Reads one whole part: nil if it isn't there yet, or there is none to come.
    private mutating func part(_ reader: inout ByteReader)
        throws(SnapshotRefusal) -> [ArraySlice<UInt8>]?
    {
        switch stage {
        case .header: return try header(&reader)
        case .chunks: return try chunk(&reader)
        case .trailer: return try trailer(&reader)
        case .complete: return nil
        }
    }

    private mutating func header(_ reader: inout ByteReader)
        throws(SnapshotRefusal) -> [ArraySlice<UInt8>]?
    {
        var ahead = reader
        guard ahead.remaining >= 12, let magic = try? ahead.readUInt32(),
            let version = try? ahead.readUInt32(), let count = try? ahead.readUInt32()
        else { return nil }
        guard magic == SnapshotEncoder.magic else { throw .malformed("no snapshot") }
        let limit = SnapshotEncoder.configurationLimit + 64
        guard count >= 4, count <= limit else { throw .malformed("a header of \(count) bytes") }
        guard let body = try? ahead.readRaw(Int(count)) else { return nil }
        guard let whole = try? reader.readRaw(12 + Int(count)) else { return nil }
        var end = ByteReader(body.suffix(4))
        checksum = CRC32C.checksum(whole.dropLast(4))
        guard (try? end.readUInt32()) == checksum else {
            throw .malformed("the header's checksum is wrong")
        }
        guard version <= SnapshotEncoder.formatVersion else { throw .newerFormat(version) }
        namedCluster = Array(body.prefix(Identity.clusterIDCount))
        do {
            description = try describe(body.dropLast(4))
        } catch {
            throw .malformed(error.reason)
        }
        digest.update(whole.span.bytes)
        stage = .chunks
        return []
    }

    private func describe(_ body: ArraySlice<UInt8>) throws(MalformedBytes) -> SnapshotDescription {
        var reader = ByteReader(body)
        let named = try reader.readRaw(Identity.clusterIDCount)
        guard clusterID.map({ named.elementsEqual($0) }) ?? true else {
            throw MalformedBytes("the snapshot is another cluster's")
        }
        let term = Term(try reader.readUInt64())
        let last = JournalPosition(term: term, index: LogIndex(try reader.readUInt64()))
        let time = Timestamp(milliseconds: try reader.readInt64())
        let limit = SnapshotEncoder.configurationLimit
        let configuration = Array(try reader.readBytes(limit: limit))
        try reader.finish()
        return SnapshotDescription(last: last, lastTime: time, configuration: configuration)
    }

    private mutating func chunk(_ reader: inout ByteReader)
        throws(SnapshotRefusal) -> [ArraySlice<UInt8>]?
    {
        var ahead = reader
        guard let counted = try? ahead.readUInt32() else { return nil }
        let count = Int(counted)
        guard count <= SnapshotEncoder.chunkLimit else {
            throw .malformed("a chunk of \(count) bytes")
        }
        guard count > 0 else {
            digest.update([0, 0, 0, 0])
            reader = ahead
            stage = .trailer
            return []
        }
        guard let whole = try? reader.readRaw(count + 8) else { return nil }
        checksum = CRC32C.checksum(whole.dropLast(4), continuing: checksum)
        var end = ByteReader(whole.suffix(4))
        guard (try? end.readUInt32()) == checksum else {
            throw .malformed("the checksum of a chunk is wrong")
        }
        digest.update(whole.span.bytes)
        return [whole.dropFirst(4).dropLast(4)]
    }

    private mutating func trailer(_ reader: inout ByteReader)
        throws(SnapshotRefusal) -> [ArraySlice<UInt8>]?
    {
        guard reader.remaining >= Digest.count, let stored = try? Digest(from: &reader) else {
            return nil
        }
        guard stored == digest.finish() else { throw .malformed("the digest is wrong") }
        fileDigest = stored
        stage = .complete
        return []
    }
}
