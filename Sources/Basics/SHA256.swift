/// SHA-256 (FIPS 180-4), incremental and without allocation.
public struct SHA256: Sendable {
    private var state = SHA256State.initial
    /// The words of the block being filled, big-endian; bytes beyond `filled` are zero.
    private var block = SHA256Block.zero
    /// Bytes in `block`: 0 to 63.
    private var filled = 0
    /// Bytes in the blocks already compressed.
    private var compressed: UInt64 = 0

    /// The longest message that fits one block with its padding.
    public static let oneBlockLimit = 55

    public init() {}

    /// Continues from a state reached by compressing `compressed` bytes, a multiple of 64.
    init(resuming state: SHA256State, compressed: UInt64) {
        self.state = state
        self.compressed = compressed
    }

    public mutating func update(_ bytes: [UInt8]) { update(bytes.span.bytes) }

    public mutating func update(_ bytes: RawSpan) {
        var offset = 0
        if filled > 0 {
            offset = min(64 - filled, bytes.byteCount)
            block.place(bytes, 0..<offset, at: filled)
            filled += offset
            guard filled == 64 else { return }
            compressBlock()
        }
        let whole = (bytes.byteCount - offset) / 64 * 64
        if whole > 0 {
            bytes.withUnsafeBytes {
                state.compress(UnsafeRawBufferPointer(rebasing: $0[offset..<offset + whole]))
            }
            compressed &+= UInt64(whole)
            offset += whole
        }
        if offset < bytes.byteCount {
            filled = bytes.byteCount - offset
            block.place(bytes, offset..<bytes.byteCount, at: 0)
        }
    }

    /// The digest's 32 bytes, without an array.
    public mutating func update(_ digest: Digest) {
        let words: InlineArray<4, UInt64> = [
            digest.word0.bigEndian, digest.word1.bigEndian,
            digest.word2.bigEndian, digest.word3.bigEndian,
        ]
        update(words.span.bytes)
    }

    /// The digest of everything so far. Only a fresh hash may be updated afterwards.
    public mutating func finish() -> Digest {
        let bitCount = (compressed &+ UInt64(filled)) &* 8
        block.endMark(at: filled)
        if filled > SHA256.oneBlockLimit { compressBlock() }
        block.setBitCount(bitCount)
        state.compress(block)
        return state.digest
    }

    public static func digest(of bytes: [UInt8]) -> Digest { digest(of: bytes.span.bytes) }

    public static func digest(of bytes: RawSpan) -> Digest {
        if bytes.byteCount <= oneBlockLimit { return digest(ofOneBlock: bytes) }
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }

    /// The digest of at most `oneBlockLimit` bytes: one compression and nothing around it, for
    /// the key texts that every validation digests.
    public static func digest(ofOneBlock bytes: RawSpan) -> Digest {
        var state = SHA256State.initial
        state.compress(SHA256Block(whole: bytes))
        return state.digest
    }

    private mutating func compressBlock() {
        state.compress(block)
        compressed &+= 64
        block = .zero
        filled = 0
    }
}
