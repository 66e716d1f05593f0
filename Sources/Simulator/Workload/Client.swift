import Basics
import Keyring
import Replica

/// A client of the cluster: asks one thing at a time, at whichever node it likes, and asks again
/// elsewhere, under the same id, until it knows the outcome.
struct Client {
    /// What the client waits for.
    struct Errand {
        var operation: Operation
        /// The highest index that any client had been told when this began: what comes of it must
        /// reflect that.
        var floor: LogIndex
        /// When it was first asked.
        var invoked: Instant
        var attempts = 0
        /// The attempt under way; nil while the client pauses before the next.
        var ticket: RequestTicket?
    }

    let number: Int
    var errand: Errand?
    /// Errands brought to an end.
    var finished = 0
}

/// An outcome that a client was told.
struct Acknowledgement {
    var operation: Operation
    var outcome: Outcome
    var index: LogIndex
    /// As in the errand.
    var floor: LogIndex
}

/// A read that a client was answered.
struct ReadAnswer {
    var question: Question
    var answer: QueryAnswer
    var index: LogIndex
    /// As in the errand.
    var floor: LogIndex
    /// It needn't reflect what had been told, but for what secrets give.
    var isLocal = false
}

// What the clients do.
extension World {
    /// A client's own time-outs: the node it asked may have died with the question. With a short
    /// one the same is asked at two nodes at once.
    private static let patiences: [Duration] = [
        .milliseconds(300), .seconds(2), .seconds(12), .seconds(12),
    ]

    func startClients() {
        for client in clients {
            schedule(.client(client.number), after: clientRandom.between(.zero, .milliseconds(500)))
        }
    }

    /// The client's turn: it asks something new, or again.
    func act(client number: Int) throws(Violation) {
        if clients[number].errand == nil {
            // In the liveness phase the errands under way are finished, and new ones begun only
            // until the run is worth to be counted.
            guard !isHealed || isMakingUp else { return }
            var operation = population.draw(
                options.workload, &clientRandom, wall: Self.wallStart + (now - .zero))
            if operation.kind == .transfer && !options.clientsMoveLeadership
                || operation.kind == .changeLease && !options.clientsChangeLease
            {
                operation = Operation(kind: .query)
            }
            clients[number].errand = Client.Errand(
                operation: operation, floor: observer.highestTold, invoked: now)
        }
        clients[number].errand?.ticket = nil
        let up = (isHealed ? core : machines).filter(\.isUp)
        guard !up.isEmpty else {
            return schedule(.client(number), after: .milliseconds(200))
        }
        // In the quiet each is asked in its turn: a broken leader may be cut off from one.
        let choice =
            isHealed
            ? number + (clients[number].errand?.attempts ?? 0)
            : Int(clientRandom.below(UInt64(up.count)))
        let machine = up[choice % up.count]
        if clients[number].errand?.operation.kind == .validate {
            return validate(client: number, at: machine)
        }
        try ask(client: number, at: machine)
    }

    private func ask(client number: Int, at machine: Machine) throws(Violation) {
        guard let operation = clients[number].errand?.operation else { return }
        noteDuplicate(client: number, at: machine)
        let ticket = makeTicket(
            .client(number), at: machine, showing: operation.secret,
            isLocal: operation.kind == .localRead)
        clients[number].errand?.ticket = ticket
        clients[number].errand?.attempts += 1
        trace?.note(.asked("client \(number)", machine.id, operation.brief), at: now)
        // The client's own clock: it gives up waiting and asks elsewhere.
        let drawn = Self.patiences[Int(clientRandom.below(4))]
        let patience = isHealed ? Self.patiences[3] : drawn
        schedule(.impatience(number, ticket), after: patience)
        try submit(body(of: operation), ticket, to: machine)
    }

    /// An earlier attempt may be under way at another node, under the same id.
    private func noteDuplicate(client number: Int, at machine: Machine) {
        guard clients[number].errand?.operation.command != nil else { return }
        let isDuplicate = tickets.values.contains { ticket in
            ticket.holder != machine.id && ticket.asker == .client(number)
        }
        observer.coverage.duplicates += isDuplicate ? 1 : 0
    }

    func makeTicket(
        _ asker: Asker, at machine: Machine, showing secret: Secret? = nil, isLocal: Bool = false
    ) -> RequestTicket {
        let ticket = RequestTicket(nextTicket)
        nextTicket += 1
        tickets[ticket] = Ticket(
            asker: asker, holder: machine.id, asked: now, floor: observer.revocations.floor,
            secret: secret, isLocal: isLocal)
        return ticket
    }

    private func body(of operation: Operation) -> ClientRequest.Body {
        if operation.kind == .takeSnapshot {
            return .takeSnapshot(token: Population.operatorToken)
        }
        if operation.kind == .transfer {
            return .transferLeadership(token: Population.operatorToken, to: nil)
        }
        guard let command = operation.command else {
            let consistency: ClientRequest.Consistency =
                operation.kind == .localRead ? .local : .linearizable
            let token = Population.operatorToken
            switch operation.question {
            case .credits(let digest): return .query(digest, .credits, consistency)
            case .identity(let digest): return .query(digest, .whoami, consistency)
            case .key(let id, let account):
                return .query(token, .key(id, account: account), consistency)
            case nil: return .query(token, .whoami, consistency)
            }
        }
        if case .charge(let charges) = command { return .charge(charges) }
        if case .hold(let command) = command { return .hold(command) }
        let submission = ClientRequest.Submission(
            command: command, idempotency: operation.idempotency,
            content: operation.content)
        return .change(token: Population.operatorToken, submission)
    }

    /// A node answered.
    func take(_ reply: ClientReply, asker: Asker, ticket: RequestTicket) throws(Violation) {
        switch asker {
        case .client(let number): try take(reply, client: number, ticket: ticket)
        case .operator(let number): take(reply, wish: number, ticket: ticket)
        case .script(let line): try onScriptReply?(self, line, reply)
        }
    }

    private func take(
        _ reply: ClientReply, client number: Int, ticket: RequestTicket
    ) throws(Violation) {
        guard let errand = clients[number].errand, errand.ticket == ticket else { return }
        clients[number].errand?.ticket = nil
        trace?.note(.answered("client \(number)", nil, reply.brief), at: now)
        switch reply {
        case .outcome(let outcome, let index):
            observer.record(errand, of: number, .outcome(outcome), at: index, now)
            if let command = errand.operation.command { population.note(command, outcome) }
            observer.acknowledge(
                Acknowledgement(
                    operation: errand.operation, outcome: outcome, index: index,
                    floor: errand.floor), at: now)
            finish(number)
        case .answer(let answer, let index):
            observer.record(errand, of: number, .answer(answer), at: index, now)
            if let question = errand.operation.question {
                observer.coverage.count(errand.operation.kind)
                observer.note(
                    ReadAnswer(
                        question: question, answer: answer, index: index, floor: errand.floor,
                        isLocal: errand.operation.kind == .localRead))
            }
            finish(number)
        case .failed(.transferFailed), .failed(.cannotLead):
            finish(number)
        case .failed(.unavailable) where errand.operation.kind.isOfMemory:
            finish(number)
        case .failed(let failure):
            observer.count(failure)
            schedule(
                .client(number), after: clientRandom.between(.milliseconds(1), .milliseconds(300)))
        case .done:
            observer.coverage.count(errand.operation.kind)
            finish(number)
        case .validation:
            observer.coverage.validations += 1
            observer.coverage.confirmedValidations += 1
            observer.coverage.count(.validate)
            finish(number)
        case .status:
            finish(number)
        }
    }

    func finish(_ number: Int) {
        clients[number].errand = nil
        clients[number].finished += 1
        let pause = isHealed ? Self.shortPause : options.longestPause
        schedule(.client(number), after: clientRandom.between(.zero, pause))
    }

    /// Between a client's errands while a run is making up for commits that it lacks.
    private static let shortPause = Duration.milliseconds(20)

    /// Whether clients go on in the quiet: the run has too few commits yet, and the first half of
    /// the quiet isn't over.
    private var isMakingUp: Bool {
        !hasEnoughCommits
            && now < .zero + options.safetyPhase
                + .nanoseconds(options.livenessPhase.nanoseconds / 2)
    }

    /// A run tells something if things are done in it, and not only broken.
    var hasEnoughCommits: Bool {
        let length = options.safetyPhase + options.livenessPhase
        return Int64(observer.log.count) * 1_000
            >= length.milliseconds * SimulationOptions.commitsPerSecond
    }

    /// The node that held these questions is gone.
    func loseTickets(of machine: Machine) {
        let lost = tickets.filter { $0.value.holder == machine.id }.keys
        for ticket in lost.sorted(by: { $0.rawValue < $1.rawValue }) {
            guard let asker = tickets.removeValue(forKey: ticket)?.asker else { continue }
            switch asker {
            case .client(let number):
                guard clients[number].errand?.ticket == ticket else { continue }
                clients[number].errand?.ticket = nil
                trace?.note(.answered("client \(number)", nil, "the node has gone"), at: now)
                schedule(
                    .client(number),
                    after: clientRandom.between(.milliseconds(1), .milliseconds(100)))
            case .operator(let number):
                guard wishes[number].ticket == ticket else { continue }
                wishes[number].ticket = nil
                schedule(.wish(number), after: .milliseconds(100))
            case .script(let line):
                schedule(.scriptLoss(line), after: .milliseconds(1))
            }
        }
    }

    /// The client has waited long enough.
    func loseAttempt(_ ticket: RequestTicket, client number: Int) throws(Violation) {
        guard clients[number].errand?.ticket == ticket else { return }
        trace?.note(.answered("client \(number)", nil, "no answer in time"), at: now)
        try act(client: number)
    }
}
