import Testing

@testable import Basics

@Suite struct CRCTests {
    /// The check value of the CRC catalogue, and what zlib's `crc32` says.
    @Test(arguments: [
        ("123456789", 0xcbf4_3926), ("", 0), ("a", 0xe8b7_be43),
        ("The quick brown fox jumps over the lazy dog", 0x414f_a339),
    ])
    func crc32OfPublishedText(text: String, checksum: UInt32) {
        #expect(CRC32.checksum(Array(text.utf8)) == checksum)
    }

    /// RFC 3720, appendix B.4 (whose tables show the bytes in transmission order).
    @Test func crc32cOfTheExamplesOfRFC3720() {
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
        #expect(CRC32C.checksum([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
        #expect(CRC32C.checksum([UInt8](0..<32)) == 0x46dd_794e)
        #expect(CRC32C.checksum([UInt8]((0..<32).reversed())) == 0x113f_db5c)
        let readCommand = bytes(
            hex: """
                01c00000 00000000 00000000 00000000 14000000 00000400 00000014 00000018
                28000000 00000000 02000000 00000000
                """)
        #expect(CRC32C.checksum(readCommand) == 0xd996_3a56)
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xe306_9283)
    }

    @Test func everyLengthAndSplitAgreesWithTheBitwiseDefinition() {
        var random = SeededGenerator(seed: 3)
        for length in 0..<120 {
            let data = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let cut = Int(random.below(UInt64(length) + 1))
            let crc32 = bitwiseCRC(data, polynomial: 0xedb8_8320)
            #expect(CRC32.checksum(data) == crc32)
            #expect(CRC32.checksum(data.span.bytes) == crc32)
            #expect(
                CRC32.checksum(data[cut...], continuing: CRC32.checksum(data[..<cut])) == crc32)
            let crc32c = bitwiseCRC(data, polynomial: 0x82f6_3b78)
            #expect(CRC32C.checksum(data) == crc32c)
            #expect(CRC32C.checksum(data.span.bytes) == crc32c)
            #expect(CRC32C.sliced.checksum(data.span.bytes, continuing: 0) == crc32c)
            #expect(
                CRC32C.checksum(data[cut...], continuing: CRC32C.checksum(data[..<cut])) == crc32c)
        }
    }
}

private func bitwiseCRC(_ data: [UInt8], polynomial: UInt32) -> UInt32 {
    var remainder: UInt32 = 0xffff_ffff
    for byte in data {
        for bit in 0..<UInt32(8) {
            let carry = (remainder ^ UInt32(byte) >> bit) & 1
            remainder = remainder >> 1 ^ carry * polynomial
        }
    }
    return ~remainder
}
