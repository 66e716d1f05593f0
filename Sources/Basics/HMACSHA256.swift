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
/// A key and nothing else, 64 bytes: a message in the making is an `HMAC.Message`. A link holds
/// two keys and is moved often.
public struct HMAC: Sendable {
    private let outer: SHA256State
    private let inner: SHA256State

    public init(key: [UInt8]) {
        var padded = key.count > 64 ? SHA256.digest(of: key).bytes : key
        padded.append(contentsOf: repeatElement(0, count: 64 - padded.count))
        inner = HMAC.state(after: padded, mask: 0x36)
        outer = HMAC.state(after: padded, mask: 0x5c)
    }

    public init(key: Digest) { self.init(key: key.bytes) }

    /// A message that comes in pieces.
    public func begin() -> Message {
        Message(outer: outer, hash: SHA256(resuming: inner, compressed: 64))
    }

    /// The code of one whole message.
    public func authenticationCode(for message: RawSpan) -> Digest {
        var whole = begin()
        whole.update(message)
        return whole.finish()
    }

    /// A message of which a part has come.
    public struct Message: Sendable {
        fileprivate let outer: SHA256State
        fileprivate var hash: SHA256

        public mutating func update(_ bytes: [UInt8]) { hash.update(bytes) }

        public mutating func update(_ bytes: RawSpan) { hash.update(bytes) }

        public mutating func update(_ digest: Digest) { hash.update(digest) }

        /// The code of everything that came. Nothing may follow.
        public mutating func finish() -> Digest {
            var outerHash = SHA256(resuming: outer, compressed: 64)
            outerHash.update(hash.finish())
            return outerHash.finish()
        }
    }

    private static func state(after key: [UInt8], mask: UInt8) -> SHA256State {
        let padded = key.map { $0 ^ mask }
        var state = SHA256State.initial
        state.compress(SHA256Block(padded.span.bytes, at: 0))
        return state
    }
}
