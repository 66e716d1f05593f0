import Basics
import HTTP
import KeyclaveClient
import Linux
import Synchronization

/// `keyclave bench failover`: one writer and one that validates at each node, all the time, until
/// so many outages have been seen.
struct FailoverRun {
    var invocation: Invocation
    var surroundings: Surroundings

    /// What the threads share.
    private final class Watch: Sendable {
        let tally: Mutex<FailoverTally>
        let isOver = Atomic(false)
        init(_ tally: FailoverTally) { self.tally = Mutex(tally) }
    }

    private enum Part { case write, validate }

    /// Between two attempts at a node that gave no good answer.
    private static let pause = Duration.milliseconds(2)
    /// Between two validations at a node: their gaps are known to this.
    private static let beat = Duration.milliseconds(1)
    /// Between two looks at what the threads have seen.
    private static let look = Duration.milliseconds(20)

    func run() throws -> ExitCode {
        var session = try Session(invocation: invocation, surroundings: surroundings)
        // Before the threads, which inherit that these are blocked.
        let signals = try SignalQueue([.interrupt, .terminate])
        let key = try BenchKey(session: &session)
        defer { key.remove(session) }
        let endpoints = session.client.endpoints
        let begin = Clocks.now()
        let watch = Watch(
            FailoverTally(
                endpoints: endpoints.count,
                shortest: .milliseconds(invocation.number("shortest") ?? 100), begin: begin))
        let threads = try start(endpoints, key.text, watch)
        follow(watch, until: begin + .seconds(invocation.number("seconds") ?? 60), signals)
        watch.isOver.store(true, ordering: .relaxed)
        let measured = Clocks.now() - begin
        for thread in threads { thread.join() }
        let tally = watch.tally.withLock { $0 }
        try BenchScreen(invocation: invocation, surroundings: surroundings)
            .end(with: report(tally, measured, endpoints))
        return tally.writes > 0 ? .done : .localError
    }

    // MARK: - The threads

    private func start(
        _ endpoints: [Endpoint], _ key: String, _ watch: Watch
    ) throws(SystemError) -> [Thread] {
        let api = invocation.required("api")
        var threads: [Thread] = []
        for (number, endpoint) in endpoints.enumerated() {
            for part in [Part.write, .validate] {
                threads.append(
                    try Thread(name: "bench-\(part)") {
                        Self.keepGoing(part, endpoint, number, key: key, api: api, watch)
                    })
            }
        }
        return threads
    }

    /// A client of one node sends one request after the other.
    private static func keepGoing(
        _ part: Part, _ endpoint: Endpoint, _ number: Int, key: String, api: String,
        _ watch: Watch
    ) {
        var settings = ClientSettings()
        settings.connectTimeout = .seconds(1)
        settings.deadline = .seconds(5)
        settings.shortestPause = pause
        settings.longestPause = pause
        let client = Client(endpoints: [endpoint], settings: settings)
        while !watch.isOver.load(ordering: .relaxed) {
            do throws(ClientError) {
                _ = try client.send(request(part, key: key, api: api))
                note(part, number, watch)
                if part == .validate { Thread.sleep(beat) }
            } catch {
                watch.tally.withLock { $0.noteFailure(ofWrite: part == .write) }
                Thread.sleep(pause)
            }
        }
    }

    private static func request(_ part: Part, key: String, api: String) -> ClientRequest {
        switch part {
        case .write:
            ClientRequest(
                method: .post, path: "/v1/charges", authorization: "Bearer " + key,
                body: #"{"credits":1}"#, idempotencyKey: IdempotencyKeys.next(),
                waitsForService: false)
        case .validate:
            ClientRequest(
                method: .get, path: "/v1/auth?api=\(api)", authorization: "Bearer " + key,
                isSafe: true, waitsForService: false)
        }
    }

    private static func note(_ part: Part, _ endpoint: Int, _ watch: Watch) {
        watch.tally.withLock { tally in
            switch part {
            case .write: tally.noteWrite(at: Clocks.now(), wall: Clocks.wall())
            case .validate: tally.noteValidation(at: Clocks.now(), endpoint: endpoint)
            }
        }
    }

    // MARK: - What is said

    /// Shows a line a second, and each outage, until enough were seen, a signal or the end.
    private func follow(_ watch: Watch, until end: Instant, _ signals: borrowing SignalQueue) {
        let screen = BenchScreen(invocation: invocation, surroundings: surroundings)
        let rounds = Int(invocation.number("rounds") ?? 1)
        let begin = Clocks.now()
        var past = watch.tally.withLock { $0 }
        var second: Int64 = 0
        while signals.next() == nil, Clocks.now() < end {
            let tally = watch.tally.withLock { $0 }
            if tally.outages.count >= rounds { break }
            let elapsed = (Clocks.now() - begin).milliseconds / 1_000
            if elapsed > second {
                second = elapsed
                screen.show(Self.liveLine(tally, since: past, second: second))
                past = tally
            }
            Thread.sleep(Self.look)
        }
    }

    static func liveLine(_ tally: FailoverTally, since past: FailoverTally, second: Int64) -> String
    {
        let last = tally.outages.last.map { ", the last \($0.withoutWrites.milliseconds) ms" } ?? ""
        return "\(second) s  writes \(tally.writes - past.writes)/s  "
            + "validations \(tally.validations - past.validations)/s  "
            + "outages \(tally.outages.count)\(last)"
    }

    private func report(
        _ tally: FailoverTally, _ measured: Duration, _ endpoints: [Endpoint]
    ) -> JSONValue {
        func number(_ value: Int64) -> JSONValue { .number(UInt64(max(0, value))) }
        let outages = tally.outages.map { outage in
            let nodes = zip(endpoints, outage.withoutValidations).map { endpoint, gap in
                JSONValue.object([
                    .init("endpoint", .string("\(endpoint)")),
                    .init("without_validations_ms", number(gap.milliseconds)),
                ])
            }
            return JSONValue.object([
                .init("began_at_ms", number(outage.begin.milliseconds)),
                .init("without_writes_ms", number(outage.withoutWrites.milliseconds)),
                .init("nodes", .array(nodes)),
            ])
        }
        return .object([
            .init("work", .string("failover")),
            .init("endpoints", .array(endpoints.map { .string("\($0)") })),
            .init("milliseconds", number(measured.milliseconds)),
            .init("writes", .number(tally.writes)),
            .init("validations", .number(tally.validations)),
            .init("outages", .array(outages)),
            .init(
                "errors",
                .object([
                    .init("writes", .number(tally.failedWrites)),
                    .init("validations", .number(tally.failedValidations)),
                ])),
        ])
    }
}
