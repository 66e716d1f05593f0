import Basics
import Keyring
import Linux
import Replica

/// A validation that can't be answered yet: a change of the key is in this node's log and not yet
/// applied.
struct HeldValidation {
    var ticket: FrontTicket
    var question: ValidationQuestion
    /// From then on it is refused.
    var deadline: Instant
}

extension FrontLoop {
    /// Judges all that was looked up in this batch by one reading of the clocks, and answers.
    mutating func answerLooks(_ connection: FrontConnection) {
        guard !router.looks.isEmpty else { return }
        let now = Clocks.steady()
        for place in router.looks.indices {
            let validation = router.judge(router.looks[place].looked, now: now, date: date)
            if validation.reason == .pending, let question = router.looks[place].looked.question {
                hold(question, AnswerContext(router.looks[place].form), connection)
                continue
            }
            verdicts.removeAll()
            let status = router.write(
                validation, router.looks[place].form, date: date, to: &verdicts)
            metrics.note(validation.verdict)
            metrics.note(status)
            put(verdicts, connection)
            answeredRequests += 1
        }
        router.looks.removeAll(keepingCapacity: true)
    }

    /// Lets a validation wait in its exchange.
    mutating func hold(
        _ question: ValidationQuestion, _ context: AnswerContext, _ connection: FrontConnection
    ) {
        metrics.held.add()
        let ticket = FrontTicket(
            front: number, place: connection.place, number: connection.nextNumber)
        connection.append(context, began: now)
        let isFull = held.count >= FrontLimits.holds
        held.append(
            HeldValidation(
                ticket: ticket, question: question,
                deadline: isFull ? now : now + FrontLimits.holdTime))
    }

    /// Looks again at what waits, by the same rule and the same order of loads, and answers what
    /// can be answered or has waited long enough.
    mutating func lookAgain() {
        guard !held.isEmpty else { return }
        let due = held
        held.removeAll(keepingCapacity: true)
        for waiting in due {
            let looked = router.lookUp(waiting.question)
            let validation = router.judge(looked, now: Clocks.steady(), date: date)
            if validation.reason == .pending, now < waiting.deadline {
                held.append(waiting)
            } else {
                take(.validation(validation), waiting.ticket)
            }
        }
        flushAnswered()
    }
}
