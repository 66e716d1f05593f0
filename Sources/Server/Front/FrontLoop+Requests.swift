import Basics
import HTTP
import Keyring
import Linux
import Replica

/// From bytes to answers, on one connection.
extension FrontLoop {
    mutating func read(_ connection: FrontConnection) {
        if connection.stage == .lingering { return drop(connection) }
        guard connection.stage == .open, !connection.hasEnded else { return }
        // More than its turn is there already.
        if connection.isBehind && !isDraining { return }
        do throws(SystemError) {
            let room = connection.input.room(upTo: FrontLimits.inputBytes)
            // Full of requests that may not be taken yet.
            if room.isEmpty {
                if connection.isBehind { serve(connection) }
                return
            }
            switch try connection.socket.read(into: room) {
            case .bytes(let count): connection.input.fill(count)
            // At the end whoever waits for another turn has it now.
            case .wouldBlock: if !connection.isBehind { return }
            case .end: connection.hasEnded = true
            }
        } catch {
            return close(connection)
        }
        serve(connection)
    }

    /// Answers or hands over the whole requests that are there, as many as have room in one turn,
    /// and writes what can be written.
    mutating func serve(_ connection: FrontConnection, hasProgressed: Bool = false) {
        var hasProgressed = hasProgressed
        // What has had its turn is only written to; at the end there is no other turn.
        var turn = connection.isBehind ? 0 : FrontLimits.requestsInTurn
        if isDraining { turn = .max }
        var isStarved: Bool
        repeat {
            isStarved = takeRequests(connection, &turn, &hasProgressed)
            guard write(connection) else { return }
            // Stopped for want of room in the output, which has just gone out.
        } while !isStarved && turn > 0 && connection.output.isEmpty && connection.mayBeServed
        if turn == 0, connection.mayBeServed, !connection.isBehind {
            connection.isBehind = true
            behind.append(connection)
        }
        settle(connection, hasProgressed)
    }

    /// Those whose next turn this is.
    mutating func takeBehind() -> [FrontConnection] {
        guard !behind.isEmpty else { return [] }
        defer { behind = [] }
        return behind
    }

    /// Takes further requests of connections that have sent more than a turn's: after those of the
    /// others, which have just come.
    mutating func goOn(with due: [FrontConnection]) {
        for connection in due where connections.holds(connection) {
            connection.isBehind = false
            if connection.stage != .lingering { serve(connection) }
        }
    }

    /// Takes whole requests as long as there are any, it is the connection's turn and it may have
    /// more; false if it stopped for one of the latter.
    private mutating func takeRequests(
        _ connection: FrontConnection, _ turn: inout Int, _ hasProgressed: inout Bool
    ) -> Bool {
        answeredRequests = 0
        defer {
            if answeredRequests > 0 {
                metrics.answered.add(answeredRequests)
                metrics.answerTime.note(Clocks.now() - now, count: answeredRequests)
            }
        }
        while turn > 0, connection.mayBeServed {
            turn &-= 1
            let bytes = connection.input.filled
            let progress = connection.parser.parse(bytes)
            guard progress == .complete else {
                answerLooks(connection)
                takeUnfinished(connection, progress, bytes)
                return true
            }
            take(connection, bytes)
            hasProgressed = true
            if !connection.parser.head.keepsAlive { connection.stage = .finishing }
            connection.input.consume(connection.parser.startNext())
        }
        answerLooks(connection)
        guard connection.input.isEmpty else { return connection.stage == .finishing }
        if connection.hasEnded { connection.stage = .finishing }
        return true
    }

    private mutating func takeUnfinished(
        _ connection: FrontConnection, _ progress: RequestParser.Progress,
        _ bytes: UnsafeRawBufferPointer
    ) {
        switch progress {
        case .refused(let refusal):
            metrics.malformed.add()
            scratch.removeAll()
            answer(router.refuse(refusal, of: bytes, date: date, to: &scratch), connection)
            connection.isRefused = true
            connection.stage = .finishing
        case .expectsContinue:
            scratch.removeAll()
            scratch.writeContinue()
            put(scratch, connection)
        case .incomplete, .complete:
            // What is missing will never come.
            if connection.hasEnded { connection.stage = .finishing }
        }
    }

    /// Takes one whole request: answers it, hands it over, or looks up what it asks about.
    private mutating func take(_ connection: FrontConnection, _ bytes: UnsafeRawBufferPointer) {
        scratch.removeAll()
        let routed: Routed
        if let body = connection.parser.bodyInPlace(in: bytes) {
            routed = route(connection, bytes, body)
        } else {
            routed = connection.parser.withBody(in: bytes) { route(connection, bytes, $0) }
        }
        if case .looked = routed {
            if router.looks.count == FrontLimits.looks { answerLooks(connection) }
            return
        }
        // Answers leave in the order of their requests.
        answerLooks(connection)
        switch routed {
        case .looked: break
        case .answered(let status):
            answer(status, connection)
            answeredRequests += 1
        case .monitoring(let page, let context):
            let leases = router.leases
            let text = services.pages.text(of: page, leases: leases, now: Clocks.steady())
            scratch.removeAll()
            answer(router.write(page, text, context, date: date, to: &scratch), connection)
            answeredRequests += 1
        case .submit(let body, let context):
            submit(body, context, connection)
        }
    }

    /// Hands a request over to the node, unless too much of the connection waits there already.
    private mutating func submit(
        _ body: ClientRequest.Body, _ context: AnswerContext, _ connection: FrontConnection
    ) {
        let ticket = FrontTicket(
            front: number, place: connection.place, number: connection.nextNumber)
        let request = ClientRequest(ticket: ticket.ticket, body: body)
        let load = WaitingLoad(count: 1, bytes: request.cost)
        guard services.waitingRoom.enter(load, beside: connection.waiting) else {
            let reply = ClientReply.failed(.overloaded)
            scratch.removeAll()
            let status = router.render(reply, context, date: date, to: &scratch)
            logFailure(status, context)
            return answer(status, connection)
        }
        metrics.submitted.add()
        connection.append(context, began: now, load: load)
        requests.append(request)
    }

    @inline(__always)
    private mutating func route(
        _ connection: FrontConnection, _ bytes: UnsafeRawBufferPointer,
        _ body: UnsafeRawBufferPointer
    ) -> Routed {
        router.route(
            connection.parser.head, in: bytes, body: body, from: connection.origin, date: date,
            now: { Clocks.now() }, to: &scratch)
    }

    /// Puts the answer that was written to `scratch` in its place.
    private func answer(_ status: Status, _ connection: FrontConnection) {
        metrics.note(status)
        put(scratch, connection)
    }

    func put(_ answer: borrowing ResponseWriter, _ connection: FrontConnection) {
        if connection.exchanges.isEmpty {
            connection.output.append(answer)
        } else {
            connection.append(answer, began: now)
        }
    }

    // MARK: - Writing and waiting

    /// The client reads again, or is to be told something.
    mutating func flush(_ connection: FrontConnection) {
        let before = connection.output.count
        guard write(connection) else { return }
        if connection.output.isEmpty && connection.mayBeServed {
            return serve(connection, hasProgressed: before > 0)
        }
        settle(connection, connection.output.count < before)
    }

    /// Writes what can be written; false if the connection has ended.
    private mutating func write(_ connection: FrontConnection) -> Bool {
        do throws(SystemError) {
            _ = try connection.output.flush(into: connection.socket)
        } catch {
            close(connection)
            return false
        }
        guard connection.stage == .finishing && connection.isQuiet else { return true }
        end(connection)
        return false
    }

    /// Sees to what the connection waits for, and for how long.
    private mutating func settle(_ connection: FrontConnection, _ hasProgressed: Bool) {
        watch(connection)
        note(connection, hasProgressed)
    }

    /// Tells the poller what the connection waits for.
    mutating func watch(_ connection: FrontConnection) {
        var interest: Interest = connection.stage == .lingering ? .read : []
        if !connection.output.isEmpty { interest.insert(.write) }
        if connection.stage == .open && connection.exchanges.count < FrontLimits.exchanges
            && connection.output.count < FrontLimits.queuedBytes && !connection.hasEnded
        {
            interest.insert(.read)
        }
        guard interest != connection.interest else { return }
        connection.interest = interest
        let token = FrontLoop.firstPlace + UInt64(connection.place)
        poller.change(connection.socket.descriptor, interest, token: token)
    }

    /// Moves the deadline if the connection does something else now, or the same anew.
    private mutating func note(_ connection: FrontConnection, _ hasProgressed: Bool) {
        // A lingering connection's deadline is its last.
        guard connection.stage != .lingering else { return }
        let phase = connection.currentPhase
        guard phase != connection.phase || hasProgressed else { return }
        connection.phase = phase
        guard !isDraining else { return }
        switch phase {
        case .idle: connection.deadline = now + idleDeadline
        case .waiting: connection.deadline = now + FrontLimits.waitDeadline
        case .readingHead: connection.deadline = now + headDeadline
        case .readingBody: connection.deadline = now + FrontLimits.bodyDeadline
        case .writing: connection.deadline = now + FrontLimits.writeDeadline
        }
    }

    /// The deadline has come.
    mutating func expire(_ connection: FrontConnection) {
        let isReading = connection.phase == .readingBody || connection.phase == .readingHead
        guard connection.stage == .open, isReading else { return close(connection) }
        // Says why, if the client still listens.
        scratch.removeAll()
        let refusal = ProblemDetails(.requestTimeout)
        let bytes = connection.input.filled
        answer(router.refuse(refusal, of: bytes, date: date, to: &scratch), connection)
        connection.isRefused = true
        connection.stage = .finishing
        if write(connection) { close(connection) }
    }

    /// What the node won't answer any more. A question failed; a change may be in some log, and
    /// only a request under the same id can tell.
    mutating func failUnanswered(_ connection: FrontConnection) {
        let first = connection.firstNumber
        for (offset, exchange) in connection.exchanges.enumerated() {
            guard case .awaited(let context) = exchange.answer else { continue }
            let failure: ClientFailure =
                context.endpoint.changesState ? .outcomeUnknown : .unavailable
            complete(connection, first &+ UInt32(offset), .failed(failure))
        }
    }
}
