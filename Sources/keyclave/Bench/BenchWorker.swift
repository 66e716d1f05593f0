import Basics
import Linux
import Synchronization

/// What the threads of a measurement share.
final class BenchProgress: Sendable {
    /// Counted since the measured time began.
    let tally = Mutex(BenchTally())
    /// Counted since the last live line, warm-up included.
    let recent = Mutex(BenchTally())
    let isStopped = Atomic(false)
}

/// One thread of a measurement: its connections, its poller, its count.
struct BenchWorker: ~Copyable {
    static let firstRest = Duration.milliseconds(20)
    static let refusalPause = Duration.milliseconds(5)
    static let reportInterval = Duration.milliseconds(100)
    private static let wakeupToken = UInt64.max

    let plan: BenchPlan
    let progress: BenchProgress
    let begin: Instant
    let measureFrom: Instant
    let end: Instant
    private let poller: Poller
    private let requests: [BenchRequest]
    private var ids: BenchIDs
    private var connections: [BenchConnection]
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)
    private var tally = BenchTally()
    private var recent = BenchTally()
    private var lastReport: Instant
    private var lastGood: Instant
    /// When the next request of an open loop is due.
    private var nextDue: Instant

    init(
        _ plan: BenchPlan, thread: Int, begin: Instant, progress: BenchProgress
    ) throws(SystemError) {
        self.plan = plan
        self.progress = progress
        self.begin = begin
        measureFrom = begin + plan.warmUp
        end = measureFrom + plan.measured
        poller = try Poller(batch: 512)
        requests = plan.endpoints.map { BenchRequest(plan, to: $0) }
        ids = BenchIDs(random: Entropy.bytes(10))
        connections = (0..<plan.connections(ofThread: thread)).map { number in
            BenchConnection(index: number, endpoint: (number + thread) % plan.endpoints.count)
        }
        lastReport = begin
        lastGood = measureFrom
        // Threads take turns, so that a rate isn't a row of bursts.
        let interval = plan.interval ?? 0
        nextDue = begin + .nanoseconds(interval * Int64(thread) / Int64(plan.threads))
    }

    /// Runs to the end. `ticks` wakes the thread of an open loop when requests are due.
    mutating func run(ticks: borrowing Wakeup) throws(SystemError) {
        try poller.add(ticks.descriptor, .read, token: Self.wakeupToken)
        while true {
            let now = Clocks.now()
            if now >= end || progress.isStopped.load(ordering: .relaxed) { break }
            revive(now)
            if plan.rate != nil { sendDue(now) }
            if now - lastReport >= Self.reportInterval { report(now) }
            for index in 0..<poller.wait(.milliseconds(10)) {
                let readiness = poller.readiness(at: index)
                if readiness.token == Self.wakeupToken {
                    ticks.reset()
                } else {
                    serve(connections[Int(readiness.token)], readiness)
                }
            }
        }
        noteGap(until: min(Clocks.now(), end))
        report(end)
    }

    // MARK: - Sending

    /// Connects what rests, and lets go on what was paused.
    private mutating func revive(_ now: Instant) {
        for connection in connections {
            switch connection.life {
            case .resting(let until) where until <= now: open(connection, now)
            case .open where plan.rate == nil && connection.pausedUntil <= now:
                if connection.underway.isEmpty { fill(connection, now) }
            default: break
            }
        }
    }

    private mutating func open(_ connection: BenchConnection, _ now: Instant) {
        do throws(SystemError) {
            let socket = try StreamSocket.connect(to: plan.addresses[connection.endpoint])
            try poller.add(socket.descriptor, .write, token: UInt64(connection.index))
            connection.link = BenchConnection.Link(socket)
            connection.life = .connecting
        } catch {
            fail(connection, now)
        }
    }

    /// In a closed loop: as many requests as may be on the way.
    private mutating func fill(_ connection: BenchConnection, _ now: Instant) {
        guard connection.pausedUntil <= now else { return }
        let missing = plan.pipeline - connection.underway.count
        guard missing > 0 else { return }
        for _ in 0..<missing { append(to: connection, due: now) }
        flush(connection)
    }

    /// In an open loop: what is due goes to whoever is idle. What finds nobody idle stays due, and
    /// its waiting counts.
    private mutating func sendDue(_ now: Instant) {
        guard let interval = plan.interval, nextDue <= now else { return }
        for connection in connections where connection.isIdle && connection.pausedUntil <= now {
            append(to: connection, due: nextDue)
            flush(connection)
            nextDue = nextDue + .nanoseconds(interval)
            if nextDue > now { return }
        }
    }

    private mutating func append(to connection: BenchConnection, due: Instant) {
        let time = plan.work == .charge ? Clocks.wall() : .epoch
        requests[connection.endpoint].append(to: &connection.output, id: &ids, at: time)
        connection.underway.append(due)
    }

    private mutating func flush(_ connection: BenchConnection) {
        while connection.written < connection.output.count {
            let result = connection.output.withUnsafeBytes { raw -> Transfer? in
                try? connection.link?.socket.write(
                    UnsafeRawBufferPointer(rebasing: raw[connection.written...]))
            }
            switch result {
            case .bytes(let count): connection.written += count
            case .wouldBlock: return watch(connection, writing: true)
            case .end, nil: return fail(connection, Clocks.now())
            }
        }
        connection.output.removeAll(keepingCapacity: true)
        connection.written = 0
        watch(connection, writing: false)
    }

    private func watch(_ connection: BenchConnection, writing: Bool) {
        guard let link = connection.link, connection.watchesWriting != writing else { return }
        connection.watchesWriting = writing
        let interest: Interest = writing ? [.read, .write] : .read
        poller.change(link.socket.descriptor, interest, token: UInt64(connection.index))
    }

    // MARK: - Receiving

    private mutating func serve(_ connection: BenchConnection, _ readiness: Readiness) {
        switch connection.life {
        case .resting: return
        case .connecting:
            do throws(SystemError) {
                try connection.link?.socket.connectionOutcome()
            } catch {
                return fail(connection, Clocks.now())
            }
            connection.life = .open
            connection.watchesWriting = true
            watch(connection, writing: false)
            if plan.rate == nil { fill(connection, Clocks.now()) }
        case .open:
            if readiness.readable || readiness.failed { read(connection) }
            if readiness.writable, case .open = connection.life { flush(connection) }
        }
    }

    private mutating func read(_ connection: BenchConnection) {
        let result = buffer.withUnsafeMutableBytes { try? connection.link?.socket.read(into: $0) }
        switch result {
        case .bytes(let count): take(count, connection)
        case .wouldBlock: return
        case .end, nil: fail(connection, Clocks.now())
        }
    }

    /// Takes the answers out of what was read, behind what had been left over.
    private mutating func take(_ count: Int, _ connection: BenchConnection) {
        if !connection.input.isEmpty {
            connection.input.append(contentsOf: buffer[..<count])
        }
        let now = Clocks.now()
        var position = 0
        while true {
            let found =
                connection.input.isEmpty
                ? buffer.withUnsafeBytes {
                    AnswerScanner.next(in: .init(rebasing: $0[..<count]), from: position)
                } : connection.input.withUnsafeBytes { AnswerScanner.next(in: $0, from: position) }
            switch found {
            case .unreadable: return fail(connection, now)
            case .incomplete:
                keepRest(from: position, count, connection)
                if plan.rate == nil { fill(connection, now) }
                return
            case .answer(let status, let end):
                position = end
                guard let due = connection.underway.popFirst() else {
                    return fail(connection, now)
                }
                note(status, due, now, connection)
            }
        }
    }

    private func keepRest(from position: Int, _ count: Int, _ connection: BenchConnection) {
        if connection.input.isEmpty {
            connection.input.append(contentsOf: buffer[position..<count])
        } else {
            connection.input.removeFirst(position)
        }
    }

    // MARK: - Counting

    private mutating func note(
        _ status: Int, _ due: Instant, _ now: Instant, _ connection: BenchConnection
    ) {
        let isMeasured = due >= measureFrom && now <= end
        guard status == 200 else {
            connection.pausedUntil = now + Self.refusalPause
            recent.refusals[status, default: 0] += 1
            if isMeasured { tally.refusals[status, default: 0] += 1 }
            return
        }
        let latency = (now - due).nanoseconds
        recent.latencies.add(latency)
        guard isMeasured else { return }
        tally.latencies.add(latency)
        noteGap(until: now)
        lastGood = now
    }

    private mutating func noteGap(until now: Instant) {
        tally.longestGap = max(tally.longestGap, now - lastGood)
    }

    /// The connection is given up, and made anew to the next endpoint after a rest.
    private mutating func fail(_ connection: BenchConnection, _ now: Instant) {
        recent.brokenConnections += 1
        if now >= measureFrom { tally.brokenConnections += 1 }
        connection.reset(until: now + Self.firstRest)
        connection.endpoint = (connection.endpoint + 1) % plan.endpoints.count
    }

    private mutating func report(_ now: Instant) {
        lastReport = now
        let news = recent
        progress.recent.withLock { $0.merge(news) }
        let measured = tally
        progress.tally.withLock { $0.merge(measured) }
        recent = BenchTally()
        let gap = tally.longestGap
        tally = BenchTally()
        tally.longestGap = gap
    }
}
