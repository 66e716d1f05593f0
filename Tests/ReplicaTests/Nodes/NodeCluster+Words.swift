import Basics
import Consensus
import Keyring

@testable import Replica
@testable import Simulator

// What the tests say to the nodes, and hear from them.
extension NodeCluster {
    static let token = Population.operatorToken
    static let account = AccountID(1)
    static let user = UserID(2)
    /// The text of the one key.
    static let key = KeyText(api: .rest, random: 0..<30)?.bytes ?? []

    /// The one node that leads; nil if none or several do.
    var leader: NodeID? {
        let leaders = computers.filter { $0.node?.inspection.role == .leader }
        return leaders.count == 1 ? leaders[0].id : nil
    }

    /// Asks for a command by the operator's token.
    @discardableResult
    func change(_ id: NodeID, _ command: Command) -> RequestTicket {
        ask(
            id,
            .change(
                token: Self.token,
                ClientRequest.Submission(command: command, idempotency: nil, content: .zero)))
    }

    /// Makes an account whose name, and so its entry, can be found on the disk.
    @discardableResult
    func makeAccount(_ number: UInt64, at id: NodeID) -> RequestTicket {
        guard let name = Name("account number \(number) of many") else {
            preconditionFailure("a valid name")
        }
        return change(id, .createAccount(AccountID(1_000 + number), name: name))
    }

    /// Makes so many accounts, each in a batch of its own.
    func makeAccounts(_ numbers: Range<UInt64>, at id: NodeID) {
        for number in numbers {
            makeAccount(number, at: id)
            run(.milliseconds(5))
        }
    }

    /// Makes an account, a user and a key with which a validation succeeds.
    func makeKey(at id: NodeID) {
        guard let name = Name("name"), let email = EmailAddress("a@example.com") else {
            preconditionFailure("valid names")
        }
        let key = NewKey(
            id: KeyID(3), account: Self.account, user: Self.user, api: .rest, name: name,
            digest: SHA256.digest(of: Self.key), suffix: Workload.suffix, active: true)
        for command in [
            Command.createAccount(Self.account, name: name),
            .createUser(
                Self.user, account: Self.account, email: email, name: name, role: .member),
            .createKey(key),
        ] {
            change(id, command)
            run(.milliseconds(20))
        }
    }

    /// What the node's read side says of the key now.
    func verdict(at id: NodeID) -> Validation.Verdict {
        validation(at: id).verdict
    }

    func validation(at id: NodeID) -> Validation {
        let question = ValidationQuestion(text: Self.key.span.bytes, api: .rest, cost: .zero)
        return LookedUp(question, reader: node(id).table.makeReader()).judge(at: clock.steady)
    }

    func replies(to ticket: RequestTicket) -> [(reply: ClientReply, at: Instant)] {
        words.compactMap { item in
            if case .reply(ticket, let reply) = item.word { (reply, item.at) } else { nil }
        }
    }

    /// The one answer to the ticket; nil if there was none or several.
    func reply(to ticket: RequestTicket) -> (reply: ClientReply, at: Instant)? {
        let replies = replies(to: ticket)
        return replies.count == 1 ? replies[0] : nil
    }

    func failure(of ticket: RequestTicket) -> ClientFailure? {
        if case .failed(let failure)? = reply(to: ticket)?.reply { failure } else { nil }
    }

    func isChanged(_ ticket: RequestTicket) -> Bool {
        if case .outcome(.changed, _)? = reply(to: ticket)?.reply { true } else { false }
    }

    /// What the node reported, oldest first.
    func events(of id: NodeID) -> [NodeEvent] {
        words.compactMap { item in
            if item.node == id, case .event(let event) = item.word { event } else { nil }
        }
    }

    func standings(of id: NodeID) -> [Standing] {
        events(of: id).compactMap { event in
            if case .standingChanged(let standing) = event { standing } else { nil }
        }
    }

    func installed(by id: NodeID) -> [LogIndex] {
        events(of: id).compactMap { event in
            if case .snapshotInstalled(let index, _) = event { index } else { nil }
        }
    }

    func written(by id: NodeID) -> [LogIndex] {
        events(of: id).compactMap { event in
            if case .snapshotWritten(let index) = event { index } else { nil }
        }
    }

    func stops(of id: NodeID) -> [Instant] {
        words.compactMap { item in
            if item.node == id, case .stopped = item.word { item.at } else { nil }
        }
    }

    /// Turns a bit of the journal's record of the account, as a disk does in time.
    func rot(account number: UInt64, of id: NodeID) -> Bool {
        let text = Array("account number \(number) of many".utf8)
        for file in self[id].disk.files where file.name.hasPrefix("segment") {
            for offset in file.bytes.indices.dropLast(text.count)
            where file.bytes[offset] == text[0] && file.bytes[offset...].starts(with: text) {
                self[id].disk.flipBit(offset * 8, of: file.name)
                return true
            }
        }
        return false
    }
}
