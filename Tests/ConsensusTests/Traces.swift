import Basics

@testable import Consensus

// Messages and effects in the words of the golden traces.

extension Message {
    var trace: String {
        switch self {
        case .voteRequest(let message): "\(message.ballot)? t\(message.term) last \(message.last)"
        case .voteReply(let message):
            "\(message.isPreVote ? "preVote" : "vote") "
                + "\(message.isGranted ? "granted" : "refused") t\(message.term)"
        case .append(let message): message.trace
        case .appendReply(let message): message.trace
        case .snapshotChunk(let message):
            "chunk t\(message.term) of \(message.metadata.position) at \(message.offset)"
                + " +\(message.bytes.count)\(message.isLast ? " last" : "")"
        case .snapshotReply(let message):
            "chunk next \(message.nextOffset) t\(message.term) of \(message.snapshot)"
                + (message.isDamaged ? " damaged" : "")
        case .readRequest(let message): "read? t\(message.term)"
        case .readReply(let message):
            message.index.map { "read at \($0) t\(message.term)" } ?? "read failed t\(message.term)"
        case .transfer(let message): "campaign now t\(message.term)"
        case .doubtQuestion(let message):
            "holding beyond \(message.readable) up to \(message.doubt)? t\(message.term)"
        case .doubtAnswer(let message):
            "\(message.holds ? "held" : "not held") up to \(message.doubt) t\(message.term)"
        }
    }
}

extension AppendRequest {
    var trace: String {
        var words = "append t\(term) round \(round) after \(previous) commit \(commit)"
        if session > 0 { words += " session \(session)" }
        if let repair { words += " whole at \(repair.index)" }
        return entries.isEmpty ? words : words + " \(entries.trace)"
    }
}

extension AppendReply {
    var trace: String {
        let result =
            switch outcome {
            case .accepted(let match): "accepted up to \(match)"
            case .rejected(let previous, let hint): "rejected \(previous) hint \(hint)"
            case .heard: "heard"
            case .needsSnapshot: "needs a snapshot"
            }
        var words = "\(result) t\(term) round \(round)"
        if session > 0 { words += " session \(session)" }
        if standing != .whole { words += " \(standing)" }
        return applied > .zero ? words + " applied \(applied)" : words
    }
}

extension [Entry] {
    var trace: String {
        let words = map { entry in
            let text =
                switch entry.kind {
                case .command: String(decoding: entry.payload, as: UTF8.self)
                case .configuration: entry.configuration.map { "(\($0.trace))" } ?? "malformed"
                case .noop, .tick: "\(entry.kind)"
                }
            return "\(entry.term)/\(entry.index) \(text)"
        }
        return "[\(words.joined(separator: ", "))]"
    }
}

extension RaftEffect {
    /// The line of a trace without the node's name.
    var trace: String {
        switch self {
        case .saveHardState(let state):
            "saves t\(state.term)\(state.votedFor.map { " vote \($0)" } ?? "")"
        case .appendEntries(let entries): "writes \(entries.trace)"
        case .restartLog(let position): "drops its entries, begins after \(position)"
        case .send(let message, let recipient): "→ \(recipient) \(message.trace)"
        case .committed(let index): "commits \(index)"
        case .readReady(let token, let index): "read \(token) ready at \(index)"
        case .readFailed(let token): "read \(token) failed"
        case .sendSnapshot(let peer, let offset, _): "reads snapshot for \(peer) at \(offset)"
        case .snapshotRefused(let position, let peer): "hears \(peer) refuse snapshot \(position)"
        case .receivedSnapshotChunk(let chunk, let sender):
            "stores chunk at \(chunk.offset) from \(sender)"
        case .roleChanged(let role, let term): "is \(role) t\(term)"
        case .leaderChanged(let leader, let term):
            "knows \(leader.map { "leader \($0)" } ?? "no leader") t\(term)"
        case .configurationChanged(let configuration): "has members \(configuration.trace)"
        case .transferEnded(let succeeded): "transfer \(succeeded ? "done" : "abandoned")"
        case .clockDisagreement(let disagree): "clocks \(disagree ? "disagree" : "agree")"
        case .standingChanged(let standing): "stands \(standing)"
        }
    }

    /// Whether the effect is told even when only the outcome matters.
    var isNotable: Bool {
        switch self {
        case .saveHardState, .appendEntries, .restartLog, .send, .sendSnapshot,
            .receivedSnapshotChunk:
            false
        default: true
        }
    }
}

extension Configuration {
    /// The voters, then learners with a plus and former members with a minus before their ids.
    var trace: String {
        let words =
            voters.map { "\($0)" } + learners.map { "+\($0)" } + former.map { "-\($0.id)" }
        return words.joined(separator: " ")
    }
}

extension Instant {
    /// Milliseconds and microseconds, as traces show them.
    var trace: String {
        let microseconds = nanoseconds / 1000 % 1000
        let fraction = String(microseconds + 1000).dropFirst()
        return "\(nanoseconds / 1_000_000).\(fraction)"
    }
}
