import Basics

/// Ids of charges: UUIDv7 whose random part is drawn once and then counted on, because a draw for
/// each would cost a system call a request.
struct BenchIDs: Sendable {
    private let high: UInt16
    private var low: UInt64

    init(random: [UInt8]) {
        precondition(random.count == 10, "ten random bytes")
        high = UInt16(random[0]) << 8 | UInt16(random[1])
        low = random[2...].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Writes the 36 characters of the next id at `place`.
    mutating func writeNext(into buffer: inout [UInt8], at place: Int, time: Timestamp) {
        low &+= 1
        let first =
            UInt64(bitPattern: time.milliseconds) << 16 | 0x7000 | UInt64(high & 0x0FFF)
        let second = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        var position = place
        for digit in 0..<32 {
            if digit == 8 || digit == 12 || digit == 16 || digit == 20 { position += 1 }
            let word = digit < 16 ? first : second
            let nibble = UInt8(word >> UInt64(60 - 4 * (digit & 15)) & 15)
            buffer[position] = nibble < 10 ? 0x30 + nibble : 0x57 + nibble
            position += 1
        }
    }
}
