import Basics

/// Who a node is to its peers: its id, and the random number its data directory was formatted
/// with. The same id with another incarnation is a node that has lost its memory.
public struct PeerIdentity: Hashable, Sendable, CustomStringConvertible {
    public var node: NodeID
    public var incarnation: UInt64

    public init(node: NodeID, incarnation: UInt64) {
        self.node = node
        self.incarnation = incarnation
    }

    public var description: String { "\(node)/\(String(incarnation, radix: 16))" }
}

/// What a node needs to prove membership of its cluster: the cluster's id and its secret.
///
/// While a secret is being rotated there are two: either is accepted, the first is used to dial.
/// So a rotation has three steps, each on all nodes before the next: add the new one behind the
/// old, swap them, drop the old. A node takes each while it runs: `PeerLinks.adopt`.
///
/// The secret proves membership, not identity: whoever knows it can claim any id.
public struct PeerCredentials: Sendable {
    /// 16 bytes.
    let cluster: [UInt8]
    /// One or two.
    let keys: [HandshakeKeys]
    @_spi(Simulation) public var codes = FrameCodes.authentic

    public static let clusterCount = 16
    static let mostSecrets = 2

    /// Requires a cluster id of 16 bytes and one or two secrets, none empty.
    public init(cluster: [UInt8], secrets: [[UInt8]]) {
        precondition(cluster.count == PeerCredentials.clusterCount, "a cluster id has 16 bytes")
        precondition(
            (1...PeerCredentials.mostSecrets).contains(secrets.count),
            "one secret, or two during a rotation")
        precondition(!secrets.contains([]), "an empty cluster secret")
        self.cluster = cluster
        keys = secrets.map { HandshakeKeys(secret: $0) }
    }

    /// Which secrets these are, the one used to dial first.
    var fingerprints: [SecretFingerprint] { keys.map(\.fingerprint) }
}

/// Tells one cluster secret from another without telling what it is: 32 bits derived from it, for
/// people who compare what the nodes use.
public struct SecretFingerprint: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt32

    /// Requires a secret that isn't empty.
    public init(of secret: [UInt8]) { self = HandshakeKeys(secret: secret).fingerprint }

    init(rawValue: UInt32) { self.rawValue = rawValue }

    fileprivate init(_ root: Digest) {
        let bytes = HKDF.expand(root, info: Array("fingerprint".utf8), count: 4)
        rawValue = bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Eight hexadecimal digits.
    public var description: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

/// The keys derived from one cluster secret, one for each message of the handshake, so that no
/// message can pass for another.
struct HandshakeKeys: Sendable {
    private let root: Digest
    let hello: HMAC
    let reply: HMAC
    let confirmation: HMAC
    let fingerprint: SecretFingerprint

    init(secret: [UInt8]) {
        let root = HKDF.extract(salt: Array("keyclave peer link".utf8), secret: secret)
        func key(_ use: String) -> HMAC {
            HMAC(key: HKDF.expand(root, info: Array(use.utf8), count: Digest.count))
        }
        self.root = root
        fingerprint = SecretFingerprint(root)
        hello = key("hello")
        reply = key("reply")
        confirmation = key("confirmation")
    }

    /// The keys of one session. `transcript` is the digest of both greetings and so of both
    /// nonces, ids and incarnations.
    func session(_ transcript: Digest) -> (dialerToAcceptor: HMAC, acceptorToDialer: HMAC) {
        let session = HKDF.extract(salt: transcript.bytes, secret: root.bytes)
        func key(_ direction: String) -> HMAC {
            HMAC(key: HKDF.expand(session, info: Array(direction.utf8), count: Digest.count))
        }
        return (key("dialer to acceptor"), key("acceptor to dialer"))
    }
}
