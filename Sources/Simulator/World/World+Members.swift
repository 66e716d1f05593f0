import Basics
import Consensus
import Keyring
import Replica

/// A wish of the operator that the members change, until it is known what became of it.
struct MemberWish {
    var request: MemberRequest
    /// The highest index that anybody had been told when it arose.
    var floor: LogIndex
    var attempts = 0
    /// The attempt under way; nil while the operator pauses before the next.
    var ticket: RequestTicket?
    var isOver = false
}

// An operator who adds, promotes and removes nodes, and asks again until it is done. Nothing is
// asked twice under one id: each wish is the same whether it is made once or again.
extension World {
    private static let mostAttempts = 40

    /// A machine that waited to join is started.
    func join(_ machine: Machine) throws(Violation) {
        guard !machine.hasJoined else { return }
        machine.hasJoined = true
        try start(machine)
    }

    func wish(_ request: MemberRequest) {
        wishes.append(MemberWish(request: request, floor: observer.highestTold))
        schedule(.wish(wishes.count - 1), after: .zero)
    }

    /// The operator wants a member gone, but not if that would leave too few for the damage that
    /// the plan may still do: what is promised then isn't promised at all.
    func wishAway(_ id: NodeID) {
        let configuration = observer.configuration
        let leaving = wishes.count { wish in
            if case .remove = wish.request { !wish.isOver } else { false }
        }
        let isSafe = configuration.voters.count - leaving > (mayLoseNodes ? 3 : 1)
        guard configuration.contains(id),
            isSafe || !configuration.isVoter(id) || machine(id).loss != nil
        else { return }
        wish(.remove(id))
    }

    private var mayLoseNodes: Bool {
        options.brokenForEver != nil
            || [FaultKind.rot, .misdirect, .wipe].contains { options.pauses[$0] != nil }
    }

    /// The operator's turn: asks any node that runs.
    func pursue(_ number: Int) throws(Violation) {
        guard !isHealed, !wishes[number].isOver else { return }
        wishes[number].ticket = nil
        let up = machines.filter(\.isUp)
        guard !up.isEmpty, wishes[number].attempts < Self.mostAttempts else {
            wishes[number].isOver = wishes[number].attempts >= Self.mostAttempts
            return schedule(.wish(number), after: .milliseconds(500))
        }
        let machine = up[Int(clientRandom.below(UInt64(up.count)))]
        let ticket = makeTicket(.operator(number), at: machine)
        wishes[number].ticket = ticket
        wishes[number].attempts += 1
        let request = wishes[number].request
        trace?.note(.asked("operator", machine.id, request.text), at: now)
        schedule(.wishImpatience(number, ticket), after: .seconds(3))
        let submission = ClientRequest.Submission(
            command: .changeMember(MemberCommand(request)), idempotency: nil, content: .zero)
        try submit(.change(token: Population.operatorToken, submission), ticket, to: machine)
    }

    func loseWish(_ number: Int, _ ticket: RequestTicket) throws(Violation) {
        guard wishes[number].ticket == ticket else { return }
        try pursue(number)
    }

    func take(_ reply: ClientReply, wish number: Int, ticket: RequestTicket) {
        guard wishes[number].ticket == ticket else { return }
        wishes[number].ticket = nil
        trace?.note(.answered("operator", nil, reply.brief), at: now)
        var isOver = false
        if case .outcome(let outcome, let index) = reply {
            let command = Command.changeMember(MemberCommand(wishes[number].request))
            observer.acknowledge(
                Acknowledgement(
                    operation: Operation(kind: .changeMember, command: command),
                    outcome: outcome, index: index, floor: wishes[number].floor), at: now)
            observer.coverage.count(wishes[number].request, outcome)
            isOver = !outcome.mayChange
        }
        if case .failed(let failure) = reply { observer.count(failure) }
        wishes[number].isOver = isOver
        guard !isOver else { return }
        let pause = clientRandom.between(.milliseconds(1), .milliseconds(600))
        schedule(.wish(number), after: pause)
    }
}

extension Outcome {
    /// Whether the same wish may have another outcome in a while.
    fileprivate var mayChange: Bool {
        guard case .refused(.memberRefused(let refusal)) = self else { return false }
        return [.notCaughtUp, .noMajority, .unknownMember, .changeUnderWay].contains(refusal)
    }
}
