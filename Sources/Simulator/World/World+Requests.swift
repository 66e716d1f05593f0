import Basics
import Replica

// From whoever asks to a node, as front threads hand requests over: what is there goes together.
extension World {
    /// For how long a busy node doesn't look.
    private static let longestStep = Duration.milliseconds(40)

    func submit(
        _ body: ClientRequest.Body, _ ticket: RequestTicket, to machine: Machine
    ) throws(Violation) {
        guard machine.isUp else { return }
        machine.requests.append(ClientRequest(ticket: ticket, body: body))
        guard options.requestsComeTogether else { return try handOver(to: machine) }
        guard machine.requests.count == 1 else { return }
        schedule(
            .requests(machine.id, life: machine.life),
            after: frontRandom.between(.zero, Self.longestStep))
    }

    /// Gives the node all that it was asked since the last time, as one input.
    func handOver(to machine: Machine) throws(Violation) {
        let input = NodeInput.requests(machine.requests)
        machine.requests = []
        try give(input, to: machine, .input(machine.id, life: machine.life, input))
    }
}
