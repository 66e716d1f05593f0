/// Random numbers nobody can predict without the seed: SHA-256 of the seed and a block number.
///
/// The only source of randomness inside the node. The server seeds it from the kernel; the
/// simulator from its own generator, which makes a run repeatable.
public struct EntropyStream: RandomNumberGenerator, Sendable {
    private let seed: Digest
    /// The number of the next block.
    private var counter: UInt64 = 0
    private var block = Digest.zero
    /// Words of `block` already given out: 4 when a new block is due.
    private var used = 4

    public init(seed: Digest) { self.seed = seed }

    public mutating func next() -> UInt64 {
        if used == 4 {
            block = EntropyStream.block(seed, counter)
            counter &+= 1
            used = 0
        }
        defer { used += 1 }
        switch used {
        case 0: return block.word0
        case 1: return block.word1
        case 2: return block.word2
        default: return block.word3
        }
    }

    /// `count` random bytes, for nonces and secrets.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        precondition(count >= 0, "a negative number of bytes")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let word = next()
            for index in 0..<UInt64(min(8, count - bytes.count)) {
                bytes.append(UInt8(truncatingIfNeeded: word >> (56 - 8 * index)))
            }
        }
        return bytes
    }

    /// A stream of its own for a part of the node, unrelated to this one's later numbers.
    public mutating func split() -> EntropyStream {
        EntropyStream(seed: Digest(next(), next(), next(), next()))
    }

    private static func block(_ seed: Digest, _ counter: UInt64) -> Digest {
        let input: InlineArray<5, UInt64> = [
            seed.word0.bigEndian, seed.word1.bigEndian, seed.word2.bigEndian,
            seed.word3.bigEndian, counter.bigEndian,
        ]
        return SHA256.digest(ofOneBlock: input.span.bytes)
    }
}
