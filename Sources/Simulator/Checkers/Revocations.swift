import Basics
import Keyring
import Replica

/// What somebody presents to be let in.
enum Secret: Hashable {
    case key(Digest)
    case token(Digest)
}

/// What a secret gives its bearer.
enum Access: Hashable {
    case nothing
    /// Nothing any more, for time ended the key and nobody's command did.
    case lapsed
    /// What an API key opens.
    case api
    /// The power of a management token.
    case role(Role)
}

/// Revoked means revoked: from the moment at which a client was told of a change of what a key or a
/// token gives, be it its own, its user's or its account's, no node's answer contradicts it, in any
/// run.
///
/// Looked at after every event at whichever node it struck, and at the moment at which a change is
/// told at every node whose process lives, one that stands still included: each is judged by its
/// own clocks as if it went on now. Time alone only takes permissions away, so nothing is missed
/// between. And every answer that a client gets is judged, of whichever way it was come by.
///
/// An answer contradicts if it isn't that of any state from the newest change told until now. In
/// the same way a node must not answer from memory once a client was told that leases are off.
///
/// What time ends, an expiry or a grace, nobody is told of, and no later telling includes it. It
/// counts as told when the leases are over that can have been granted before the entry was applied
/// at which it ended.
struct Revocations {
    /// What no answer may contradict any more.
    struct Floor: Hashable {
        /// The newest key-state entry that a client was told of.
        var told = LogIndex.zero
        /// The newest entry whose lapses hold everywhere.
        var lapsed = LogIndex.zero

        var newest: LogIndex { max(told, lapsed) }
    }

    /// What became of a key or token.
    private struct Turn {
        var index: LogIndex
        var secret: Secret
        var access: Access

        func counts(at floor: Floor) -> Bool {
            index <= (access == .lapsed ? floor.lapsed : floor.told)
        }
    }

    /// In log order.
    private var turns: [Turn] = []
    private var present: [Secret: Access] = [:]
    /// From which entry on leases are on or off, in log order.
    private var switches: [(index: LogIndex, areLeasesOn: Bool)]
    private var lastReplayed = LogIndex.zero
    /// Told, and beyond what any node has shown of the log.
    private var early: [LogIndex] = []
    /// Entries at which time ended keys, and when that holds everywhere.
    private var lapses: [(index: LogIndex, due: Instant)] = []
    private let leaseWait: Duration
    private(set) var floor = Floor()
    /// Rises with the floor.
    private(set) var tellings = 0

    init(genesis: Genesis) {
        switches = [(.zero, genesis.settings.leaseMilliseconds > 0)]
        leaseWait = .milliseconds(Int64(genesis.settings.leaseWaitMilliseconds))
    }

    // MARK: What happened

    /// The next entry of the log is known, and what every key and token gives after it.
    mutating func note(
        _ index: LogIndex, giving all: [(secret: Secret, access: Access)], areLeasesOn: Bool
    ) {
        if switches.last?.areLeasesOn != areLeasesOn { switches.append((index, areLeasesOn)) }
        for (secret, access) in all where present[secret, default: .nothing] != access {
            present[secret] = access
            turns.append(Turn(index: index, secret: secret, access: access))
        }
        note(index)
    }

    /// The next entry of the log is known, and changes no key and no token.
    mutating func note(_ index: LogIndex) {
        lastReplayed = index
        raiseFloor()
    }

    /// Time ended keys at this entry, which is applied somewhere.
    mutating func noteLapse(_ index: LogIndex, at now: Instant) {
        lapses.append((index, now + leaseWait))
    }

    mutating func passLapses(at now: Instant) {
        while let first = lapses.first, first.due <= now {
            floor.lapsed = first.index
            tellings += 1
            lapses.removeFirst()
        }
    }

    /// A client was told that the change at this index is done.
    mutating func noteTold(_ index: LogIndex) {
        early.append(index)
        raiseFloor()
    }

    private mutating func raiseFloor() {
        for index in early where index <= lastReplayed && index > floor.told {
            floor.told = index
            tellings += 1
        }
        early.removeAll { $0 <= lastReplayed }
    }

    // MARK: What may be answered

    /// Whether somebody who asks when this is the floor may be told this.
    func mayAnswer(_ access: Access, of secret: Secret, since floor: Floor) -> Bool {
        var atFloor = Access.nothing
        for turn in turns where turn.secret == secret {
            let answer = turn.access == .lapsed ? .nothing : turn.access
            if turn.counts(at: floor) {
                atFloor = answer
            } else if answer == access {
                return true
            }
        }
        return atFloor == access
    }

    /// Whether leases were off when the newest change was told, and still are.
    private var areLeasesOff: Bool {
        guard let last = switches.last else { return false }
        return !last.areLeasesOn && last.index <= floor.told
    }

    /// Throws if the node would contradict what was told.
    func observe(_ machine: Machine, at now: Instant) throws(Violation) {
        guard let process = machine.process else { return }
        let view = process.inspection
        guard machine.clock.steady(at: now).precedes(view.leaseExpiry) else { return }
        guard !areLeasesOff else {
            throw Violation(
                kind: .safety, law: "no node answers from memory after leases were told to be off",
                detail: "\(machine.id) at \(view.appliedIndex), told was \(floor.told)",
                time: now)
        }
        guard view.appliedIndex < floor.newest else { return }
        for turn in turns.reversed() where turn.counts(at: floor) {
            if turn.index <= view.appliedIndex { break }
            switch turn.secret {
            case .key(let digest):
                guard let validation = machine.validate(digest, at: now) else { return }
                try judge(validation, of: digest, by: machine.id, since: floor, at: now)
            case .token(let digest):
                guard let answer = process.identify(digest, at: machine.clock.steady(at: now))
                else { continue }
                try judge(
                    answer, at: view.appliedIndex, of: turn.secret, by: machine.id, since: floor,
                    now)
            }
        }
    }

    /// Throws if the answer contradicts what had been told at `floor`.
    func judge(
        _ validation: Validation, of key: Digest, by id: NodeID, since floor: Floor,
        at now: Instant
    ) throws(Violation) {
        let access: Access
        switch validation.verdict {
        case .unavailable: return
        case .invalid: access = .nothing
        case .valid, .wrongAPI, .creditsExhausted: access = .api
        }
        guard !mayAnswer(access, of: .key(key), since: floor) else { return }
        throw contradiction(
            by: id, at: validation.index, "key \(key.brief) is \(validation.verdict.code)", floor,
            now)
    }

    /// The same of who asked with a token or a key, and what the bearer is to the node.
    func judge(
        _ answer: QueryAnswer, at index: LogIndex, of secret: Secret, by id: NodeID,
        since floor: Floor, _ now: Instant
    ) throws(Violation) {
        let access: Access
        switch answer {
        case .identity(let identity): access = .role(identity.role)
        case .credits: access = .api
        case .refused(.unauthenticated), .refused(.invalidKey): access = .nothing
        default: return
        }
        guard !mayAnswer(access, of: secret, since: floor) else { return }
        throw contradiction(
            by: id, at: index, "\(secret.brief) gives \(access.brief)", floor, now)
    }

    private func contradiction(
        by id: NodeID, at index: LogIndex, _ word: String, _ floor: Floor, _ now: Instant
    ) -> Violation {
        Violation(
            kind: .safety, law: "no answer contradicts a change that was told",
            detail: "\(id) at \(index) says that \(word), told was \(floor.told), "
                + "lapsed by \(floor.lapsed)", time: now)
    }
}

extension Secret {
    var brief: String {
        switch self {
        case .key(let digest): "key \(digest.brief)"
        case .token(let digest): "token \(digest.brief)"
        }
    }
}

extension Access {
    fileprivate var brief: String {
        switch self {
        case .nothing, .lapsed: "nothing"
        case .api: "access"
        case .role(let role): "the power of \(role)"
        }
    }
}
