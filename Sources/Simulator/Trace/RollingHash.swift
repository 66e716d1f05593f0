import Basics

/// A hash of everything that happens, cheap enough to be kept in every run: equal in equal runs, in
/// every build and process.
struct RollingHash {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325
    /// The hash at each whole second of virtual time: the first that differs tells when two runs
    /// parted.
    private(set) var seconds: [UInt64] = []

    mutating func mix(_ word: UInt64) {
        value = (value ^ word) &* 0x9E37_79B9_7F4A_7C15
        value ^= value >> 29
    }

    mutating func mix(_ bytes: [UInt8]) {
        mix(UInt64(bytes.count))
        var word: UInt64 = 0
        // The first bytes are of a header that authenticates the rest.
        for byte in bytes.prefix(128) {
            word = word &* 257 &+ UInt64(byte)
        }
        mix(word)
    }

    mutating func advance(to time: Instant) {
        while Int64(seconds.count + 1) * 1_000_000_000 <= time.nanoseconds { seconds.append(value) }
        mix(UInt64(bitPattern: time.nanoseconds))
    }
}
