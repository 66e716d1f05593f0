import Basics

/// Checks the bytes of a backup file as they come, in pieces of any size. A bare snapshot file,
/// as it lies in a data directory, is read as well.
///
/// Law: what `finish` returns for is the whole of one file, each byte of it under a checksum.
public struct BackupScanner: Sendable {
    /// Bytes of a header that isn't whole yet.
    private var pending: [UInt8] = []
    private var scanner = SnapshotScanner(clusterID: nil)
    /// Where the snapshot begins in the file, once that is known.
    private var start: Int?
    /// Nil before it has been read, and for a bare snapshot.
    public private(set) var header: BackupHeader?
    /// Bytes taken.
    public private(set) var received = 0

    public init() {}

    /// What the snapshot covers, once its header was read.
    public var description: SnapshotDescription? { scanner.description }
    /// 16 bytes, once the snapshot's header was read.
    public var clusterID: [UInt8] { scanner.namedCluster }

    /// Takes the bytes that come next; returns the chunks of state that they complete.
    public mutating func take(
        _ bytes: ArraySlice<UInt8>
    ) throws(BackupRefusal) -> [ArraySlice<UInt8>] {
        received += bytes.count
        guard start == nil else { return try scan(bytes) }
        pending += bytes
        guard pending.count >= BackupHeader.count else { return [] }
        let isBare = pending.prefix(4).elementsEqual(BackupScanner.snapshotMagic)
        if !isBare {
            header = try BackupHeader(decoding: pending.prefix(BackupHeader.count))
        }
        let first = isBare ? 0 : BackupHeader.count
        start = first
        defer { pending = [] }
        return try scan(pending.dropFirst(first))
    }

    /// Everything was taken: throws unless it was a whole file. Returns the snapshot's digest,
    /// which tells this state from every other.
    public func finish() throws(BackupRefusal) -> Digest {
        guard let start else {
            throw .damaged(offset: 0, "the file ends after \(received) bytes, within its header")
        }
        guard let digest = scanner.fileDigest, scanner.isComplete else {
            throw .damaged(
                offset: start + scanner.checked,
                "the file ends after \(received) bytes, within the part that begins there")
        }
        if let header, header.snapshotBytes != UInt64(scanner.received) {
            throw .damaged(
                offset: 16,
                "\(header.snapshotBytes) bytes were announced, and \(scanner.received) follow")
        }
        return digest
    }

    private mutating func scan(
        _ bytes: ArraySlice<UInt8>
    ) throws(BackupRefusal) -> [ArraySlice<UInt8>] {
        do throws(SnapshotRefusal) {
            return try scanner.take(bytes)
        } catch {
            let offset = (start ?? 0) + scanner.checked
            switch error {
            case .malformed(let reason): throw .damaged(offset: offset, reason)
            case .newerFormat(let version):
                throw .damaged(offset: offset, "a snapshot of version \(version)")
            case .notContiguous, .outdated: preconditionFailure("a scanner refuses no order")
            }
        }
    }

    private static let snapshotMagic: [UInt8] = {
        var writer = ByteWriter()
        writer.write(SnapshotEncoder.magic)
        return writer.bytes
    }()
}
