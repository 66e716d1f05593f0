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

    /// The client's own: preparations are asked again until they are done, and done once.
    var idempotency: IdempotencyKey? {
        guard case .preparation(let place) = purpose else { return nil }
        return IdempotencyKey("first-\(place)")
    }
}

// What is asked.
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
    func asker(_ asked: Asked) -> String {
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

    func isRepeated(_ position: Int) -> Bool {
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
        return .change(
            token: token,
            ClientRequest.Submission(
                command: command, idempotency: asked.idempotency,
                content: SHA256.digest(of: Array(asked.request.text.utf8))))
    }
}

extension ScenarioRequest {
    /// Whether it means something that another line asked for.
    fileprivate var isOfEarlier: Bool {
        switch self {
        case .retry, .settle, .void: true
        default: false
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
