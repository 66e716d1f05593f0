import Basics

/// What stands before the snapshot in a backup file.
///
/// | bytes | field |
/// |---|---|
/// | 8 | magic |
/// | 4 | version of this header |
/// | 4 | format version of the data directory that the snapshot comes from |
/// | 8 | count of the snapshot's bytes, which follow |
/// | 8 | wall-clock time at which the backup was begun |
/// | 4 | CRC-32C of everything before |
///
/// Behind it stands a snapshot file, byte for byte as the node has it, with checksums of its own:
/// no byte of a backup is without one.
public struct BackupHeader: Hashable, Sendable {
    /// As `Identity.formatVersion` of the node that wrote the snapshot: what its state means.
    public var formatVersion: UInt32
    public var snapshotBytes: UInt64
    /// For people: by the clock of the machine on which the backup was written.
    public var madeAt: Timestamp

    public static let count = 36
    static let magic: [UInt8] = Array("KCBACKUP".utf8)
    static let version: UInt32 = 1

    public init(formatVersion: UInt32, snapshotBytes: UInt64, madeAt: Timestamp) {
        self.formatVersion = formatVersion
        self.snapshotBytes = snapshotBytes
        self.madeAt = madeAt
    }

    public func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: BackupHeader.count)
        writer.writeRaw(BackupHeader.magic)
        writer.write(BackupHeader.version)
        writer.write(formatVersion)
        writer.write(snapshotBytes)
        writer.write(madeAt.milliseconds)
        writer.write(CRC32C.checksum(writer.bytes))
        return writer.bytes
    }

    /// Requires as many bytes as a header has.
    init(decoding bytes: ArraySlice<UInt8>) throws(BackupRefusal) {
        precondition(bytes.count == BackupHeader.count, "a header has its size")
        guard bytes.prefix(8).elementsEqual(BackupHeader.magic) else {
            throw .damaged(offset: 0, "this is neither a backup nor a snapshot of Keyclave's")
        }
        do throws(MalformedBytes) {
            var reader = ByteReader(bytes.dropFirst(8))
            let version = try reader.readUInt32()
            formatVersion = try reader.readUInt32()
            snapshotBytes = try reader.readUInt64()
            madeAt = Timestamp(milliseconds: try reader.readInt64())
            guard try reader.readUInt32() == CRC32C.checksum(bytes.dropLast(4)) else {
                throw MalformedBytes("the checksum of the backup's header is wrong")
            }
            guard version == BackupHeader.version else {
                throw MalformedBytes("a backup of version \(version)")
            }
        } catch {
            throw .damaged(offset: 0, error.reason)
        }
    }
}

/// Why a file can't be used as a backup.
public enum BackupRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// `offset` is where the part of the file begins that is wrong.
    case damaged(offset: Int, String)
    /// It is whole, and its state is one of another version of this program.
    case otherFormat(UInt32)

    public var description: String {
        switch self {
        case .damaged(let offset, let reason): "damaged at offset \(offset): \(reason)"
        case .otherFormat(let version):
            "made by another version of this program (format \(version)), and this one reads "
                + "format \(Identity.formatVersion) only"
        }
    }
}
