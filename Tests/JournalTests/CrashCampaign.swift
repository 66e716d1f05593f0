import Basics
import Simulator

@testable import Journal

/// A log as its owner sees it: everything since it last began anew.
struct LogModel: Equatable {
    var start = JournalPosition.start
    var records: [JournalRecord] = []

    var last: JournalPosition { records.last?.position ?? start }

    mutating func append(_ added: [JournalRecord]) {
        for record in added {
            while let end = records.last, end.index >= record.index { records.removeLast() }
            records.append(record)
        }
    }

    func holds(_ position: JournalPosition) -> Bool {
        position == start || records.contains { $0.position == position }
    }

    /// What recovery gives of it beside a snapshot.
    func rest(behind snapshot: JournalPosition) -> [JournalRecord] {
        holds(snapshot) ? records.filter { $0.index > snapshot.index } : []
    }
}

/// A node that works at random and loses its power, or is killed, at random places, many times.
/// After each stop recovery must give what was durable or that and the batch in flight, and never
/// speak of corruption, for nothing rots here.
struct CrashCampaign {
    struct Violation: Error, CustomStringConvertible {
        var description: String
    }

    var generator: SeededGenerator
    let tearing: InMemoryDisk.Tearing
    let settings: JournalSettings
    var disk = InMemoryDisk()
    var log: WriteAheadLog
    var snapshots: SnapshotStore

    /// What was reported durable, and what the batch in flight would make of it.
    var durable = LogModel()
    var inFlight: LogModel?
    /// Everything handed over, durable or not.
    var appended = LogModel()
    var waiting: [(JournalPosition?, [JournalRecord])] = []
    var state = JournalHardState.initial
    var stateInFlight: JournalHardState?
    var snapshot: JournalPosition?
    var snapshotInFlight: JournalPosition?
    /// What must still be in doubt, if its owner never settled it.
    var doubt: JournalPosition?
    /// Settled in memory, not yet on disk: recovery may ask again.
    var settled: JournalPosition?
    /// What the last recovery read. It becomes durable with the first batch; until then a power
    /// cut may still take it, if the process before was only killed.
    var read: Reading?
    var term: UInt64 = 1
    private(set) var counts = Counts()

    struct Reading {
        var log: LogModel
        var state: JournalHardState
        var snapshot: JournalPosition?
        var doubt: JournalPosition?
    }

    struct Counts {
        var stops = 0
        var whole = 0
        var torn = 0
        var inDoubt = 0
        var lostNothing = 0
        var keptInFlight = 0
        var restarts = 0
        var compactions = 0
        var carriedDoubts = 0

        static func += (left: inout Counts, right: Counts) {
            left.stops += right.stops
            left.whole += right.whole
            left.torn += right.torn
            left.inDoubt += right.inDoubt
            left.lostNothing += right.lostNothing
            left.keptInFlight += right.keptInFlight
            left.restarts += right.restarts
            left.compactions += right.compactions
            left.carriedDoubts += right.carriedDoubts
        }
    }

    init(seed: UInt64, tearing: InMemoryDisk.Tearing) throws {
        generator = SeededGenerator(seed: seed)
        self.tearing = tearing
        settings = JournalSettings(segmentBytes: 1536, maximumPayloadBytes: 300)
        try disk.perform(makeIdentity().format(settings: settings))
        let recovery = try Recovery(of: disk.files)
        log = WriteAheadLog(from: recovery, settings: settings)
        snapshots = SnapshotStore(from: recovery)
    }

    /// Works for some steps, stops, recovers; as often as said.
    mutating func run(stops: Int) throws {
        for _ in 0..<stops {
            let steps = 1 + generator.below(10)
            var isRunning = true
            for _ in 0..<steps where isRunning {
                request()
                isRunning = try performSome()
            }
            if isRunning { stop() }
            try restart()
        }
    }

    // The node's work.

    private mutating func request() {
        switch generator.below(12) {
        case 0:
            term += 1
            log.save(JournalHardState(term: Term(term), votedFor: NodeID(1)))
        case 1 where log.isOpen && !snapshots.isWriting && durable.last.index > .zero:
            writeSnapshot()
        case 2 where log.isOpen && generator.chance(1, in: 3):
            receiveSnapshot()
        case 3 where doubt != nil:
            log.settleDoubt()
            settled = doubt
            doubt = nil
        case 4 where appended.records.count > 1:
            appendSome(from: appended.records[appended.records.count - 2].index, newTerm: true)
        default:
            appendSome(from: appended.last.index.next, newTerm: false)
        }
    }

    private mutating func appendSome(from first: LogIndex, newTerm: Bool) {
        guard first > (snapshot ?? .start).index, first > (snapshotInFlight ?? .start).index else {
            return
        }
        if newTerm { term += 1 }
        log.save(JournalHardState(term: Term(term), votedFor: nil))
        let records = (0..<1 + generator.below(4)).map { step in
            record(
                first.rawValue + step, term: term,
                payload: payload())
        }
        log.append(records)
        appended.append(records)
        waiting.append((nil, records))
    }

    /// Mostly short; some fill pages of their own.
    private mutating func payload() -> [UInt8] {
        let count = generator.below(generator.chance(1, in: 6) ? 300 : 40)
        return [UInt8](repeating: UInt8(generator.below(256)), count: Int(count))
    }

    private mutating func writeSnapshot() {
        let index = Int(generator.below(UInt64(durable.records.count + 1)))
        let last = index == 0 ? durable.start : durable.records[index - 1].position
        guard last.index > (snapshot ?? .start).index else { return }
        snapshots.begin(describe(last))
        snapshots.append(Array("state at \(last)".utf8))
        snapshots.finish()
        snapshotInFlight = last
    }

    /// The leader's snapshot of entries far ahead, or of another branch.
    private mutating func receiveSnapshot() {
        guard snapshotInFlight == nil else { return }
        term += 1
        let ahead = 1 + generator.below(5)
        let last = position(term, max(snapshot ?? .start, appended.last).index.rawValue + ahead)
        log.save(JournalHardState(term: Term(term), votedFor: nil))
        let bytes = snapshotFile(of: describe(last), state: [Array("state at \(last)".utf8)])
        let half = bytes.count / 2
        do {
            _ = try snapshots.receive(Array(bytes[..<half]), at: 0, of: last)
            _ = try snapshots.receive(Array(bytes[half...]), at: half, of: last)
            _ = try snapshots.install()
        } catch {
            preconditionFailure("a sound snapshot is refused: \(error)")
        }
        snapshotInFlight = last
    }

    // The performer, which may stop between any two operations.

    /// Performs batches until nothing waits; false if it stopped half-way.
    private mutating func performSome() throws -> Bool {
        for _ in 0..<generator.below(6) {
            if generator.chance(2, in: 3) {
                guard let batch = log.nextBatch() else { continue }
                expect(batch)
                guard try perform(batch) else { return false }
                complete(log.completed(batch.id))
            } else {
                guard let batch = snapshots.nextBatch() else { continue }
                guard try perform(batch) else { return false }
                for event in snapshots.completed(batch.id) { complete(event) }
            }
        }
        return true
    }

    private mutating func perform(_ batch: DiskBatch) throws -> Bool {
        let stopsHere = generator.chance(1, in: 7)
        var count = batch.operations.count
        if stopsHere {
            // Anywhere, but half of the time where it hurts: all written, nothing synced.
            count = Int(generator.below(UInt64(count) + 1))
            let sync = batch.operations.lastIndex {
                if case .sync = $0 { true } else { false }
            }
            if let sync, generator.chance(1, in: 2) { count = sync }
        }
        for operation in batch.operations.prefix(count) { try disk.perform(operation) }
        if stopsHere { stop() }
        return !stopsHere
    }

    /// What the batch in flight would make durable: found by its completion in a copy.
    private mutating func expect(_ batch: DiskBatch) {
        var copy = log
        let done = copy.completed(batch.id)
        guard !done.isOpen else { return }
        stateInFlight = done.hardState
        guard let last = done.last else { return }
        var model = durable
        while !waiting.isEmpty, model.last != last || waiting[0].0 == last {
            if let start = waiting[0].0 {
                model = LogModel(start: start)
                waiting.removeFirst()
            } else {
                let record = waiting[0].1.removeFirst()
                model.append([record])
                if waiting[0].1.isEmpty { waiting.removeFirst() }
            }
        }
        inFlight = model
    }

    private mutating func complete(_ done: Durable) {
        if done.isOpen, let read {
            durable = read.log
            state = read.state
            snapshot = read.snapshot
            doubt = read.doubt
            (inFlight, stateInFlight, snapshotInFlight, settled) = (nil, nil, nil, nil)
            self.read = nil
            return
        }
        if let state = done.hardState { self.state = state }
        if let model = inFlight {
            durable = model
            settled = nil
        }
        inFlight = nil
        stateInFlight = nil
        if let position = doubt, durable.last >= position { doubt = nil }
    }

    private mutating func complete(_ event: SnapshotEvent) {
        switch event {
        case .written(let description):
            snapshot = description.last
            log.compact(through: description.last.index)
            counts.compactions += 1
        case .installed(let description):
            snapshot = description.last
            log.restart(after: description.last)
            appended = LogModel(start: description.last)
            waiting = [(description.last, [])]
            counts.restarts += 1
        }
        snapshotInFlight = nil
    }

    private mutating func stop() {
        counts.stops += 1
        // A kill leaves what the kernel holds to the next process, and to a later power cut.
        if generator.chance(3, in: 4) { disk.cutPower(tearing: tearing, using: &generator) }
    }

    // Recovery.

    private mutating func restart() throws {
        let recovery = try Recovery(of: disk.files)
        try check(recovery)
        if generator.chance(1, in: 3),
            let difference = disagreement(
                disk.files, covered: recovery.snapshot?.description.last.index ?? .zero,
                of: makeIdentity())
        {
            throw Violation(description: difference)
        }
        begin(with: recovery)
        // Nothing read is durable before the first batch is: until then it may still be lost.
        if generator.chance(4, in: 5), let batch = log.nextBatch() {
            if generator.chance(1, in: 6) {
                let count = generator.below(UInt64(batch.operations.count) + 1)
                for operation in batch.operations.prefix(Int(count)) { try disk.perform(operation) }
                stop()
                return try restart()
            }
            try disk.perform(batch.operations)
            complete(log.completed(batch.id))
        }
    }

    private mutating func begin(with recovery: Recovery) {
        let found = recovery.snapshot?.description.last
        var read = recovery.records == durable.rest(behind: found ?? .start) ? durable : inFlight!
        if read != durable { counts.keptInFlight += 1 } else { counts.lostNothing += 1 }
        if let found, !read.holds(found) { read = LogModel(start: found) }
        self.read = Reading(
            log: read, state: recovery.hardState, snapshot: found, doubt: recovery.log.doubt)
        inFlight = read
        stateInFlight = recovery.hardState
        snapshotInFlight = found
        log = WriteAheadLog(from: recovery, settings: settings)
        snapshots = SnapshotStore(from: recovery)
        term = max(term, recovery.hardState.term.rawValue)
        appended = read
        waiting = log.restartAfter == nil ? [] : [(found, [])]
    }

    private mutating func check(_ recovery: Recovery) throws {
        func fail(_ what: String) -> Violation {
            Violation(description: "\(what); verdict \(recovery.verdict)")
        }
        let found = recovery.snapshot?.description.last
        guard found == snapshot || found == snapshotInFlight ?? snapshot else {
            throw fail("snapshot \(String(describing: found)), not \(String(describing: snapshot))")
        }
        var states = [state] + (stateInFlight.map { [$0] } ?? [])
        if let found {
            states = states.map {
                $0.term < found.term ? JournalHardState(term: found.term, votedFor: nil) : $0
            }
        }
        guard states.contains(recovery.hardState) else {
            throw fail("hard state \(recovery.hardState), not one of \(states)")
        }
        let old = durable.rest(behind: found ?? .start)
        let new = inFlight?.rest(behind: found ?? .start)
        guard recovery.records == old || recovery.records == new else {
            throw fail("\(recovery.records.map(\.position)), not \(old.map(\.position))")
        }
        try checkVerdict(recovery, isNew: recovery.records != old, fail)
    }

    private mutating func checkVerdict(
        _ recovery: Recovery, isNew: Bool, _ fail: (String) -> Violation
    ) throws {
        let reached = max(
            isNew ? inFlight!.last : durable.last, recovery.snapshot?.description.last ?? .start)
        let mustDoubt = doubt.map { $0 > reached } ?? false
        switch recovery.verdict {
        case .whole: counts.whole += 1
        case .torn: counts.torn += 1
        case .inDoubt(let position):
            counts.inDoubt += 1
            guard
                position == inFlight?.last || position == settled || position == doubt
                    || position == read?.doubt
            else {
                throw fail("doubt of \(position), which was never written")
            }
            if mustDoubt { counts.carriedDoubts += 1 }
        case .corrupt: throw fail("nothing rotted")
        }
        let isInDoubt = if case .inDoubt = recovery.verdict { true } else { false }
        if mustDoubt, !isInDoubt { throw fail("the doubt of \(doubt!) is forgotten") }
    }
}
