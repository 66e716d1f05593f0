import Basics
import Linux

/// Ids for charges and changes.
enum IdempotencyID {
    /// A UUIDv7 of now (RFC 9562, 5.7).
    static func uuidV7(at time: Timestamp = Clocks.wall()) -> String {
        var bytes = Entropy.bytes(16)
        for index in 0..<6 {
            bytes[index] = UInt8(truncatingIfNeeded: time.milliseconds >> (40 - 8 * Int64(index)))
        }
        bytes[6] = bytes[6] & 0x0f | 0x70
        bytes[8] = bytes[8] & 0x3f | 0x80
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return text
    }
}
