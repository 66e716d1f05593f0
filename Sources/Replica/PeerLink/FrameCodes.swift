import Basics

/// By what the frames of an open link are told from damaged, repeated and forged ones. The
/// handshake is authentic either way.
///
/// A server has `authentic`, and no way to ask for anything else: the name can be said only where
/// this module is imported with `@_spi(Simulation)`, and a house rule lets nobody but the simulator
/// do so.
@_spi(Simulation)
public enum FrameCodes: Hashable, Sendable {
    /// SHA-256 of the payload, HMAC-SHA256 of the header.
    case authentic
    /// Sums of 64 bits instead, that of the header under the session's key: no defence against
    /// anybody, and as good against what a simulated network does to bytes.
    case checksums

    func digest(of payload: RawSpan) -> Digest {
        switch self {
        case .authentic: SHA256.digest(of: payload)
        case .checksums: Digest(FrameCodes.checksum(of: payload, seed: 0), 0, 0, 0)
        }
    }

    /// Another for every change within eight bytes: each step is a bijection of the sum so far.
    static func checksum(of bytes: RawSpan, seed: UInt64) -> UInt64 {
        var sum = seed ^ UInt64(bytes.byteCount)
        func mix(_ word: UInt64) {
            sum = (sum ^ word) &* 0x9E37_79B9_7F4A_7C15
            sum ^= sum >> 32
        }
        var offset = 0
        while bytes.byteCount - offset >= 8 {
            mix(bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian)
            offset += 8
        }
        while offset < bytes.byteCount {
            mix(UInt64(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)))
            offset += 1
        }
        return sum
    }
}

/// What the frames of one direction of a session are coded with.
enum FrameKey: Sendable {
    case authentic(HMAC)
    case checksum(seed: UInt64)

    init(_ key: HMAC, _ codes: FrameCodes) {
        switch codes {
        case .authentic: self = .authentic(key)
        case .checksums:
            let word = key.authenticationCode(for: [UInt8]().span.bytes).word0
            self = .checksum(seed: word)
        }
    }

    func code(of header: RawSpan) -> Digest {
        switch self {
        case .authentic(let key): key.authenticationCode(for: header)
        case .checksum(let seed): Digest(FrameCodes.checksum(of: header, seed: seed), 0, 0, 0)
        }
    }
}
