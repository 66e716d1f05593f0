import Basics
import Glibc
import KeyclaveClient
import Linux
import Synchronization

/// `keyclave bench validate` and `keyclave bench charge`.
struct BenchRun {
    var work: BenchPlan.Work
    var invocation: Invocation
    var surroundings: Surroundings

    func run() throws -> ExitCode {
        var session = try Session(invocation: invocation, surroundings: surroundings)
        if invocation.number("rate") != nil, invocation.wasGiven("pipeline") {
            throw UsageError(
                words: invocation.words, message: "--pipeline is for closed loops, without --rate")
        }
        let key = try BenchKey(session: &session)
        defer { key.remove(session) }
        let plan = try plan(key: key.text, session)
        let report: BenchReport
        do throws(SystemError) {
            report = try measure(plan)
        } catch {
            throw LocalError(message: "\(error)")
        }
        try show(report)
        return report.tally.latencies.count > 0 ? .done : .localError
    }

    private func plan(key: String, _ session: Session) throws -> BenchPlan {
        let endpoints = session.client.endpoints
        var addresses: [SocketAddress] = []
        for endpoint in endpoints {
            let found: [SocketAddress]
            do throws(SystemError) {
                found = try endpoint.address.resolve()
            } catch {
                throw LocalError(message: "\(error)")
            }
            guard let first = found.first else {
                throw LocalError(message: "\(endpoint) has no address")
            }
            addresses.append(first)
        }
        let connections = Int(invocation.number("connections") ?? 1)
        return BenchPlan(
            work: work, endpoints: endpoints, addresses: addresses, key: key,
            api: invocation.required("api"), connections: connections,
            threads: min(connections, Int(invocation.number("threads") ?? 1)),
            warmUp: .seconds(invocation.number("warm-up") ?? 1),
            measured: .seconds(invocation.number("seconds") ?? 10),
            rate: invocation.number("rate"), pipeline: Int(invocation.number("pipeline") ?? 1))
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

/// Wakes a thread whenever a request of an open loop is due. A poller's time-out counts whole
/// milliseconds, which would be seen in every percentile.
final class Pacer: Sendable {
    /// Shorter intervals only wake more often for the same number of requests.
    static let shortestInterval: Int64 = 200_000

    private let signal: Mailbox<Int>
    private let isStopped = Atomic(false)

    var wakeup: Wakeup { _read { yield signal.wakeup } }

    /// Nil for a closed loop: nothing is ever signalled.
    init(interval: Int64?) throws(SystemError) {
        signal = try Mailbox()
        guard let interval else { return }
        let pause = max(interval, Self.shortestInterval)
        _ = try Thread(name: "pacer") { [self] in
            while !isStopped.load(ordering: .relaxed) {
                var time = timespec(
                    tv_sec: Int(pause / 1_000_000_000), tv_nsec: Int(pause % 1_000_000_000))
                _ = nanosleep(&time, nil)
                signal.wakeup.signal()
            }
        }
    }

    func stop() { isStopped.store(true, ordering: .relaxed) }
}
