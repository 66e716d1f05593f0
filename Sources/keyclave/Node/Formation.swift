import Basics
import Journal
import Keyring
import KeyclaveClient
import Server

/// The id of a cluster: a UUIDv7, whose time is the cluster's first moment on every node.
struct ClusterID: Hashable, CustomStringConvertible {
    let bytes: [UInt8]

    /// Nil for anything but a UUID of version 7 and variant 10, with its hyphens or without.
    init?(_ text: String) {
        var hyphenated = text
        if text.count == 32, text.utf8.count == 32, !text.contains("-") {
            for offset in [20, 16, 12, 8] {
                let index = hyphenated.index(hyphenated.startIndex, offsetBy: offset)
                hyphenated.insert("-", at: index)
            }
        }
        guard let key = IdempotencyKey(hyphenated), case .uuidV7(let high, let low) = key else {
            return nil
        }
        bytes = [high, low].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
        }
    }

    static func next() -> ClusterID {
        guard let id = ClusterID(IdempotencyKeys.next()) else {
            preconditionFailure("what is drawn here is a UUIDv7")
        }
        return id
    }

    /// As a data directory holds it.
    init(stored bytes: [UInt8]) { self.bytes = bytes }

    /// When it was drawn.
    var time: Timestamp {
        Timestamp(milliseconds: bytes[..<6].reduce(0) { $0 << 8 | Int64($1) })
    }

    var description: String {
        var text = ""
        for (position, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(position) { text += "-" }
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return text
    }
}

/// What all nodes of a new cluster start from. Nothing in it is drawn by a node for itself, so
/// that nodes formatted apart hold the same.
struct Formation {
    var cluster: ClusterID
    var settings: ClusterSettings
    /// The text of the first operator token; only its digest and last four characters stay.
    var operatorToken: String

    var genesis: Genesis {
        let digest = SHA256.digest(of: Array(operatorToken.utf8))
        // Not the digest's own bytes: an id is public.
        let name = SHA256.digest(of: Array("operator token ".utf8) + digest.bytes)
        let number = name.bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        guard let suffix = Suffix(operatorToken.suffix(4)) else {
            preconditionFailure("the token's form was checked")
        }
        return Genesis(
            settings: settings, operatorToken: TokenID(number), operatorDigest: digest,
            operatorSuffix: suffix, time: cluster.time)
    }

    /// The identity of one node, whose incarnation is its own.
    func identity(of configuration: NodeConfiguration, incarnation: UInt64) -> Journal.Identity {
        Journal.Identity(
            clusterID: cluster.bytes, node: configuration.node,
            members: configuration.members.map {
                IdentityMember(
                    node: $0.id, address: "\($0.peer)", clientAddress: "\($0.http)")
            },
            incarnation: incarnation, genesis: genesis.encode())
    }

    /// The identity of a node that joins: it knows the cluster, and nothing of its state.
    static func joiner(
        _ cluster: ClusterID, of configuration: NodeConfiguration, incarnation: UInt64
    ) -> Journal.Identity {
        Journal.Identity(
            clusterID: cluster.bytes, node: configuration.node,
            members: configuration.members.filter { $0.id == configuration.node }.map {
                IdentityMember(
                    node: $0.id, address: "\($0.peer)", clientAddress: "\($0.http)")
            },
            incarnation: incarnation, genesis: [])
    }

    static func incarnation(_ random: [UInt8]) -> UInt64 {
        precondition(random.count == 8, "an incarnation has 64 bits")
        return random.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
