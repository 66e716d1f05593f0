import Basics
import Testing

/// Judgements of eight bytes at once, against the same of each byte.
@Suite struct ASCIIWordTests {
    private static func word(_ bytes: [UInt8]) -> ASCIIWord {
        bytes.withUnsafeBytes { ASCIIWord($0, at: 0) }
    }

    /// The places whose highest bit a mask has, which may have no other.
    private static func places(_ mask: UInt64) -> [Int] {
        #expect(mask & ~ASCIIWord.highest == 0)
        return (0..<8).filter { mask >> UInt64(8 * $0 + 7) & 1 == 1 }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func expectAgreement(_ bytes: [UInt8]) {
        let word = word(bytes)
        func places(where holds: (UInt8) -> Bool) -> [Int] {
            bytes.indices.filter { holds(bytes[$0]) }
        }
        #expect(Self.places(word.letters) == places(where: isLetter))
        let isAlphanumeric = { (byte: UInt8) in isLetter(byte) || (0x30...0x39).contains(byte) }
        #expect(Self.places(word.alphanumerics) == places(where: isAlphanumeric))
        for (low, high) in [(0, 0x1F), (0x0A, 0x0A), (0x21, 0x7E), (0x7F, 0x7F), (0, 0x7F)] {
            let inside = places { (low...high).contains(Int($0)) }
            let mask = word.within(UInt8(low), UInt8(high))
            #expect(Self.places(mask) == inside)
            #expect(ASCIIWord.first(in: mask) == inside.first ?? 8)
            let outside = places { !(low...high).contains(Int($0)) }
            #expect(ASCIIWord.firstOutside(mask) == outside.first ?? 8)
            #expect(ASCIIWord.isWhole(mask) == outside.isEmpty)
        }
        let folded = bytes.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
        #expect(word.lowercased.bits == Self.word(folded).bits)
    }

    @Test func everyByteAtEveryPlace() {
        for byte in 0...UInt8.max {
            for place in 0..<8 {
                for other: UInt8 in [0, 0x40, 0x7F, 0x80, 0xFF] {
                    var bytes = [UInt8](repeating: other, count: 8)
                    bytes[place] = byte
                    Self.expectAgreement(bytes)
                }
            }
        }
    }

    @Test func randomBytes() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<2_000 {
            let bits = random.next()
            Self.expectAgreement((0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) })
        }
    }
}
