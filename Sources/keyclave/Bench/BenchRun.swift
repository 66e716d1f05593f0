import Basics
import KeyclaveClient
import Keyring
import Linux
import Synchronization

/// `keyclave bench validate`, `verify`, `charge` and `mixed`.
struct BenchRun {
    var work: BenchPlan.Work
    var invocation: Invocation
    var surroundings: Surroundings

    func run() throws -> ExitCode {
        var session = try Session(invocation: invocation, surroundings: surroundings)
        let loaded = try loadedKeys()
        let key = try loaded == nil ? BenchKey(session: &session) : nil
        defer { key?.remove(session) }
        let plan = try plan(loaded ?? .one(Array((key?.text ?? "").utf8)), session)
        let report: BenchReport
        do throws(SystemError) {
            report = try measure(plan)
        } catch {
            throw LocalError(message: "\(error)")
        }
        try show(report)
        return report.tally.answers > 0 ? .done : .localError
    }

    /// Of `--loaded`.
    private func loadedKeys() throws(UsageError) -> BenchKeys? {
        guard let handle = invocation.text("loaded") else { return nil }
        func refusal(_ message: String) -> UsageError {
            UsageError(words: invocation.words, message: message)
        }
        guard !invocation.wasGiven("key") else {
            throw refusal("give --key or --loaded, not both")
        }
        guard let api = API(slug: invocation.required("api")) else {
            throw refusal("--api must be the slug of an API")
        }
        guard let keys = LoadedKeys(handle: handle, api: api) else {
            throw refusal("--loaded must be what load-keys said, as in 1000:9f, not “\(handle)”")
        }
        return .loaded(keys)
    }

    private func plan(_ keys: BenchKeys, _ session: Session) throws -> BenchPlan {
        let endpoints = session.client.endpoints
        let connections = Int(invocation.number("connections") ?? 1)
        var plan = BenchPlan(
            work: work, endpoints: endpoints, addresses: try Self.addresses(of: endpoints),
            keys: keys, api: invocation.required("api"), connections: connections,
            threads: min(connections, Int(invocation.number("threads") ?? 1)),
            warmUp: .seconds(invocation.number("warm-up") ?? 1),
            measured: .seconds(invocation.number("seconds") ?? 10),
            rate: invocation.number("rate"), pipeline: Int(invocation.number("pipeline") ?? 1))
        if work == .charge { plan.batch = Int(invocation.number("batch") ?? 1) }
        if work == .mixed { plan.chargePercent = Int(invocation.number("charges") ?? 0) }
        return plan
    }

    private static func addresses(of endpoints: [Endpoint]) throws -> [SocketAddress] {
        try endpoints.map { endpoint in
            let found: [SocketAddress]
            do throws(SystemError) {
                found = try endpoint.address.resolve()
            } catch {
                throw LocalError(message: "\(error)")
            }
            guard let first = found.first else {
                throw LocalError(message: "\(endpoint) has no address")
            }
            return first
        }
    }

    private func measure(_ plan: BenchPlan) throws(SystemError) -> BenchReport {
        // Before the threads: they inherit that these are blocked.
        let signals = try SignalQueue([.interrupt, .terminate])
        let progress = BenchProgress()
        let begin = Clocks.now()
        var threads: [Thread] = []
        for number in 0..<plan.threads {
            threads.append(
                try Thread(name: "bench-\(number)") {
                    Self.work(plan, thread: number, begin: begin, progress)
                })
        }
        let end = try watch(plan, begin, progress, signals)
        for thread in threads { thread.join() }
        let measureFrom = begin + plan.warmUp
        let tally = progress.tally.withLock { $0 }
        return BenchReport(
            plan: plan, tally: tally, measured: max(.zero, min(plan.measured, end - measureFrom)))
    }

    private static func work(
        _ plan: BenchPlan, thread: Int, begin: Instant, _ progress: BenchProgress
    ) {
        do throws(SystemError) {
            var worker = try BenchWorker(plan, thread: thread, begin: begin, progress: progress)
            let pacer = try Pacer(interval: plan.interval)
            try worker.run(ticks: pacer.wakeup)
            pacer.stop()
        } catch {
            preconditionFailure("the measurement needs more of the system: \(error)")
        }
    }

    /// Shows a line a second until the end or a signal; returns when that was.
    private func watch(
        _ plan: BenchPlan, _ begin: Instant, _ progress: BenchProgress,
        _ signals: borrowing SignalQueue
    ) throws(SystemError) -> Instant {
        let poller = try Poller(batch: 1)
        try poller.add(signals.descriptor, .read, token: 0)
        let end = begin + plan.warmUp + plan.measured
        var last = begin
        var second: Int64 = 0
        while true {
            let next = min(end, begin + .seconds(second + 1))
            let rest = next - Clocks.now()
            if rest > .zero {
                if poller.wait(rest) > 0, signals.next() != nil {
                    progress.isStopped.store(true, ordering: .relaxed)
                    return Clocks.now()
                }
                continue
            }
            second += 1
            let now = Clocks.now()
            showLive(progress, plan, second, now - last)
            last = now
            if next >= end { return end }
        }
    }

    private func showLive(
        _ progress: BenchProgress, _ plan: BenchPlan, _ second: Int64, _ time: Duration
    ) {
        let recent = progress.recent.withLock { tally in
            defer { tally = BenchTally() }
            return tally
        }
        let line = BenchReport.liveLine(recent, second: second, in: time)
        let phase = .seconds(second) <= plan.warmUp ? "  (warming up)" : ""
        BenchScreen(invocation: invocation, surroundings: surroundings).show(line + phase)
    }

    private func show(_ report: BenchReport) throws(LocalError) {
        try BenchScreen(invocation: invocation, surroundings: surroundings).end(with: report.json)
    }
}
