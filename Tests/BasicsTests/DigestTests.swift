import Basics
import Testing

@Suite struct DigestTests {
    let ascending = Digest(0..<32)

    @Test func bytesComeBackInOrder() {
        #expect(ascending.bytes == Array(0..<32))
        #expect(
            ascending.hex == "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
        #expect(Digest.zero.bytes == [UInt8](repeating: 0, count: 32))
        #expect(ascending.word0 == 0x0001_0203_0405_0607)
    }

    @Test func writtenAndReadWithoutALength() throws {
        var writer = ByteWriter()
        ascending.append(to: &writer)
        #expect(writer.bytes == Array(0..<32))
        var reader = ByteReader(writer.bytes)
        #expect(try Digest(from: &reader) == ascending)
        try reader.finish()
        var short = ByteReader(writer.bytes.dropLast())
        #expect(throws: MalformedBytes.self) { try Digest(from: &short) }
    }

    @Test func orderIsTheOrderOfTheBytes() {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<500 {
            // Few distinct bytes, so that long common beginnings occur.
            let left = (0..<32).map { _ in UInt8(random.below(2)) * 0xff }
            var right = left
            right[Int(random.below(32))] ^= UInt8(random.below(2)) << 7
            #expect(
                (Digest(left) < Digest(right)) == left.lexicographicallyPrecedes(right))
            #expect((Digest(left) == Digest(right)) == (left == right))
            #expect(constantTimeEqual(Digest(left), Digest(right)) == (left == right))
        }
    }

    @Test func everyFlippedBitMakesADifference() {
        for bit in 0..<256 {
            var bytes = ascending.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!constantTimeEqual(Digest(bytes), ascending))
            #expect(Digest(bytes) != ascending)
        }
        #expect(constantTimeEqual(Digest(ascending.bytes), ascending))
    }
}
