import Basics

/// A snapshot file, the same on disk and on its way to a follower.
///
/// | bytes | field |
/// |---|---|
/// | 4 | magic |
/// | 4 | format version |
/// | 4 | count of the header's bytes that follow |
/// | 16 | cluster id |
/// | 8, 8 | term and index of the last entry covered |
/// | 8 | log time of that entry |
/// | 4 + n | configuration (counted bytes) |
/// | 4 | CRC-32C of the header |
/// | 4, n, 4 | for each chunk of state: count, bytes, CRC-32C that continues the one before |
/// | 4 | zero: the end of the chunks |
/// | 32 | SHA-256 of everything before |
///
/// The chained checksums let a chunk be used while the next is still on its way; the digest
/// vouches for the whole.
struct SnapshotEncoder: Sendable {
    static let magic: UInt32 = 0x3150_4e53
    static let formatVersion: UInt32 = 1
    static let configurationLimit = 1 << 20
    static let chunkLimit = 64 << 20

    private var checksum: UInt32
    private var digest = SHA256()
    private(set) var byteCount = 0

    /// The encoder, and the file's first bytes.
    static func begin(_ description: SnapshotDescription, clusterID: [UInt8])
        -> (SnapshotEncoder, [UInt8])
    {
        precondition(description.configuration.count <= configurationLimit)
        var body = ByteWriter()
        body.writeRaw(clusterID)
        body.write(description.last.term.rawValue)
        body.write(description.last.index.rawValue)
        body.write(description.lastTime.milliseconds)
        body.writeBytes(description.configuration)
        var writer = ByteWriter()
        writer.write(magic)
        writer.write(formatVersion)
        writer.write(UInt32(body.count + 4))
        writer.writeRaw(body.bytes)
        let checksum = CRC32C.checksum(writer.bytes)
        writer.write(checksum)
        var encoder = SnapshotEncoder(checksum: checksum)
        encoder.take(writer.bytes)
        return (encoder, writer.bytes)
    }

    private init(checksum: UInt32) { self.checksum = checksum }

    /// The bytes of one chunk of state. Requires from 1 to 2^26 bytes.
    mutating func chunk(_ state: [UInt8]) -> [UInt8] {
        precondition((1...SnapshotEncoder.chunkLimit).contains(state.count), "chunk of no size")
        var writer = ByteWriter(capacity: state.count + 8)
        writer.writeBytes(state)
        checksum = CRC32C.checksum(writer.bytes, continuing: checksum)
        writer.write(checksum)
        take(writer.bytes)
        return writer.bytes
    }

    /// The file's last bytes.
    mutating func finish() -> [UInt8] {
        take([0, 0, 0, 0])
        var writer = ByteWriter()
        writer.write(UInt32(0))
        digest.finish().append(to: &writer)
        byteCount += Digest.count
        return writer.bytes
    }

    private mutating func take(_ bytes: [UInt8]) {
        digest.update(bytes)
        byteCount += bytes.count
    }
}
