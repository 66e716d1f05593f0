import Basics
import Consensus
import Keyring

/// What one node says to another, inside an authenticated frame.
///
/// Outcomes never cross: the node that took a request computes its outcome when it applies the
/// entry itself.
enum PeerFrame {
    /// Raft's own.
    case consensus(Message)
    /// Envelopes for the leader's log, as the clients of the sender asked for them.
    case propose([[UInt8]])
    /// The receiver of `propose` didn't append these.
    case declined([RequestID], Reason)
    /// The sender has applied its log up to here; sent after entries that change the powers of
    /// keys or tokens.
    case applied(LogIndex)
    /// Every key-state entry of the log up to here is done.
    case settled(LogIndex)
    /// An operator wants the leader to hand its leadership over, to the node named or to the one
    /// most up to date.
    case handOver(to: NodeID?)
    /// Where the sender is reached, so that who doesn't know it can answer.
    case introduction(address: String)
    /// The receiver isn't a member any more, and that is committed.
    case dismissal
    /// An envelope for the leader, which is to decide whether the members change so.
    case proposeMember([UInt8])
    /// The sender asks the leader of this term for a lease.
    case leaseRequest(term: Term, LeaseNonce)
    /// The lease asked for, for states that include the log up to the index.
    case leaseGrant(LeaseNonce, minIndex: LogIndex)
    /// The sender's log is that of this term's leader up to here, and it answers nothing about
    /// what those entries touch before it has applied them. Says nothing of its disk.
    case seen(term: Term, LogIndex)
    /// The cluster secrets that the sender accepts, said while it has two and when it drops one.
    case secrets([SecretFingerprint])

    enum Reason: UInt8 {
        case notLeader = 1
        case overloaded = 2
        case diskFull = 3
        /// Another change of the members isn't committed yet.
        case changeUnderWay = 20
    }

    enum Kind: UInt8 {
        case consensus = 1
        case propose = 2
        case declined = 3
        case applied = 4
        case settled = 5
        case handOver = 6
        case leaseRequest = 7
        case leaseGrant = 8
        case seen = 9
        case introduction = 20
        case dismissal = 21
        case proposeMember = 22
        case secrets = 80
    }

    var kind: Kind {
        switch self {
        case .consensus: .consensus
        case .propose: .propose
        case .declined: .declined
        case .applied: .applied
        case .settled: .settled
        case .handOver: .handOver
        case .introduction: .introduction
        case .dismissal: .dismissal
        case .proposeMember: .proposeMember
        case .leaseRequest: .leaseRequest
        case .leaseGrant: .leaseGrant
        case .seen: .seen
        case .secrets: .secrets
        }
    }

    /// The frame's payload; its kind travels in the frame's header.
    func encodedPayload() -> [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .consensus(let message):
            message.encode(into: &writer)
        case .propose(let envelopes):
            writer.write(UInt32(envelopes.count))
            for envelope in envelopes { writer.writeBytes(envelope) }
        case .declined(let requests, let reason):
            writer.write(reason.rawValue)
            writer.write(UInt32(requests.count))
            for request in requests {
                writer.write(request.high)
                writer.write(request.low)
            }
        case .applied(let index), .settled(let index):
            writer.write(index.rawValue)
        case .handOver(let target):
            // No node has the id 0.
            writer.write(target?.rawValue ?? 0)
        case .introduction(let address):
            writer.writeString(address)
        case .dismissal:
            break
        case .proposeMember(let envelope):
            writer.writeRaw(envelope)
        case .leaseRequest(let term, let nonce):
            writer.write(term.rawValue)
            writer.write(nonce.rawValue)
        case .leaseGrant(let nonce, let minIndex):
            writer.write(nonce.rawValue)
            writer.write(minIndex.rawValue)
        case .seen(let term, let index):
            writer.write(term.rawValue)
            writer.write(index.rawValue)
        case .secrets(let secrets):
            for secret in secrets { writer.write(secret.rawValue) }
        }
        return writer.bytes
    }

    /// Reads what an authenticated peer sent.
    init(kind: UInt8, payload: ArraySlice<UInt8>) throws(MalformedBytes) {
        guard let kind = Kind(rawValue: kind) else { throw MalformedBytes("frame kind \(kind)") }
        var reader = ByteReader(payload)
        switch kind {
        case .consensus:
            self = .consensus(try Message(from: &reader))
        case .propose:
            self = .propose(try Self.envelopes(from: &reader))
        case .declined:
            guard let reason = Reason(rawValue: try reader.readUInt8()) else {
                throw MalformedBytes("unknown reason to decline")
            }
            var requests: [RequestID] = []
            for _ in 0..<(try reader.readUInt32()) {
                let high = try reader.readUInt64()
                requests.append(RequestID(high: high, low: try reader.readUInt64()))
            }
            self = .declined(requests, reason)
        case .applied:
            self = .applied(LogIndex(try reader.readUInt64()))
        case .settled:
            self = .settled(LogIndex(try reader.readUInt64()))
        case .handOver:
            let target = NodeID(try reader.readUInt32())
            self = .handOver(to: target.rawValue == 0 ? nil : target)
        case .introduction:
            self = .introduction(
                address: try reader.readString(limit: Configuration.addressLimit))
        case .dismissal:
            self = .dismissal
        case .proposeMember:
            self = .proposeMember(Array(try reader.readRaw(reader.remaining)))
        case .leaseRequest:
            let term = Term(try reader.readUInt64())
            self = .leaseRequest(term: term, LeaseNonce(try reader.readUInt64()))
        case .leaseGrant:
            let nonce = LeaseNonce(try reader.readUInt64())
            self = .leaseGrant(nonce, minIndex: LogIndex(try reader.readUInt64()))
        case .seen:
            let term = Term(try reader.readUInt64())
            self = .seen(term: term, LogIndex(try reader.readUInt64()))
        case .secrets:
            var secrets: [SecretFingerprint] = []
            while !reader.isAtEnd, secrets.count < PeerCredentials.mostSecrets {
                secrets.append(SecretFingerprint(rawValue: try reader.readUInt32()))
            }
            self = .secrets(secrets)
        }
        try reader.finish()
    }

    private static func envelopes(
        from reader: inout ByteReader
    ) throws(MalformedBytes) -> [[UInt8]] {
        var envelopes: [[UInt8]] = []
        let count = try reader.readUInt32()
        guard count > 0 else { throw MalformedBytes("a proposal of nothing") }
        for _ in 0..<count {
            envelopes.append(Array(try reader.readBytes(limit: NodeLimits.envelopeBytes)))
        }
        return envelopes
    }
}
