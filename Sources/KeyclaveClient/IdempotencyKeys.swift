import Basics
import Linux

/// Draws ids for requests.
public enum IdempotencyKeys {
    /// A UUIDv7 of now (RFC 9562, section 5.7): its own time says how long the servers remember
    /// it, so that a very late repetition is refused instead of being carried out again.
    public static func next() -> String {
        text(at: Clocks.wall(), random: Entropy.bytes(10))
    }

    /// 48 bits of milliseconds, version, 12 random bits, variant, 62 random bits.
    static func text(at time: Timestamp, random: [UInt8]) -> String {
        precondition(random.count == 10, "a UUIDv7 has 80 bits that aren't time")
        let milliseconds = UInt64(bitPattern: time.milliseconds)
        var bytes = (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * $0)) }
        bytes += random
        bytes[6] = bytes[6] & 0x0F | 0x70
        bytes[8] = bytes[8] & 0x3F | 0x80
        var text = ""
        for (position, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(position) { text += "-" }
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return text
    }
}
