import Basics
import Consensus

/// What one send on a peer link says, read from its bytes: frames are authenticated, not
/// encrypted, so that whoever watches a wire can tell what passes. For traces and pictures only;
/// nothing here is checked but the form.
public struct PeerSend: Hashable, Sendable, CustomStringConvertible {
    /// What a part is about, for pictures.
    public enum Kind: UInt8, CaseIterable, Hashable, Sendable {
        case handshake
        case vote
        /// Entries on their way to a follower.
        case append
        /// An append without entries.
        case heartbeat
        case appendReply
        case snapshot
        case read
        case propose
        /// Which changes are done, and who has applied them.
        case settle
        /// Leases asked for and granted, and what is blocked.
        case lease
        /// Transfers of leadership, and nodes in doubt about their logs.
        case other
    }

    public struct Part: Hashable, Sendable {
        public var kind: Kind
        public var text: String
    }

    public private(set) var parts: [Part] = []

    public init(_ bytes: [UInt8]) {
        var rest = bytes[...]
        // A confirmation may be followed by frames at once.
        if !readFrames(&rest), rest.count == bytes.count, readHandshake(&rest) {
            _ = readFrames(&rest)
        }
        if !rest.isEmpty { note(.other, "\(rest.count) bytes that are no frame") }
    }

    public var description: String { parts.map(\.text).joined(separator: "; ") }

    private mutating func note(_ kind: Kind, _ text: String) {
        parts.append(Part(kind: kind, text: text))
    }

    /// Takes whole frames off the front; true if nothing is left.
    private mutating func readFrames(_ rest: inout ArraySlice<UInt8>) -> Bool {
        while rest.count >= PeerFrameHeader.count {
            let header = PeerFrameHeader(rest.prefix(PeerFrameHeader.bodyCount))
            let end = PeerFrameHeader.count + Int(header.payloadCount)
            guard rest.count >= end else { return false }
            let payload = rest.dropFirst(PeerFrameHeader.count)
                .prefix(Int(header.payloadCount))
            guard let frame = try? PeerFrame(kind: header.kind, payload: payload) else {
                return false
            }
            let part = frame.part
            note(part.kind, part.text)
            rest = rest.dropFirst(end)
        }
        return rest.isEmpty
    }

    private mutating func readHandshake(_ rest: inout ArraySlice<UInt8>) -> Bool {
        let first = rest.prefix(2)
        if rest.count == PeerGreeting.count, first.first == PeerGreeting.version,
            let role = first.last.flatMap(PeerGreeting.Role.init(rawValue:))
        {
            note(.handshake, role == .dialer ? "handshake: hello" : "handshake: reply")
            rest = []
            return true
        }
        guard rest.count >= PeerHandshake.confirmationCount else { return false }
        note(.handshake, "handshake: confirmation")
        rest = rest.dropFirst(PeerHandshake.confirmationCount)
        return true
    }
}

extension PeerFrame {
    fileprivate var part: PeerSend.Part {
        switch self {
        case .consensus(let message):
            let part = message.part
            return PeerSend.Part(kind: part.kind, text: part.text)
        case .propose(let envelopes):
            return PeerSend.Part(
                kind: .propose, text: "propose \(counted(envelopes.count, "change"))")
        case .declined(let requests, let reason):
            return PeerSend.Part(
                kind: .propose, text: "declined \(counted(requests.count, "change")): \(reason)")
        case .applied(let index): return PeerSend.Part(kind: .settle, text: "applied #\(index)")
        case .settled(let index):
            return PeerSend.Part(kind: .settle, text: "done everywhere up to #\(index)")
        case .handOver(let target):
            let whom = target.map { " to \($0)" } ?? ""
            return PeerSend.Part(kind: .other, text: "hand over\(whom)")
        case .introduction(let address):
            return PeerSend.Part(kind: .other, text: "is reached at \(address)")
        case .secrets(let secrets):
            return PeerSend.Part(kind: .other, text: "accepts \(counted(secrets.count, "secret"))")
        case .dismissal: return PeerSend.Part(kind: .other, text: "no member any more")
        case .proposeMember: return PeerSend.Part(kind: .propose, text: "propose a member")
        case .leaseRequest(let term, _):
            return PeerSend.Part(kind: .lease, text: "lease? term \(term)")
        case .leaseGrant(_, let minIndex):
            return PeerSend.Part(kind: .lease, text: "lease for states from #\(minIndex)")
        case .seen(let term, let index):
            return PeerSend.Part(kind: .lease, text: "blocks up to #\(index), term \(term)")
        }
    }
}

private func counted(_ count: Int, _ noun: String) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
}

extension Message {
    fileprivate var part: (kind: PeerSend.Kind, text: String) {
        switch self {
        case .voteRequest(let message):
            let ballot =
                switch message.ballot {
                case .preVote: "pre-vote"
                case .vote: "vote"
                case .transfer: "vote (transfer)"
                }
            return (.vote, "\(ballot)? term \(term), log ends at \(message.last.place)")
        case .voteReply(let message):
            let what = message.isPreVote ? "pre-vote" : "vote"
            return (.vote, "\(what): \(message.isGranted ? "yes" : "no"), term \(term)")
        case .append(let message): return message.part
        case .appendReply(let message): return (.appendReply, message.text)
        case .snapshotChunk(let message):
            let end = message.isLast ? ", the last" : ""
            return (
                .snapshot,
                "snapshot #\(message.metadata.lastIndex): \(message.bytes.count) bytes from "
                    + "\(message.offset)\(end), term \(term)"
            )
        case .snapshotReply(let message):
            return (
                .snapshot,
                "snapshot #\(message.snapshot.index): next from \(message.nextOffset), term \(term)"
            )
        case .readRequest(let message): return (.read, "read? \(message.id), term \(term)")
        case .readReply(let message):
            let answer = message.index.map { "at #\($0)" } ?? "not the leader"
            return (.read, "read \(message.id): \(answer), term \(term)")
        case .transfer: return (.other, "campaign at once, term \(term)")
        case .doubtQuestion(let message):
            return (.other, "who holds \(message.doubt.place)? term \(term)")
        case .doubtAnswer(let message):
            let word = message.holds ? "yes" : "no"
            return (.other, "holds \(message.doubt.place): \(word), term \(term)")
        }
    }
}

extension LogPosition {
    fileprivate var place: String { "#\(index) of term \(term)" }
}

extension AppendRequest {
    fileprivate var part: (kind: PeerSend.Kind, text: String) {
        let repair = repair.map { ", repairs up to #\($0.index)" } ?? ""
        let end = ", commit #\(commit)\(repair), term \(term)"
        guard let first = entries.first?.index, let last = entries.last?.index else {
            return (.heartbeat, "heartbeat after #\(previous.index)\(end)")
        }
        let range = first == last ? "#\(first)" : "#\(first) to #\(last)"
        return (.append, "append \(range)\(end)")
    }
}

extension AppendReply {
    fileprivate var text: String {
        let state = standing == .whole ? "" : ", \(standing)"
        switch outcome {
        case .accepted(let match):
            return "holds #\(match), applied #\(applied)\(state), term \(term)"
        case .rejected(let previous, let hint):
            return "rejects after #\(previous), try #\(hint.index)\(state), term \(term)"
        case .heard: return "heard, applied #\(applied)\(state), term \(term)"
        case .needsSnapshot: return "needs a snapshot, term \(term)"
        }
    }
}
