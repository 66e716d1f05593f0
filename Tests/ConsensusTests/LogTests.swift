import Basics
import Testing

@testable import Consensus

@Suite struct LogTests {
    static func entry(_ term: UInt64, _ index: UInt64, bytes: Int = 1) -> Entry {
        Entry(
            term: Term(term), index: LogIndex(index),
            time: Timestamp(milliseconds: Int64(index) * 10), kind: .command,
            payload: [UInt8](repeating: 1, count: bytes))
    }

    static func metadata(_ entry: Entry) -> SnapshotMetadata {
        SnapshotMetadata(
            lastIndex: entry.index, lastTerm: entry.term, lastTime: entry.time,
            configuration: Configuration(voters: [NodeID(1)]))
    }

    @Test(arguments: 1...100)
    func `the log behaves like the array of all entries ever kept`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var log = Log(snapshot: nil)
        var twin: [Entry] = []
        var snapshot = 0
        for _ in 0..<60 {
            switch generator.below(5) {
            case 0...2:
                let term = (twin.last?.term.rawValue ?? 1) + generator.below(2)
                let entry = Self.entry(
                    term, UInt64(twin.count) + 1, bytes: Int(generator.below(40)))
                log.append(entry)
                twin.append(entry)
            case 3 where twin.count > snapshot:
                let kept = snapshot + Int(generator.below(UInt64(twin.count - snapshot)))
                log.truncate(from: LogIndex(UInt64(kept) + 1))
                twin.removeLast(twin.count - kept)
            case 4 where twin.count > snapshot:
                snapshot += 1 + Int(generator.below(UInt64(twin.count - snapshot)))
                log.compact(to: Self.metadata(twin[snapshot - 1]), retaining: 150)
            default: break
            }
            expectSame(log, twin, snapshot)
        }
    }

    private func expectSame(_ log: Log, _ twin: [Entry], _ snapshot: Int) {
        #expect(log.lastIndex == LogIndex(UInt64(twin.count)))
        #expect(log.last.term == twin.last?.term ?? .zero)
        #expect(log.lastTime == twin.last?.time ?? .epoch)
        #expect(log.base.index <= LogIndex(UInt64(snapshot)))
        #expect(log.costSinceSnapshot == twin[snapshot...].reduce(0) { $0 + $1.cost })
        let first = Int(log.base.index.rawValue)
        #expect(twin[first..<snapshot].reduce(0) { $0 + $1.cost } <= 150)
        for (offset, entry) in twin.enumerated() where offset >= first {
            #expect(log[entry.index] == entry)
        }
        #expect(log.term(at: LogIndex(UInt64(twin.count) + 1)) == nil)
    }

    @Test func `where logs may agree is found by term`() {
        var log = Log(snapshot: nil)
        for (index, term) in [1, 1, 3, 3, 5].enumerated() {
            log.append(Self.entry(UInt64(term), UInt64(index) + 1))
        }
        func found(_ index: UInt64, _ term: UInt64) -> LogPosition {
            log.lastPosition(notAfter: LogIndex(index), termAtMost: Term(term))
        }
        #expect(found(9, 9) == LogPosition(term: Term(5), index: LogIndex(5)))
        #expect(found(4, 9) == LogPosition(term: Term(3), index: LogIndex(4)))
        #expect(found(5, 2) == LogPosition(term: Term(1), index: LogIndex(2)))
        #expect(found(5, 0) == .start)
    }

    @Test func `entries are given out up to a size, but at least one`() {
        var log = Log(snapshot: nil)
        for index in 1...4 { log.append(Self.entry(1, UInt64(index), bytes: 36)) }
        func count(_ maxBytes: Int) -> Int {
            log.entries(from: LogIndex(2), through: LogIndex(9), maxBytes: maxBytes).count
        }
        #expect(count(1) == 1)
        #expect(count(199) == 1)
        #expect(count(200) == 2)
        #expect(count(.max) == 3)
    }
}
