/// HMAC with SHA-256 (RFC 2104, FIPS 198-1).
public enum HMACSHA256 {
    /// The code of one message. Who authenticates many under one key keeps an `HMAC` instead.
    public static func authenticationCode(for message: [UInt8], key: [UInt8]) -> Digest {
        HMAC(key: key).authenticationCode(for: message.span.bytes)
    }
}

/// HMAC-SHA256 under one key, with both padded keys compressed beforehand, which halves the work
/// for a short message.
///
/// A value: a copy made before the first `update` serves the next message.
public struct HMAC: Sendable {
    private let outer: SHA256State
    private let inner: SHA256State
    private var hash: SHA256

    public init(key: [UInt8]) {
        var padded = key.count > 64 ? SHA256.digest(of: key).bytes : key
        padded.append(contentsOf: repeatElement(0, count: 64 - padded.count))
        inner = HMAC.state(after: padded, mask: 0x36)
        outer = HMAC.state(after: padded, mask: 0x5c)
        hash = SHA256(resuming: inner, compressed: 64)
    }

    public init(key: Digest) { self.init(key: key.bytes) }

    public mutating func update(_ bytes: [UInt8]) { hash.update(bytes) }

    public mutating func update(_ bytes: RawSpan) { hash.update(bytes) }

    public mutating func update(_ digest: Digest) { hash.update(digest) }

    /// The code of everything since the last `finish`; the next message may follow.
    public mutating func finish() -> Digest {
        var outerHash = SHA256(resuming: outer, compressed: 64)
        let digest = hash.finish()
        hash = SHA256(resuming: inner, compressed: 64)
        outerHash.update(digest)
        return outerHash.finish()
    }

    /// The code of one whole message.
    public func authenticationCode(for message: RawSpan) -> Digest {
        var fresh = self
        fresh.hash = SHA256(resuming: inner, compressed: 64)
        fresh.update(message)
        return fresh.finish()
    }

    private static func state(after key: [UInt8], mask: UInt8) -> SHA256State {
        let padded = key.map { $0 ^ mask }
        var state = SHA256State.initial
        state.compress(SHA256Block(padded.span.bytes, at: 0))
        return state
    }
}
