/// A reflected 32-bit cyclic redundancy check by slicing: eight table look-ups take eight bytes
/// at once (Kounavis and Berry, "A Systematic Approach to Building High Performance
/// Software-Based CRC Generators", ISCC 2005).
struct SlicedCRC: Sendable {
    /// Eight tables of 256 words: `table[256 * k + b]` is the remainder of byte `b` followed by
    /// `k` zero bytes.
    private let table: [UInt32]

    /// `polynomial` has its bits reversed: the coefficient of x^31 is the lowest.
    init(polynomial: UInt32) {
        var table: [UInt32] = []
        table.reserveCapacity(8 * 256)
        for byte in 0..<UInt32(256) {
            var remainder = byte
            for _ in 0..<8 {
                remainder = remainder >> 1 ^ (remainder & 1 == 1 ? polynomial : 0)
            }
            table.append(remainder)
        }
        for index in 256..<8 * 256 {
            let shorter = table[index - 256]
            table.append(shorter >> 8 ^ table[Int(shorter & 0xff)])
        }
        self.table = table
    }

    func checksum(_ bytes: RawSpan, continuing previous: UInt32) -> UInt32 {
        // Every index is a byte plus a multiple of 256 below 2048, so nothing checks it.
        table.withUnsafeBufferPointer { table in
            let table = table.baseAddress.unsafelyUnwrapped
            var remainder = ~previous
            var offset = 0
            while bytes.byteCount - offset >= 8 {
                let word = bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
                let eight = word.littleEndian ^ UInt64(remainder)
                remainder =
                    table[7 * 256 + Int(eight & 0xff)]
                    ^ table[6 * 256 + Int(eight >> 8 & 0xff)]
                    ^ table[5 * 256 + Int(eight >> 16 & 0xff)]
                    ^ table[4 * 256 + Int(eight >> 24 & 0xff)]
                    ^ table[3 * 256 + Int(eight >> 32 & 0xff)]
                    ^ table[2 * 256 + Int(eight >> 40 & 0xff)]
                    ^ table[256 + Int(eight >> 48 & 0xff)]
                    ^ table[Int(eight >> 56)]
                offset += 8
            }
            if bytes.byteCount - offset >= 4 {
                let word = bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
                let four = word.littleEndian ^ remainder
                remainder =
                    table[3 * 256 + Int(four & 0xff)] ^ table[2 * 256 + Int(four >> 8 & 0xff)]
                    ^ table[256 + Int(four >> 16 & 0xff)] ^ table[Int(four >> 24)]
                offset += 4
            }
            while offset < bytes.byteCount {
                let byte = bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
                remainder = remainder >> 8 ^ table[Int((remainder ^ UInt32(byte)) & 0xff)]
                offset += 1
            }
            return ~remainder
        }
    }
}
