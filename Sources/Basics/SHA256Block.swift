/// One block of SHA-256 as 16 big-endian words; also the window of 16 words of the message
/// schedule that the next 16 rounds use (FIPS 180-4, §6.2.2).
struct SHA256Block: Sendable {
    private var words: InlineArray<16, UInt32>

    static let zero = SHA256Block(words: InlineArray(repeating: 0))

    private init(words: InlineArray<16, UInt32>) { self.words = words }

    /// The 64 bytes at `offset`.
    @inline(__always)
    init(_ bytes: RawSpan, at offset: Int) {
        words = InlineArray { index in
            bytes.unsafeLoadUnaligned(fromByteOffset: offset + 4 * index, as: UInt32.self).bigEndian
        }
    }

    /// A whole message of at most 55 bytes with its end mark and length (§5.1.1).
    @inline(__always)
    init(whole message: RawSpan) {
        let count = message.byteCount
        precondition(count <= SHA256.oneBlockLimit, "the message needs a second block")
        var words: InlineArray<16, UInt32> = InlineArray(repeating: 0)
        withUnsafeMutableBytes(of: &words) { raw in
            message.withUnsafeBytes { raw.copyMemory(from: $0) }
            raw[count] = 0x80
        }
        for index in 0..<14 { words[index] = words[index].bigEndian }
        words[15] = UInt32(count) * 8
        self.words = words
    }

    @inline(__always)
    subscript(index: Int) -> UInt32 { words[index] }

    /// The words in their order, for the time of the call.
    @inline(__always)
    func withUnsafeWords(_ body: (UnsafePointer<UInt32>) -> Void) {
        withUnsafeBytes(of: words) { raw in
            body(raw.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt32.self))
        }
    }

    /// Puts bytes into a block that is zero from `position` on.
    mutating func place(_ bytes: RawSpan, _ range: Range<Int>, at position: Int) {
        var source = range.lowerBound
        var target = position
        while source < range.upperBound {
            if target & 3 == 0, range.upperBound - source >= 4 {
                let word = bytes.unsafeLoadUnaligned(fromByteOffset: source, as: UInt32.self)
                words[target >> 2] = word.bigEndian
                source += 4
                target += 4
            } else {
                place(bytes.unsafeLoad(fromByteOffset: source, as: UInt8.self), at: target)
                source += 1
                target += 1
            }
        }
    }

    /// The bit behind the message's last byte (§5.1.1).
    mutating func endMark(at position: Int) { place(0x80, at: position) }

    /// The message's length in the last two words.
    mutating func setBitCount(_ count: UInt64) {
        words[14] = UInt32(truncatingIfNeeded: count >> 32)
        words[15] = UInt32(truncatingIfNeeded: count)
    }

    /// Replaces the window by the next 16 words of the schedule.
    @inline(__always)
    mutating func advance() {
        extend(0, from: 14, 9, 1)
        extend(1, from: 15, 10, 2)
        extend(2, from: 0, 11, 3)
        extend(3, from: 1, 12, 4)
        extend(4, from: 2, 13, 5)
        extend(5, from: 3, 14, 6)
        extend(6, from: 4, 15, 7)
        extend(7, from: 5, 0, 8)
        extend(8, from: 6, 1, 9)
        extend(9, from: 7, 2, 10)
        extend(10, from: 8, 3, 11)
        extend(11, from: 9, 4, 12)
        extend(12, from: 10, 5, 13)
        extend(13, from: 11, 6, 14)
        extend(14, from: 12, 7, 15)
        extend(15, from: 13, 8, 0)
    }

    @inline(__always)
    private mutating func extend(_ index: Int, from near: Int, _ middle: Int, _ far: Int) {
        let sigma1 = rotated(words[near], 17) ^ rotated(words[near], 19) ^ words[near] >> 10
        let sigma0 = rotated(words[far], 7) ^ rotated(words[far], 18) ^ words[far] >> 3
        words[index] = words[index] &+ sigma1 &+ words[middle] &+ sigma0
    }

    private mutating func place(_ byte: UInt8, at position: Int) {
        words[position >> 2] |= UInt32(byte) << UInt32(24 - 8 * (position & 3))
    }
}

@inline(__always)
func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word &>> count | word &<< (32 &- count)
}
