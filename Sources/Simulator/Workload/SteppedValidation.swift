import Basics
import Keyring
import Replica

/// A validation on a front thread between two of its loads, while the node goes on.
final class SteppedValidation {
    private enum Stage {
        case read
        case applied(ValidationLoads.Applied)
        case states(ValidationLoads.States)
        case leased(ValidationLoads.Leased)
    }

    let client: Int
    let ticket: RequestTicket
    let digest: Digest
    /// The newest change that had been told when this was asked.
    let floor: Revocations.Floor
    private let reader: KeyTable.Reader
    private var stage = Stage.read

    init(
        client: Int, ticket: RequestTicket, digest: Digest, floor: Revocations.Floor,
        reading table: KeyTable
    ) {
        self.client = client
        self.ticket = ticket
        self.digest = digest
        self.floor = floor
        reader = table.makeReader()
    }

    /// Leases are off: the front asks the node, and so the leader, for every verdict.
    var mustAsk: Bool { if case .read = stage { reader.isConfirming } else { false } }

    /// Does the next load; the verdict comes with the last.
    func advance(_ clock: () -> SteadyInstant) -> Validation? {
        switch stage {
        case .read: stage = .applied(ValidationLoads.Applied(reader))
        case .applied(let loads): stage = .states(loads.states(of: digest))
        case .states(let loads): stage = .leased(loads.leases(reader))
        case .leased(let loads): return loads.judge(for: nil, cost: .zero, at: clock())
        }
        return nil
    }
}

extension World {
    /// A client asks about a key; a front thread of the machine looks it up, load by load.
    func validate(client number: Int, at machine: Machine) {
        guard let digest = clients[number].errand?.operation.digest,
            let table = machine.process?.node.table
        else { return }
        let ticket = makeTicket(.client(number), at: machine, showing: .key(digest))
        clients[number].errand?.ticket = ticket
        schedule(.impatience(number, ticket), after: .seconds(12))
        let validation = SteppedValidation(
            client: number, ticket: ticket, digest: digest, floor: observer.revocations.floor,
            reading: table)
        schedule(.load(machine.id, life: machine.life, validation), after: .zero)
    }

    func load(
        _ validation: SteppedValidation, at machine: Machine, _ event: Event
    ) throws(Violation) {
        // The client may have gone, but the thread doesn't know.
        guard !machine.isPaused else { return machine.backlog!.append(event) }
        if validation.mustAsk {
            let question = ValidationQuestion(digest: validation.digest, api: nil, cost: .zero)
            return try submit(.validation(question), validation.ticket, to: machine)
        }
        guard let answer = validation.advance({ readFrontClock(machine) }) else {
            return schedule(event, after: drawLoad())
        }
        try observer.revocations.judge(
            answer, of: validation.digest, by: machine.id, since: validation.floor, at: now)
        tickets[validation.ticket] = nil
        let number = validation.client
        guard clients[number].errand?.ticket == validation.ticket else { return }
        observer.coverage.validations += 1
        trace?.note(
            .answered(
                "client \(number)", machine.id,
                "key \(validation.digest.brief) is \(answer.verdict.code)"), at: now)
        if answer.verdict != .unavailable { observer.coverage.count(.validate) }
        finish(number)
    }

    private func readFrontClock(_ machine: Machine) -> SteadyInstant {
        #if MUTANTS
        if PlantedBug.isOn(.clockBeforeRequest) {
            defer { machine.frontThreadWaits = now }
            return machine.clock.steady(at: machine.frontThreadWaits)
        }
        #endif
        return machine.clock.steady(at: now)
    }

    /// Most loads follow at once; now and then a thread has to wait for its processor.
    private func drawLoad() -> Duration {
        if clientRandom.chance(1, in: 8) {
            return clientRandom.between(.zero, .milliseconds(20))
        }
        return clientRandom.between(.zero, .microseconds(2))
    }
}
