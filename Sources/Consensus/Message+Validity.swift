import Basics

// A peer that has proved membership can still be broken. What passes here can't overflow or
// contradict itself; whether it fits the present state is judged where it is handled.
extension Message {
    /// Beyond any term, index or offset that a cluster reaches, and far enough below 2^64 that
    /// adding to them can't overflow.
    static let numberLimit: UInt64 = 1 << 62

    /// Whether the message could have been sent by a correct peer at all.
    var isPlausible: Bool {
        guard term > .zero || !opensTerm, term.rawValue <= Message.numberLimit else { return false }
        switch self {
        case .voteRequest(let message): return message.last.isPlausible(in: message.term)
        case .append(let message): return message.isPlausible
        case .appendReply(let message): return message.isPlausible
        case .snapshotChunk(let message): return message.isPlausible
        case .snapshotReply(let message):
            return message.nextOffset <= Message.numberLimit
                && message.snapshot.isPlausible(in: message.term)
        case .readReply(let message):
            return message.index.map { $0.rawValue <= Message.numberLimit } ?? true
        case .doubtQuestion(let message):
            return message.doubt.isPlausible(in: message.term)
                && message.readable.isPlausible(in: message.term)
                && message.doubt.term < message.term
        case .doubtAnswer(let message): return message.doubt.isPlausible(in: message.term)
        case .voteReply, .readRequest, .transfer: return true
        }
    }

    /// Whether the message speaks for a leader or candidate of its term, which can't be term 0.
    private var opensTerm: Bool {
        switch self {
        case .voteRequest, .append, .snapshotChunk, .transfer, .doubtQuestion: true
        case .voteReply, .appendReply, .snapshotReply, .readRequest, .readReply, .doubtAnswer: false
        }
    }
}

extension LogPosition {
    /// Only the start of the log has term 0 or index 0, and no entry is of a later term than
    /// whoever speaks of it.
    func isPlausible(in messageTerm: Term) -> Bool {
        (term == .zero) == (index == .zero) && term <= messageTerm
            && index.rawValue <= Message.numberLimit
    }
}

extension AppendRequest {
    fileprivate var isPlausible: Bool {
        guard previous.isPlausible(in: term), commit.rawValue <= Message.numberLimit,
            repair.map({ $0.index.rawValue <= Message.numberLimit }) ?? true,
            entries.count <= Message.entryLimit
        else { return false }
        var last = previous
        for entry in entries {
            guard entry.index == last.index.next, entry.term >= last.term, entry.term > .zero,
                entry.term <= term, entry.payload.count <= Entry.payloadLimit,
                entry.kind != .configuration || entry.configuration != nil
            else { return false }
            last = LogPosition(term: entry.term, index: entry.index)
        }
        return true
    }
}

extension AppendReply {
    fileprivate var isPlausible: Bool {
        guard applied.rawValue <= Message.numberLimit else { return false }
        switch outcome {
        case .heard, .needsSnapshot: return true
        case .accepted(let match): return match.rawValue <= Message.numberLimit
        case .rejected(let previous, let hint):
            return previous > .zero && previous.rawValue <= Message.numberLimit
                && hint.index <= previous && (hint.index == .zero) == (hint.term == .zero)
        }
    }
}

extension SnapshotChunk {
    fileprivate var isPlausible: Bool {
        metadata.position.isPlausible(in: term) && metadata.lastIndex > .zero
            && !metadata.configuration.voters.isEmpty && offset <= Message.numberLimit
            && bytes.count <= Message.chunkLimit
    }
}
