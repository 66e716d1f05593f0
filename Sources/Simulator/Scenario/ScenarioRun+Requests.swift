import Basics
import Keyring
import Replica

/// A request of a scripted client, which asks once and waits.
struct Asked {
    enum Purpose {
        case preparation(Int)
        /// Of the line at this position.
        case line(Int)
    }

    var purpose: Purpose
    var node: NodeID
    var request: ScenarioRequest
    /// What is replicated, if anything is.
    var command: Command?
    /// The highest index that any client had been told when this was asked.
    var floor: LogIndex
    /// The newest change of what keys open that any client had been told.
    var floorOfKeys: Revocations.Floor
    var expected: ScenarioExpectation.Answer?
    var isAnswered = false
}

/// What a scripted client hears.
enum Heard {
    case changed
    case charged(ChargeReceipt)
    case held(HoldReceipt)
    case refused(String)
    case credits(remaining: UInt64?)
    case verdict(Validation)
    case done
    case failed(ScenarioExpectation.Failure)
    case unknown
    /// The connection broke: the node has gone.
    case lost
    /// Nobody was there to connect to.
    case unreachable
    case silence

    /// In short, for what is said again and again.
    var kind: String {
        switch self {
        case .changed, .done: "ok"
        case .charged(let receipt): receipt.replayed ? "replayed" : "charged"
        case .held(let receipt): receipt.replayed ? "replayed" : receipt.standing.word
        case .refused(let code): "refused with \(code)"
        case .credits: "answered"
        case .verdict(let validation): validation.verdict.code
        case .failed(let failure): "failed with \(failure.rawValue)"
        case .unknown: "unknown outcome"
        case .lost: "the connection broke"
        case .unreachable: "the node is down"
        case .silence: "no answer"
        }
    }

    var text: String {
        switch self {
        case .charged(let receipt):
            kind + (receipt.remaining.map { ", \($0) left" } ?? "")
        case .held(let receipt):
            kind + (receipt.remaining.map { ", \($0) left" } ?? "")
        case .credits(let remaining):
            remaining.map { "\($0) left" } ?? "no limit"
        case .verdict(let validation):
            kind + (validation.reason.map { " (\($0.code))" } ?? "")
        default: kind
        }
    }

    func meets(_ answer: ScenarioExpectation.Answer) -> Bool {
        switch (answer, self) {
        case (.ok, .changed), (.ok, .charged), (.ok, .held), (.ok, .credits), (.ok, .done): true
        case (.refused(let code), .refused(let other)): code == other
        case (.failed(let failure), .failed(let other)): failure == other
        case (.unknown, .unknown), (.unknown, .lost): true
        case (.silence, .silence), (.silence, .lost), (.silence, .unreachable): true
        case (.charged, .charged(let receipt)): !receipt.replayed
        case (.replayed, .charged(let receipt)): receipt.replayed
        case (.charged, .held(let receipt)):
            receipt.standing == .settled && !receipt.replayed
        case (.replayed, .held(let receipt)): receipt.replayed
        case (.left(let credits), .held(let receipt)): receipt.remaining?.rawValue == credits
        case (.exhausted, .refused(let code)): code == "credits_exhausted"
        case (.left(let credits), .charged(let receipt)):
            receipt.remaining?.rawValue == credits
        case (.left(let credits), .credits(let remaining)): remaining == credits
        case (.valid, .verdict(let validation)): validation.verdict == .valid
        case (.invalid, .verdict(let validation)): validation.verdict == .invalid
        case (.unavailable, .verdict(let validation)): validation.verdict == .unavailable
        case (.unavailable, .failed): true
        case (.notValid, .verdict(let validation)): validation.verdict != .valid
        case (.notInvalid, .verdict(let validation)): validation.verdict != .invalid
        // Nothing at all isn't "valid" either.
        case (.notValid, _), (.notInvalid, _): isNoVerdict
        default: false
        }
    }

    private var isNoVerdict: Bool {
        switch self {
        case .failed, .lost, .unreachable, .silence: true
        default: false
        }
    }
}

/// What a repeated line came to so far.
struct Tally {
    private var counts: [(kind: String, count: Int)] = []
    private(set) var last: String?

    var isEmpty: Bool { counts.isEmpty }

    /// Counts an answer; true if it is another than the one before.
    mutating func note(_ kind: String) -> Bool {
        if let known = counts.firstIndex(where: { $0.kind == kind }) {
            counts[known].count += 1
        } else {
            counts.append((kind, 1))
        }
        defer { last = kind }
        return last != kind
    }

    var text: String { counts.map { "\($0.count) × \($0.kind)" }.joined(separator: ", ") }
}

// What is asked and answered.
extension ScenarioRun {
    func ask(
        _ request: ScenarioRequest, of node: NodeID, _ purpose: Asked.Purpose,
        expecting expectation: ScenarioExpectation?
    ) throws(Violation) {
        let number = requests.count
        var asked = Asked(
            purpose: purpose, node: node, request: request,
            command: cast.command(of: request, automatic: "automatic-\(number)"),
            floor: world.observer.highestTold, floorOfKeys: world.observer.revocations.floor)
        if case .member(let wish, let place) = request, case .line(let position) = purpose {
            guard let member = resolve(place, position) else { return }
            asked.command = .changeMember(MemberCommand(wish.request(member)))
        }
        if asked.command == nil, request.isOfEarlier, case .line(let position) = purpose {
            return fail(position, request.text, "that wasn't asked for yet")
        }
        var deadline: Instant?
        if let expectation, case .answer(let answer) = expectation.condition {
            asked.expected = answer
            deadline =
                world.now + (expectation.within ?? ScenarioExpectation.answerTime)
        }
        requests.append(asked)
        noteQuestion(asked)
        if asked.request.answers != .verdict {
            world.trace?.note(.asked(asker(asked), node, request.text), at: world.now)
        }
        if request.answers == .verdict { return try validate(number, deadline) }
        if let deadline { schedule(.deadline(request: number), at: deadline) }
        let machine = world.machine(node)
        guard machine.isUp else { return hear(.unreachable, number) }
        let ticket = world.makeTicket(.script(number), at: machine)
        try world.submit(body(of: asked, number), ticket, to: machine)
    }

    /// In the world's trace each line is a client of its own.
    private func asker(_ asked: Asked) -> String {
        switch asked.purpose {
        case .preparation: "first"
        case .line(let position): "line \(scenario.lines[position].number)"
        }
    }

    private func noteQuestion(_ asked: Asked) {
        guard case .line(let position) = asked.purpose, !isRepeated(position),
            asked.request.answers != .verdict
        else { return }
        trace.note("\(asked.node) <- \(asked.request.text)", at: world.now)
    }

    private func isRepeated(_ position: Int) -> Bool {
        if case .every = scenario.lines[position].statement { true } else { false }
    }

    private func body(of asked: Asked, _ number: Int) -> ClientRequest.Body {
        let token = Population.operatorToken
        switch asked.request {
        case .readCredits(let key):
            return .query(ScenarioCast.keyDigest(key), .credits, .linearizable)
        case .handOver(let place):
            // Whoever is meant was there when the line began.
            guard case .line(let position) = asked.purpose, let place else {
                return .transferLeadership(token: token, to: nil)
            }
            return .transferLeadership(token: token, to: resolve(place, position))
        case .takeSnapshot:
            return .takeSnapshot(token: token)
        default:
            break
        }
        guard let command = asked.command else {
            preconditionFailure("a change without a command")
        }
        if case .charge(let charges) = command { return .charge(charges) }
        if case .hold(let command) = command { return .hold(command) }
        // The preparations are asked again until they are done, and done once.
        var id: IdempotencyKey?
        if case .preparation(let place) = asked.purpose { id = IdempotencyKey("first-\(place)") }
        return .change(
            token: token,
            ClientRequest.Submission(
                command: command, idempotency: id,
                content: SHA256.digest(of: Array(asked.request.text.utf8))))
    }

    // MARK: Answers

    /// The node answered, or has gone.
    func take(_ reply: ClientReply?, request number: Int) throws(Violation) {
        let asked = requests[number]
        switch reply {
        case .outcome(let outcome, let index)?:
            acknowledge(asked, outcome, index)
            hear(heard(outcome), number)
        case .answer(let answer, let index)?:
            hear(heard(answer, at: index, asked), number)
        case .done?, .status?:
            hear(.done, number)
        case .validation(let validation)?:
            try hear(validation, number)
        case .failed(let failure)?:
            world.observer.count(failure)
            hear(heard(failure), number)
        case nil:
            hear(.lost, number)
        }
    }

    private func acknowledge(_ asked: Asked, _ outcome: Outcome, _ index: LogIndex) {
        let operation = Operation(
            kind: asked.request.operationKind, command: asked.command)
        world.observer.acknowledge(
            Acknowledgement(
                operation: operation, outcome: outcome, index: index, floor: asked.floor),
            at: world.now)
    }

    private func heard(_ outcome: Outcome) -> Heard {
        switch outcome {
        case .changed, .noted: .changed
        case .held(let receipt): .held(receipt)
        case .refused(let refusal): .refused(refusal.code)
        case .malformed: .refused("malformed")
        case .charged(let outcomes):
            switch outcomes.first {
            case .charged(let receipt)?: .charged(receipt)
            case .refused(let refusal)?: .refused(refusal.code)
            case nil: .refused("malformed")
            }
        }
    }

    private func heard(_ answer: QueryAnswer, at index: LogIndex, _ asked: Asked) -> Heard {
        if case .readCredits(let key) = asked.request {
            world.observer.note(
                ReadAnswer(
                    question: .credits(ScenarioCast.keyDigest(key)), answer: answer,
                    index: index, floor: asked.floor))
        }
        switch answer {
        case .credits(let credits): return .credits(remaining: credits.remaining?.rawValue)
        case .refused(let refusal): return .refused(refusal.code)
        default: return .done
        }
    }

    private func heard(_ failure: ClientFailure) -> Heard {
        switch failure {
        case .unauthenticated: .failed(.unauthenticated)
        case .forbidden: .failed(.forbidden)
        case .noLeader: .failed(.noLeader)
        case .overloaded: .failed(.overloaded)
        case .diskFull: .failed(.diskFull)
        case .unavailable: .failed(.unavailable)
        case .cannotLead: .failed(.cannotLead)
        case .transferFailed: .failed(.transferFailed)
        case .changeUnderWay: .failed(.changeUnderWay)
        case .notMember: .failed(.notMember)
        case .outcomeUnknown: .unknown
        }
    }

    private func hear(_ heard: Heard, _ number: Int) {
        let asked = requests[number]
        guard !asked.isAnswered else { return }
        requests[number].isAnswered = true
        let isVerdict = asked.request.answers == .verdict
        world.trace?.note(
            .answered(asker(asked), isVerdict ? asked.node : nil, heard.text), at: world.now)
        switch asked.purpose {
        case .preparation:
            takeNotes()
            takePrepared(heard, asked.request)
        case .line(let position):
            note(heard, asked, position)
            judge(heard, asked, position)
            wake(behind: position)
        }
    }

    private func note(_ heard: Heard, _ asked: Asked, _ position: Int) {
        // Only what comes as something new.
        if isRepeated(position), !tallies[position].note(heard.kind) { return }
        takeNotes()
        trace.note("\(asked.node) -> \(heard.text)  (\(asked.request.text))", at: world.now)
    }

    private func judge(_ heard: Heard, _ asked: Asked, _ position: Int) {
        guard let expected = asked.expected, !heard.meets(expected) else { return }
        fail(position, expected.text, "\(asked.node) answered: \(heard.text)")
    }

    /// The deadline has come.
    func expire(_ number: Int) {
        guard !requests[number].isAnswered, let expected = requests[number].expected,
            case .line(let position) = requests[number].purpose
        else { return }
        let asked = requests[number]
        if Heard.silence.meets(expected) {
            requests[number].isAnswered = true
            note(.silence, asked, position)
        } else {
            fail(position, expected.text, "\(asked.node) hasn't answered")
        }
    }

    // MARK: Validations

    /// As a front thread answers, by the node's own memory and clock, or by the leader's word while
    /// leases are switched off. What a process that stands still is asked waits in its socket, and
    /// is read when it goes on.
    private func validate(_ number: Int, _ deadline: Instant?) throws(Violation) {
        let machine = world.machine(requests[number].node)
        guard machine.isUp else { return hear(.unreachable, number) }
        guard !machine.isPaused else {
            stalledValidations.append(number)
            return
        }
        try answerValidation(number)
        if let deadline, !requests[number].isAnswered {
            schedule(.deadline(request: number), at: deadline)
        }
    }

    private func answerValidation(_ number: Int) throws(Violation) {
        guard case .validate(let key) = requests[number].request else { return }
        let machine = world.machine(requests[number].node)
        let digest = ScenarioCast.keyDigest(key)
        guard let validation = machine.validate(digest, at: world.now) else {
            return hear(.unreachable, number)
        }
        guard machine.isConfirming else { return try hear(validation, number) }
        let question = ValidationQuestion(digest: digest, api: nil, cost: .zero)
        try world.submit(
            .validation(question), world.makeTicket(.script(number), at: machine), to: machine)
    }

    /// Throws if the verdict contradicts what had been told when it was asked for.
    private func hear(_ validation: Validation, _ number: Int) throws(Violation) {
        let asked = requests[number]
        if case .validate(let key) = asked.request {
            try world.observer.revocations.judge(
                validation, of: ScenarioCast.keyDigest(key), by: asked.node,
                since: asked.floorOfKeys, at: world.now)
        }
        hear(.verdict(validation), number)
    }

    /// The node's process goes on: its front threads are as quick as its replica thread.
    func answerValidations(waitingAt id: NodeID) throws(Violation) {
        let numbers = stalledValidations.filter { requests[$0].node == id }
        stalledValidations.removeAll { requests[$0].node == id }
        for number in numbers { try answerValidation(number) }
    }
}

extension Machine {
    /// Whether its front asks the node, and so the leader, for every verdict.
    fileprivate var isConfirming: Bool {
        process?.node.table.makeReader().isConfirming ?? false
    }
}

extension HoldReceipt.Standing {
    fileprivate var word: String { self == .open ? "held" : text }
}

extension ScenarioRequest {
    /// Whether it means something that another line asked for.
    fileprivate var isOfEarlier: Bool {
        switch self {
        case .retry, .settle, .void: true
        default: false
        }
    }

    fileprivate var operationKind: Operation.Kind {
        switch self {
        case .createAccount: .createAccount
        case .createUser: .createUser
        case .createKey: .createKey
        case .activate, .deactivate: .toggleKey
        case .revoke: .revokeKey
        case .revokeAllKeys: .revokeAllKeys
        case .removeUser: .removeUser
        case .limit: .setLimit
        case .lift: .removeLimit
        case .hold: .placeHold
        case .settle: .settleHold
        case .void: .voidHold
        case .pool: .setPool
        case .liftPool: .removePool
        case .charge: .charge
        case .retry: .repeatCharge
        case .readCredits: .query
        case .validate: .validate
        case .setLease: .updateSettings
        case .handOver: .transfer
        case .takeSnapshot: .takeSnapshot
        case .member: .changeMember
        case .rotate: .rotateKey
        case .createAPI: .createAPI
        case .removeAPI: .removeAPI
        }
    }
}

extension ScenarioRequest.MemberWish {
    fileprivate func request(_ id: NodeID) -> MemberRequest {
        switch self {
        case .add: .add(id, address: "\(id)", clientAddress: "")
        case .promote: .promote(id)
        case .remove: .remove(id)
        }
    }
}
