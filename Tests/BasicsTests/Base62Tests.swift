import Basics
import Testing

@Suite struct Base62Tests {
    @Test(
        arguments: [
            (0, 6, "000000"), (61, 6, "00000z"), (62, 2, "10"), (35, 1, "Z"), (36, 1, "a"),
            (0xffff_ffff, 6, "4gfFC3"), (.max, 11, "LygHa16AHYF"),
        ] as [(UInt64, Int, String)])
    func knownNumber(number: UInt64, width: Int, text: String) {
        #expect(Base62.encode(number, width: width) == text)
        #expect(Base62.decode(text) == number)
        #expect(Base62.decode("-\(text)".dropFirst()) == number)
    }

    @Test func randomNumbersComeBack() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<1_000 {
            let number = random.next() >> random.below(64)
            var digits: [UInt8] = Array("kc_".utf8)
            Base62.append(number, width: Base62.fullWidth, to: &digits)
            #expect(digits.count == 14)
            #expect(Base62.decode(digits.dropFirst(3)) == number)
        }
    }

    @Test func allElevenDigitsAtOnceAreTheSame() {
        var random = SeededGenerator(seed: 6)
        let edges: [UInt64] = [0, 61, 62, 238_327, 238_328, 56_800_235_583, 56_800_235_584, .max]
        for number in edges + (0..<2_000).map({ _ in random.next() >> random.below(64) }) {
            var digits = Array("key_".utf8)
            Base62.append(number, to: &digits)
            let expected = "key_" + Base62.encode(number, width: Base62.fullWidth)
            #expect(String(decoding: digits, as: UTF8.self) == expected)
        }
    }

    @Test func eightDigitsAtOnceHaveTheSameValue() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            let digits = (0..<8).map { _ in Base62.digit(random.below(62)) }
            let word = digits.withUnsafeBytes { ASCIIWord($0, at: 0) }
            for count in 1...8 {
                let value = Base62.value(ofDigits: word, last: count)
                #expect(value == Base62.decode(digits.suffix(count)))
            }
        }
    }

    @Test(arguments: ["", "-1", "1 ", "a_b", "é", "LygHa16AHYG", "zzzzzzzzzzz", "100000000000"])
    func noNumber(text: String) {
        #expect(Base62.decode(text) == nil)
    }

    @Test func digitsAndOnlyDigitsHaveValues() {
        let digits = (0..<256).map { UInt8($0) }.filter { Base62.value(of: $0) != nil }
        #expect(
            String(decoding: digits, as: UTF8.self)
                == "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        #expect(digits.map { Base62.value(of: $0) } == (0..<62).map { $0 })
        #expect((0..<62).map { Base62.digit($0) } == digits)
    }
}
