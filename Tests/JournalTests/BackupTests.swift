import Basics
import Testing

@testable import Journal

@Suite struct BackupTests {
    private static let snapshot = snapshotFile(
        of: describe(position(2, 9)), state: [[1], [2, 3], [UInt8](repeating: 4, count: 100)])

    private static let backup =
        BackupHeader(
            formatVersion: Identity.formatVersion, snapshotBytes: UInt64(snapshot.count),
            madeAt: Timestamp(milliseconds: 1_700_000_000_000)
        ).encoded() + snapshot

    /// What a scanner gives of a file that comes in pieces of one size.
    private static func scan(
        _ file: [UInt8], by size: Int = 7
    ) throws -> (chunks: [[UInt8]], scanner: BackupScanner, digest: Digest) {
        var scanner = BackupScanner()
        var chunks: [[UInt8]] = []
        for start in stride(from: 0, to: file.count, by: size) {
            let piece = file[start..<min(start + size, file.count)]
            chunks += try scanner.take(piece).map { Array($0) }
        }
        return (chunks, scanner, try scanner.finish())
    }

    @Test(arguments: [1, 7, 36, 64, 1000])
    func `a backup comes back chunk by chunk, in pieces of any size`(_ size: Int) throws {
        let read = try Self.scan(Self.backup, by: size)
        #expect(read.chunks == [[1], [2, 3], [UInt8](repeating: 4, count: 100)])
        #expect(read.scanner.description == describe(position(2, 9)))
        #expect(read.scanner.clusterID == Array(0..<16))
        #expect(read.scanner.header?.snapshotBytes == UInt64(Self.snapshot.count))
        #expect(read.scanner.received == Self.backup.count)
        #expect(read.digest == Digest(Self.snapshot.suffix(32)))
    }

    @Test func `a bare snapshot is read as well, and has no header`() throws {
        let read = try Self.scan(Self.snapshot)
        #expect(read.scanner.header == nil)
        #expect(read.chunks.count == 3)
    }

    @Test func `a backup cut at any byte, with any bit flipped, or longer, is refused`() {
        let file = Self.backup
        for count in 0..<file.count {
            #expect(throws: BackupRefusal.self) { try Self.scan(Array(file.prefix(count))) }
        }
        #expect(throws: BackupRefusal.self) { try Self.scan(file + [0]) }
        for bit in 0..<8 * file.count {
            var flipped = file
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: BackupRefusal.self, "bit \(bit)") { try Self.scan(flipped) }
        }
    }

    @Test func `damage is told by the offset of the part that it is in`() throws {
        var offsets: [Int] = []
        for byte in Self.backup.indices {
            var flipped = Self.backup
            flipped[byte] ^= 1
            do {
                _ = try Self.scan(flipped)
            } catch BackupRefusal.damaged(let offset, _) {
                // The part begins at or before the byte that is wrong.
                #expect(offset <= byte, "byte \(byte) is told as \(offset)")
                if offsets.last != offset { offsets.append(offset) }
            }
        }
        // The two headers, three chunks, and the mark of their end with the digest behind it.
        #expect(offsets.first == 0 && offsets.contains(BackupHeader.count))
        #expect(offsets == offsets.sorted() && offsets.count == 6, "\(offsets)")
    }

    @Test func `a header that announces another snapshot is refused`() {
        let header = BackupHeader(
            formatVersion: Identity.formatVersion, snapshotBytes: UInt64(Self.snapshot.count + 1),
            madeAt: .epoch)
        #expect(throws: BackupRefusal.self) { try Self.scan(header.encoded() + Self.snapshot) }
    }
}
