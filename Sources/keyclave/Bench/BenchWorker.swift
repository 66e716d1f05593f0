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
    private let requests: [BenchRequests]
    private var ids: BenchIDs
    private var keys: BenchKeys.Draw
    private var turns: BenchTurns
    private var connections: [BenchConnection]
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    private var tally = BenchTally()
    private var recent = BenchTally()
    private var lastReport: Instant
    private var lastGood: Instant
    /// When the next request of an open loop is due.
    private var nextDue: Instant
    /// Which connection has its turn then.
    private var nextPlace = 0

    init(
        _ plan: BenchPlan, thread: Int, begin: Instant, progress: BenchProgress
    ) throws(SystemError) {
        self.plan = plan
        self.progress = progress
        self.begin = begin
        measureFrom = begin + plan.warmUp
        end = measureFrom + plan.measured
        poller = try Poller(batch: 512)
        requests = plan.endpoints.map { BenchRequests(plan, to: $0) }
        ids = BenchIDs(random: Entropy.bytes(10))
        let seed = Entropy.bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
        keys = BenchKeys.Draw(plan.keys, seed: seed)
        turns = BenchTurns(plan)
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
    mutating func fill(_ connection: BenchConnection, _ now: Instant) {
        guard connection.pausedUntil <= now else { return }
        let missing = plan.pipeline - connection.underway.count
        guard missing > 0 else { return }
        for _ in 0..<missing { append(to: connection, due: now, now) }
        flush(connection)
    }

    /// In an open loop: what is due goes to the next that has room. What finds none stays due, and
    /// its waiting counts.
    private mutating func sendDue(_ now: Instant) {
        guard let interval = plan.interval else { return }
        var looked = 0
        while nextDue <= now, looked < connections.count {
            let connection = connections[nextPlace]
            nextPlace = nextPlace + 1 == connections.count ? 0 : nextPlace + 1
            looked += 1
            guard connection.hasRoom(for: plan.pipeline), connection.pausedUntil <= now else {
                continue
            }
            append(to: connection, due: nextDue, now)
            flush(connection)
            nextDue = nextDue + .nanoseconds(interval)
            looked = 0
        }
    }

    private mutating func append(to connection: BenchConnection, due: Instant, _ now: Instant) {
        let deed = turns.next()
        let time = deed == .charge ? Clocks.wall() : .epoch
        requests[connection.endpoint][deed].append(
            to: &connection.output, id: &ids, keys: &keys, at: time)
        connection.underway.append(.init(deed: deed, due: due, sent: now))
    }

    mutating func flush(_ connection: BenchConnection) {
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

    func watch(_ connection: BenchConnection, writing: Bool) {
        guard let link = connection.link, connection.watchesWriting != writing else { return }
        connection.watchesWriting = writing
        let interest: Interest = writing ? [.read, .write] : .read
        poller.change(link.socket.descriptor, interest, token: UInt64(connection.index))
    }

    // MARK: - Counting

    mutating func note(
        _ asked: BenchConnection.Asked, _ status: Int, _ granted: Int, _ now: Instant,
        _ connection: BenchConnection
    ) {
        let latency = (now - asked.due).nanoseconds
        let count = asked.deed == .charge ? plan.batch : 1
        recent.add(asked.deed, status: status, granted: granted, asked: count, after: latency)
        // By when it is answered: an open loop that asks for too much would seem to get less than
        // it gets, by all that was asked for in time and is answered after the end.
        let isMeasured = now >= measureFrom && now <= end
        if isMeasured {
            tally.add(asked.deed, status: status, granted: granted, asked: count, after: latency)
            if status != 200 { tally.refusalTimes.add((now - asked.sent).nanoseconds) }
        }
        guard granted > 0 else {
            connection.pausedUntil = now + Self.refusalPause
            return
        }
        guard isMeasured else { return }
        noteGap(until: now)
        lastGood = now
    }

    private mutating func noteGap(until now: Instant) {
        tally.longestGap = max(tally.longestGap, now - lastGood)
    }

    /// The connection is given up, and made anew to the next endpoint after a rest.
    mutating func fail(_ connection: BenchConnection, _ now: Instant) {
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
