import Basics
import Consensus
import Keyring
import Replica

extension Trace.Item: CustomStringConvertible {
    /// One line: when, who, what.
    public var description: String {
        "\(time.seconds)  \(event.actor.padded(8))  \(event.text)"
    }
}

extension TraceEvent {
    /// Whom it happened to, or by whom: a node, a client, or nobody in particular.
    public var actor: String {
        switch self {
        case .fault: "fault"
        case .started(let node), .ended(let node, _), .lost(let node, _), .fatal(let node, _),
            .event(let node, _):
            "\(node)"
        case .sent(let message): "\(message.from)"
        case .asked(let client, _, _), .answered(let client, _, _): client
        case .committed: "log"
        }
    }

    /// What happened, in one line.
    public var text: String {
        switch self {
        case .fault(let fault): fault.text
        case .started: "starts"
        case .ended(_, let losingPower): losingPower ? "ends, and the power with it" : "ends"
        case .lost(_, let reason): "can't start: \(reason)"
        case .fatal(_, let reason): "ends itself: \(reason)"
        case .event(_, let event): event.text
        case .sent(let message):
            "-> \(message.to)  \(message.content?.description ?? "\(message.bytes) bytes")"
        case .asked(_, let node, let what): "-> \(node)  \(what)"
        case .answered(_, let node, let what):
            node.map { "<- \($0)  \(what)" } ?? "<- \(what)"
        case .committed(let index, let term, let what): "#\(index) of term \(term): \(what)"
        }
    }
}

extension NodeEvent {
    /// What happened, in a few words.
    public var text: String {
        switch self {
        case .roleChanged(let role, let term):
            switch role {
            case .leader: "leads, term \(term)"
            case .candidate: "is a candidate, term \(term)"
            case .preCandidate: "asks whether it could win, term \(term)"
            case .follower: "is a follower, term \(term)"
            }
        case .leaderChanged(let leader, let term):
            leader.map { "has \($0) for its leader, term \(term)" } ?? "knows no leader"
        case .standingChanged(let standing):
            switch standing {
            case .whole: "is whole"
            case .inDoubt(let term, let index): "is in doubt about #\(index) of term \(term)"
            case .damaged: "is damaged"
            }
        case .clockDisagreement(let isSo):
            isSo ? "sees the wall clocks disagree" : "sees the wall clocks agree"
        case .peerLinkFailed(let failure): "closes a link: \(failure.rawValue)"
        case .membersChanged(let configuration): "has members \(configuration.text)"
        case .removed: "is no member any more"
        case .diskFull(let isSo): isSo ? "runs out of room" : "finds room"
        case .snapshotWritten(let index): "wrote a snapshot up to #\(index)"
        case .snapshotInstalled(let index, let from):
            "installed a snapshot of \(from) up to #\(index)"
        case .snapshotRefused(let reason, let from): "refused a snapshot of \(from): \(reason)"
        case .secretsChanged(let secrets): "goes by \(secrets.count) cluster secrets"
        }
    }
}

extension Fault {
    /// As a scenario writes it.
    public var text: String {
        switch self {
        case .cut(let from, let to): "cut \(from) to \(to)"
        case .mend(let from, let to): "mend \(from) to \(to)"
        case .mendAll: "heal"
        case .clog(let from, let to, let lag): "slow link \(from) to \(to) by \(lag.brief)"
        case .narrow(let from, let to, let rate):
            "narrow link \(from) to \(to) to \(rate) bytes a second"
        case .widen(let from, let to): "widen link \(from) to \(to)"
        case .reset(let node): "reset links of \(node)"
        case .corrupt(let from, let to): "corrupt \(from) to \(to)"
        case .replay(let from, let to): "replay \(from) to \(to)"
        case .crash(let node, let losingPower):
            losingPower ? "crash \(node) losing power" : "crash \(node)"
        case .crashAmidEffects(let node, let count):
            "crash \(node) after \(count) \(count == 1 ? "effect" : "effects")"
        case .crashAmidWrite(let node, let part): "crash \(node) amid a \(part.rawValue)"
        case .restart(let node): "restart \(node)"
        case .pause(let node): "pause \(node)"
        case .resume(let node): "resume \(node)"
        case .stop(let node): "stop \(node)"
        case .slowDisk(let node, let lag): "slow disk of \(node) by \(lag.brief)"
        case .hangDisk(let node): "hang disk of \(node)"
        case .freeDisk(let node): "free disk of \(node)"
        case .fillDisk(let node): "fill disk of \(node)"
        case .makeRoom(let node): "make room on \(node)"
        case .failDisk(let node): "fail disk of \(node)"
        case .rot(let node): "rot disk of \(node)"
        case .rotTail(let node): "rot tail of \(node)"
        case .misread(let node): "misread disk of \(node)"
        case .misdirect(let node): "misdirect write of \(node)"
        case .wipe(let node): "wipe \(node)"
        case .reformat(let node): "reformat \(node)"
        case .join(let node): "start \(node)"
        case .add(let node): "add \(node)"
        case .promote(let node): "promote \(node)"
        case .remove(let node): "remove \(node)"
        case .shiftWallClock(let node, let offset):
            "shift clock of \(node) by \(offset < .zero ? "" : "+")\(offset.brief)"
        case .driftClock(let node, let rate):
            "drift clock of \(node) by \(rate < 0 ? "" : "+")\(rate) ppm"
        }
    }
}

extension Instant {
    /// Seconds with six decimals, in a column: virtual time zero is the beginning of a run.
    public var seconds: String {
        let microseconds = nanoseconds / 1_000
        let decimals = String(microseconds % 1_000_000 + 1_000_000).dropFirst()
        return String(repeating: " ", count: microseconds < 10_000_000 ? 1 : 0)
            + "\(microseconds / 1_000_000).\(decimals)"
    }
}

extension Duration {
    /// In the largest of s, ms, µs and ns of which there is a whole one, with three decimals at
    /// most.
    public var brief: String {
        if nanoseconds < 0 { return "-\((.zero - self).brief)" }
        let units: [(String, Int64)] = [("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1_000)]
        guard let (name, size) = units.first(where: { nanoseconds >= $0.1 }) else {
            return nanoseconds == 0 ? "0s" : "\(nanoseconds)ns"
        }
        var decimals = String(nanoseconds % size * 1_000 / size + 1_000).dropFirst()
        while decimals.last == "0" { decimals.removeLast() }
        return "\(nanoseconds / size)\(decimals.isEmpty ? "" : ".")\(decimals)\(name)"
    }
}

extension Duration {
    /// In the largest of s, ms, us and ns that leaves no rest: as a command line takes it.
    public var exact: String {
        let units: [(String, Int64)] = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)]
        guard let (name, size) = units.first(where: { nanoseconds % $0.1 == 0 }) else {
            return "\(nanoseconds)ns"
        }
        return "\(nanoseconds / size)\(name)"
    }
}

extension String {
    func padded(_ width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}

extension Configuration {
    /// The voters, then learners with a plus and former members with a minus before their ids.
    public var text: String {
        let words =
            voters.map { "\($0)" } + learners.map { "+\($0)" } + former.map { "-\($0.id)" }
        return words.joined(separator: " ")
    }
}
