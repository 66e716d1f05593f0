import Basics
import Consensus
import Keyring
import Replica

/// A run as a person reads it: one line for each noteworthy event. Repetitions and what nobody
/// asked for are left out, so that the whole of a scenario fits on a few screens.
struct ScenarioTrace {
    private(set) var lines: [String] = []
    /// How many of the world's own notes were taken.
    private(set) var taken = 0
    /// Who was seen to campaign or to lead last.
    private var isShown: [NodeID: Bool] = [:]
    private var leaders: [NodeID: String] = [:]
    /// The members as each node told them last.
    private var members: [NodeID: String] = [:]
    /// Refused links, by node and cause: only the first is shown.
    private var refusals: [(node: NodeID, cause: PeerLinkFailure, count: Int)] = []

    /// Milliseconds with three decimals.
    static func text(of time: Instant) -> String {
        let microseconds = time.nanoseconds / 1_000
        let decimals = String(microseconds % 1_000 + 1_000).dropFirst()
        return "\(microseconds / 1_000).\(decimals)"
    }

    mutating func note(_ text: String, at time: Instant) {
        let stamp = Self.text(of: time)
        let padding = String(repeating: " ", count: max(0, 10 - stamp.utf8.count))
        lines.append("\(padding)\(stamp)  \(text)")
    }

    /// Takes what the world has noted since it was last asked.
    mutating func take(
        from world: World, cast: ScenarioCast, _ body: (Int, TraceEvent) -> Void
    ) {
        guard let items = world.trace?.items else { return }
        while taken < items.count {
            let item = items[taken]
            body(taken, item.event)
            if let text = text(of: item.event, world, cast) { note(text, at: item.time) }
            taken += 1
        }
    }

    private mutating func text(
        of event: TraceEvent, _ world: World, _ cast: ScenarioCast
    ) -> String? {
        switch event {
        case .fault, .sent, .asked, .answered:
            // Shown as the script says them.
            return nil
        case .started(let id):
            isShown[id] = nil
            leaders[id] = nil
            guard let standing = world.machine(id).view?.standing, standing != .whole
            else { return "\(id)  starts" }
            return "\(id)  starts, \(standing.text)"
        case .ended(let id, let losingPower):
            return "\(id)  ends\(losingPower ? ", and with it the power" : "")"
        case .lost(let id, let reason):
            return "\(id)  can't start: \(reason)"
        case .fatal(let id, let reason):
            return "\(id)  ends itself: \(reason)"
        case .event(let id, .membersChanged(let configuration)):
            // An incarnation that is written down changes nobody's part.
            let before = members[id] ?? Self.founders(world)
            members[id] = configuration.text
            return before == configuration.text ? nil : "\(id)  has members \(configuration.text)"
        case .event(let id, let event):
            return text(of: event, id).map { "\(id)  \($0)" }
        case .committed(let index, let term, _):
            return text(ofEntry: index, term, world, cast).map { "    #\(index) \($0)" }
        }
    }

    private static func founders(_ world: World) -> String {
        (1...world.options.nodes).map { "n\($0)" }.joined(separator: " ")
    }

    private mutating func noteRefusal(_ cause: PeerLinkFailure, _ id: NodeID) -> String? {
        let known = refusals.firstIndex { $0.node == id && $0.cause == cause }
        if let known {
            refusals[known].count += 1
            return nil
        }
        refusals.append((id, cause, 1))
        return "refuses a link: \(cause.rawValue)"
    }

    /// What was shown only once, at the end.
    mutating func summarize(at time: Instant) {
        for refusal in refusals where refusal.count > 1 {
            note(
                "\(refusal.node)  refused \(refusal.count) links: \(refusal.cause.rawValue)",
                at: time)
        }
    }

    private func text(
        ofEntry index: LogIndex, _ term: Term, _ world: World, _ cast: ScenarioCast
    ) -> String? {
        let entry = world.observer.log[Int(index.rawValue) - 1]
        switch entry.kind {
        case .noop: return "term \(term) is open"
        case .tick: return nil
        case .command, .configuration:
            let payload = entry.command ?? []
            guard let envelope = try? Envelope(decoding: payload) else { return nil }
            return cast.text(of: envelope.command)
        }
    }

    private mutating func text(of event: NodeEvent, _ id: NodeID) -> String? {
        switch event {
        case .roleChanged(.leader, let term):
            isShown[id] = true
            return "leads, term \(term)"
        case .roleChanged(.candidate, let term):
            isShown[id] = true
            return "is a candidate, term \(term)"
        case .roleChanged(let role, let term):
            // Asking whether one could win changes nothing.
            guard role == .follower, isShown[id] == true else { return nil }
            isShown[id] = false
            return "is a follower, term \(term)"
        case .leaderChanged(let leader, _):
            let text = leader.map { "\($0)" } ?? ""
            defer { leaders[id] = text }
            guard leaders[id] != text, leader != id else { return nil }
            return leader.map { "follows \($0)" } ?? "knows no leader"
        case .standingChanged(let standing): return "is now \(standing.text)"
        case .clockDisagreement(let isSo):
            return isSo ? "sees the clocks disagree" : "sees the clocks agree again"
        case .peerLinkFailed(let failure): return noteRefusal(failure, id)
        case .membersChanged: return nil
        case .removed: return "is no member any more"
        case .diskFull(let isSo): return isSo ? "runs out of room" : "finds room"
        case .snapshotWritten(let index): return "wrote a snapshot up to #\(index)"
        case .snapshotInstalled(let index, let from):
            return "installed a snapshot of \(from) up to #\(index)"
        case .snapshotRefused(let reason, let from):
            return "refused a snapshot of \(from): \(reason)"
        case .secretsChanged(let secrets): return "goes by \(secrets.count) cluster secrets"
        }
    }
}

extension Standing {
    var text: String {
        switch self {
        case .whole: "whole"
        case .inDoubt(let term, let index): "in doubt about #\(index) of term \(term)"
        case .damaged: "damaged"
        }
    }
}
