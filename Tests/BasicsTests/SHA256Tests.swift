import Testing

@testable import Basics

/// Vectors of FIPS 180-4's examples (NIST, "SHA-256 Examples") and NIST CAVP SHAVS.
@Suite struct SHA256Tests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ])
    func publishedVector(message: String, digest: String) {
        #expect(SHA256.digest(of: Array(message.utf8)).hex == digest)
    }

    @Test(arguments: [
        ("bd", "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b"),
        ("c98c8e55", "7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504"),
    ])
    func publishedVectorOfBytes(message: String, digest: String) {
        #expect(SHA256.digest(of: bytes(hex: message)).hex == digest)
    }

    @Test func aMillionTimesTheLetterA() {
        var hash = SHA256()
        for _ in 0..<1_000 { hash.update([UInt8](repeating: UInt8(ascii: "a"), count: 1_000)) }
        #expect(
            hash.finish().hex
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func everyLengthAroundTheBlockAgreesWithTheTextbook() {
        var random = SeededGenerator(seed: 1)
        for length in 0..<200 {
            let message = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let expected = textbookSHA256(message)
            #expect(SHA256.digest(of: message).bytes == expected, "\(length) bytes")
            if length <= SHA256.oneBlockLimit {
                #expect(SHA256.digest(ofOneBlock: message.span.bytes).bytes == expected)
            }
        }
    }

    /// `compress` takes the instructions where there are some; the vectors above are held against
    /// it. Here both are, block by block.
    @Test(.enabled(if: SHA256State.isInstruction, "no instructions for SHA-256 here"))
    func instructionsAndRoundsAgree() {
        var random = SeededGenerator(seed: 8)
        var state = SHA256State.initial
        for _ in 0..<2_000 {
            let message = (0..<64).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let block = SHA256Block(message.span.bytes, at: 0)
            var byRounds = state
            byRounds.compressByRounds(block)
            state.compressByInstructions(block)
            #expect(state.digest == byRounds.digest)
        }
    }

    /// Of a message's blocks at any offset, together and one after the other.
    @Test func blocksTogetherAreAsOneAfterTheOther() {
        var random = SeededGenerator(seed: 9)
        let message = (0..<1_100).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for (offset, blocks) in [(0, 0), (0, 1), (1, 2), (7, 16), (13, 5)] {
            var together = SHA256State.initial
            var single = SHA256State.initial
            var byRounds = SHA256State.initial
            message.withUnsafeBytes {
                let part = UnsafeRawBufferPointer(rebasing: $0[offset..<offset + 64 * blocks])
                together.compress(part)
                byRounds.compressByRounds(part)
                for block in 0..<blocks {
                    single.compressByRounds(SHA256Block(part.bytes, at: 64 * block))
                }
            }
            #expect(together.digest == single.digest && byRounds.digest == single.digest)
        }
    }

    @Test func roundsGiveThePublishedDigest() {
        var state = SHA256State.initial
        state.compressByRounds(SHA256Block(whole: Array("abc".utf8).span.bytes))
        #expect(
            state.digest.hex
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func anySplitIntoUpdatesGivesTheSameDigest() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<300 {
            let message = (0..<random.below(400)).map { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
            var hash = SHA256()
            var rest = message[...]
            while !rest.isEmpty {
                let piece = rest.prefix(1 + Int(random.below(130)))
                if random.chance(1, in: 2) {
                    hash.update(Array(piece))
                } else {
                    hash.update(piece.span.bytes)
                }
                rest = rest.dropFirst(piece.count)
            }
            #expect(hash.finish().bytes == textbookSHA256(message))
        }
    }
}

/// The pseudocode of FIPS 180-4, §6.2, with loops and arrays; its constants computed from primes.
func textbookSHA256(_ message: [UInt8]) -> [UInt8] {
    let primes = (2...311).filter { number in (2..<number).allSatisfy { number % $0 != 0 } }
    func fraction(_ root: Double) -> UInt32 { UInt32((root - root.rounded(.down)) * 4_294_967_296) }
    let k = primes.prefix(64).map { fraction(cubeRoot(Double($0))) }
    var hash = primes.prefix(8).map { fraction(Double($0).squareRoot()) }

    var padded = message + [0x80]
    while padded.count % 64 != 56 { padded.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
        padded.append(UInt8(truncatingIfNeeded: (message.count * 8) >> shift))
    }

    func rotr(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }
    for start in stride(from: 0, to: padded.count, by: 64) {
        var w = (0..<16).map { t in
            (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(padded[start + 4 * t + $1]) }
        }
        for t in 16..<64 {
            let s0 = rotr(w[t - 15], 7) ^ rotr(w[t - 15], 18) ^ w[t - 15] >> 3
            let s1 = rotr(w[t - 2], 17) ^ rotr(w[t - 2], 19) ^ w[t - 2] >> 10
            w.append(w[t - 16] &+ s0 &+ w[t - 7] &+ s1)
        }
        var v = hash
        for t in 0..<64 {
            let s1 = rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25)
            let ch = (v[4] & v[5]) ^ (~v[4] & v[6])
            let t1 = v[7] &+ s1 &+ ch &+ k[t] &+ w[t]
            let s0 = rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22)
            let maj = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
            v = [t1 &+ s0 &+ maj, v[0], v[1], v[2], v[3] &+ t1, v[4], v[5], v[6]]
        }
        for i in 0..<8 { hash[i] = hash[i] &+ v[i] }
    }
    return hash.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
}

/// Newton's method, to the last bit that the constants need.
private func cubeRoot(_ x: Double) -> Double {
    var root = x / 2
    for _ in 0..<100 { root = (2 * root + x / (root * root)) / 3 }
    return root
}
