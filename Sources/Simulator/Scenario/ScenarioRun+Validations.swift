import Basics
import Keyring
import Replica

// Validations.
extension ScenarioRun {
    /// As a front thread answers, by the node's own memory and clock, or by the leader's word while
    /// leases are switched off. What a process that stands still is asked waits in its socket, and
    /// is read when it goes on.
    func validate(_ number: Int, _ deadline: Instant?) throws(Violation) {
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
    func hear(_ validation: Validation, _ number: Int) throws(Violation) {
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
