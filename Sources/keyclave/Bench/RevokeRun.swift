import Basics
import HTTP
import KeyclaveClient
import Linux

/// `keyclave bench revoke`: one client that switches a key off and on and charges it, in turn.
struct RevokeRun {
    var invocation: Invocation
    var surroundings: Surroundings

    /// What is sent, in this order, again and again.
    private enum Step: String, CaseIterable {
        case deactivate, activate, charge
    }

    private struct Tally {
        var latencies: [Step: LatencyHistogram] = [:]

        mutating func add(_ step: Step, _ time: Duration) {
            latencies[step, default: LatencyHistogram()].add(time.nanoseconds)
        }

        func latencies(of step: Step) -> LatencyHistogram {
            latencies[step] ?? LatencyHistogram()
        }
    }

    func run() throws -> ExitCode {
        var session = try Session(invocation: invocation, surroundings: surroundings)
        let token = try session.token()
        // Before the key is made, so that an interruption doesn't leave it behind.
        let signals = try SignalQueue([.interrupt, .terminate])
        let key = try BenchKey(madeIn: &session)
        defer { key.remove(session) }
        let (tally, measured) = try measure(key, token, session.client, signals)
        let screen = BenchScreen(invocation: invocation, surroundings: surroundings)
        try screen.end(with: report(tally, measured, session.client.endpoints))
        return tally.latencies.isEmpty ? .localError : .done
    }

    /// A request that the client gives up, after all its repetitions, ends the measurement.
    private func measure(
        _ key: BenchKey, _ token: String, _ client: Client, _ signals: borrowing SignalQueue
    ) throws(ClientError) -> (Tally, Duration) {
        let screen = BenchScreen(invocation: invocation, surroundings: surroundings)
        let begin = Clocks.now()
        let measureFrom = begin + .seconds(invocation.number("warm-up") ?? 1)
        let end = measureFrom + .seconds(invocation.number("seconds") ?? 10)
        var tally = Tally()
        var recent = Tally()
        var second: Int64 = 0
        while signals.next() == nil, Clocks.now() < end {
            for step in Step.allCases {
                let sent = Clocks.now()
                _ = try client.send(request(step, key, token))
                let time = Clocks.now() - sent
                recent.add(step, time)
                if sent >= measureFrom { tally.add(step, time) }
            }
            let elapsed = (Clocks.now() - begin).milliseconds / 1_000
            guard elapsed > second else { continue }
            second = elapsed
            screen.show(liveLine(recent, second: second))
            recent = Tally()
        }
        return (tally, max(.zero, min(Clocks.now(), end) - measureFrom))
    }

    private func request(_ step: Step, _ key: BenchKey, _ token: String) -> ClientRequest {
        let id = IdempotencyKeys.next()
        guard let path = key.path else { preconditionFailure("the key was made here") }
        switch step {
        case .deactivate, .activate:
            return ClientRequest(
                method: .patch, path: path, authorization: token,
                body: "{\"active\":\(step == .activate)}", idempotencyKey: id)
        case .charge:
            return ClientRequest(
                method: .post, path: "/v1/charges", authorization: "Bearer " + key.text,
                body: #"{"credits":1}"#, idempotencyKey: id)
        }
    }

    private func liveLine(_ recent: Tally, second: Int64) -> String {
        let parts = Step.allCases.map { step in
            let median = recent.latencies(of: step).percentile(50, of: 100)
            return "\(step.rawValue) p50 \(BenchReport.milliseconds(median)) ms"
        }
        return (["\(second) s"] + parts).joined(separator: "  ")
    }

    private func report(
        _ tally: Tally, _ measured: Duration, _ endpoints: [Endpoint]
    ) -> JSONValue {
        let rows = Step.allCases.map { step in
            let latencies = tally.latencies(of: step)
            return JSONValue.object(
                [
                    .init("request", .string(step.rawValue)),
                    .init("answers", .number(latencies.count)),
                ] + BenchReport.microseconds(of: latencies))
        }
        return .object([
            .init("work", .string("revoke")),
            .init("endpoints", .array(endpoints.map { .string("\($0)") })),
            .init("milliseconds", .number(UInt64(max(0, measured.milliseconds)))),
            .init("latency_us", .array(rows)),
        ])
    }
}
