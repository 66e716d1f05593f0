import Basics
import Keyring

/// The keys that `bench load-keys` made, each of which follows from one seed and its number: what
/// measures them needs no file of a million secrets, and can ask about any of them.
///
/// Whoever knows the seed knows every key, so they are for clusters that serve nobody.
struct LoadedKeys: Hashable, Sendable {
    let count: UInt64
    let seed: UInt64
    let api: API
    /// What all texts begin with.
    private let prefix: [UInt8]

    init(count: UInt64, seed: UInt64, api: API) {
        precondition(count > 0, "no keys")
        self.count = count
        self.seed = seed
        self.api = api
        prefix = Array("kc_\(api.slug)_".utf8)
    }

    /// As `load-keys` says and `--loaded` takes: the number of keys and the seed, `1000000:9f…`.
    var handle: String { "\(count):" + String(seed, radix: 16) }

    init?(handle: String, api: API) {
        let parts = handle.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let count = UInt64(parts[0]), count > 0,
            let seed = UInt64(parts[1], radix: 16)
        else { return nil }
        self.init(count: count, seed: seed, api: api)
    }

    /// Of every text.
    var length: Int { prefix.count + KeyText.randomCount + KeyText.checkCount }

    func text(_ number: UInt64) -> [UInt8] {
        var text = [UInt8](repeating: 0, count: length)
        write(number, into: &text, at: 0)
        return text
    }

    /// Writes the text of a key to `place`. What `KeyText` does is twenty times as slow as that,
    /// which at 100,000 requests a second would be seen.
    func write(_ number: UInt64, into buffer: inout [UInt8], at place: Int) {
        precondition(number < count, "there is no such key")
        var random = SeededGenerator(seed: seed &+ number &* 0x9e37_79b9_7f4a_7c15)
        for (offset, byte) in prefix.enumerated() { buffer[place + offset] = byte }
        let start = place + prefix.count
        let end = start + KeyText.randomCount
        // A word holds ten digits. That some are likelier than others doesn't matter here.
        for group in stride(from: start, to: end, by: 10) {
            Self.write(random.next(), width: 10, into: &buffer, at: group)
        }
        let check = CRC32.checksum(buffer[start..<end])
        Self.write(UInt64(check), width: KeyText.checkCount, into: &buffer, at: end)
    }

    private static func write(
        _ number: UInt64, width: Int, into buffer: inout [UInt8], at place: Int
    ) {
        var rest = number
        for position in stride(from: place + width - 1, through: place, by: -1) {
            buffer[position] = Base62.digit(rest % 62)
            rest /= 62
        }
    }
}

/// Which keys the requests of a measurement bear.
enum BenchKeys: Sendable {
    case one([UInt8])
    case loaded(LoadedKeys)

    /// One of them; all are equally long.
    var sample: [UInt8] {
        switch self {
        case .one(let text): text
        case .loaded(let keys): keys.text(0)
        }
    }

    /// Draws one key after the other, each as likely as any, so that no memory is warmer than it
    /// would be in use.
    struct Draw: Sendable {
        private let keys: BenchKeys
        private var generator: SeededGenerator

        init(_ keys: BenchKeys, seed: UInt64) {
            self.keys = keys
            generator = SeededGenerator(seed: seed)
        }

        mutating func writeNext(into buffer: inout [UInt8], at place: Int) {
            guard case .loaded(let keys) = keys else { return }
            keys.write(generator.below(keys.count), into: &buffer, at: place)
        }
    }
}
