import Basics
import Simulator
import Testing

@testable import Journal

/// A stop between any two operations of everything that takes more than one, by a kill, by a power
/// cut, and by a kill with a power cut after the next start's own operations, wherever they stop.
@Suite struct BoundaryTests {
    /// Calls `check` with the disk after every such stop.
    private static func everyStop(
        of operations: [DiskOperation], on disk: InMemoryDisk, label: String,
        _ check: (InMemoryDisk, String) throws -> Void
    ) throws {
        for count in 0...operations.count {
            var stopped = disk
            try stopped.perform(Array(operations.prefix(count)))
            try check(stopped, "\(label): killed after \(count)")
            for seed in UInt64(1)...12 {
                var cut = stopped
                var generator = SeededGenerator(seed: seed)
                cut.cutPower(tearing: .init(unitBytes: 128), using: &generator)
                try check(cut, "\(label): cut after \(count), seed \(seed)")
            }
            try everyStopOfTheNextStart(on: stopped, "\(label): killed after \(count)", check)
        }
    }

    private static func everyStopOfTheNextStart(
        on disk: InMemoryDisk, _ label: String,
        _ check: (InMemoryDisk, String) throws -> Void
    ) throws {
        guard let recovery = try? Recovery(of: disk.files) else { return }
        var log = WriteAheadLog(from: recovery, settings: smallSettings)
        var snapshots = SnapshotStore(from: recovery)
        let lanes = [log.nextBatch()?.operations ?? [], snapshots.nextBatch()?.operations ?? []]
        for operations in lanes {
            for count in 0...operations.count {
                for seed in UInt64(1)...20 {
                    var cut = disk
                    try cut.perform(Array(operations.prefix(count)))
                    var generator = SeededGenerator(seed: 100 * seed)
                    cut.cutPower(tearing: .init(unitBytes: 128), using: &generator)
                    try check(cut, "\(label), next start cut after \(count), seed \(seed)")
                }
            }
        }
    }

    /// All operations that a node's machines ask for, as if they were performed, without a stop.
    private static func operations(_ node: Node, _ work: (inout Node) throws -> Void) throws
        -> [DiskOperation]
    {
        var copy = node
        try work(&copy)
        var all: [DiskOperation] = []
        while true {
            if let batch = copy.snapshots.nextBatch() {
                all += batch.operations
                for event in copy.snapshots.completed(batch.id) {
                    switch event {
                    case .written(let description):
                        copy.log.compact(through: description.last.index)
                    case .installed(let description):
                        copy.log.restart(after: description.last)
                    }
                }
            } else if let batch = copy.log.nextBatch() {
                all += batch.operations
                _ = copy.log.completed(batch.id)
            } else {
                return all
            }
        }
    }

    private static func eight() throws -> Node {
        var node = try Node.formatted()
        try node.write([record(1)], [record(2)])
        try node.takeSnapshot(at: position(1, 1))
        for index in UInt64(3)...8 { try node.write([record(index)]) }
        return node
    }

    @Test func `writing a snapshot and cutting the log`() throws {
        let node = try BoundaryTests.eight()
        let operations = try BoundaryTests.operations(node) { node in
            node.snapshots.begin(describe(position(1, 6)))
            node.snapshots.append([UInt8](repeating: 9, count: 700))
            node.snapshots.finish()
        }
        #expect(operations.count(where: { if case .delete = $0 { true } else { false } }) == 3)
        var seen: [JournalPosition: Int] = [:]
        try BoundaryTests.everyStop(of: operations, on: node.disk, label: "snapshot") {
            let recovery = try Recovery(of: $0.files)
            let last = recovery.snapshot?.description.last ?? .start
            seen[last, default: 0] += 1
            #expect(recovery.verdict == .whole, "\($1)")
            #expect(last == position(1, 1) || last == position(1, 6), "\($1)")
            #expect(recovery.records == (last.index.rawValue + 1...8).map { record($0) }, "\($1)")
        }
        #expect(seen[position(1, 1)] ?? 0 > 50 && seen[position(1, 6)] ?? 0 > 50)
    }

    @Test func `installing the leader's snapshot and beginning the log anew`() throws {
        let node = try BoundaryTests.eight()
        let last = position(3, 50)
        let operations = try BoundaryTests.operations(node) { node in
            let bytes = snapshotFile(of: describe(last))
            _ = try node.snapshots.receive(Array(bytes.prefix(40)), at: 0, of: last)
            _ = try node.snapshots.receive(Array(bytes.dropFirst(40)), at: 40, of: last)
            _ = try node.snapshots.install()
            node.log.save(JournalHardState(term: Term(3), votedFor: nil))
        }
        var seen: [JournalPosition: Int] = [:]
        try BoundaryTests.everyStop(of: operations, on: node.disk, label: "install") {
            let recovery = try Recovery(of: $0.files)
            let found = recovery.snapshot?.description.last ?? .start
            seen[found, default: 0] += 1
            #expect(recovery.verdict == .whole, "\($1)")
            if found == last {
                #expect(recovery.records == [], "\($1)")
                #expect(recovery.hardState.term == Term(3), "\($1)")
            } else {
                #expect(found == position(1, 1), "\($1)")
                #expect(recovery.records == (2...8).map { record($0) }, "\($1)")
            }
        }
        #expect(seen[position(1, 1)] ?? 0 > 50 && seen[last] ?? 0 > 50)
    }

    @Test func `filling a segment and beginning the next`() throws {
        let node = try BoundaryTests.eight()
        let operations = try BoundaryTests.operations(node) { node in
            node.log.append((9...20).map { record($0) })
        }
        #expect(operations.contains { if case .create = $0 { true } else { false } })
        try BoundaryTests.everyStop(of: operations, on: node.disk, label: "rotation") {
            let recovery = try Recovery(of: $0.files)
            let count = recovery.records.count
            #expect(count >= 7 && recovery.records == (2...UInt64(count) + 1).map { record($0) })
            switch recovery.verdict {
            case .whole, .torn: break
            case .inDoubt(let position):
                #expect(position.index > recovery.records.last?.index ?? .zero, "\($1)")
            case .corrupt(let corruption): Issue.record("\($1): \(corruption)")
            }
        }
    }

    @Test func `formatting a directory`() throws {
        let operations = makeIdentity().format(settings: smallSettings)
        var seen: [String: Int] = [:]
        try BoundaryTests.everyStop(of: operations, on: InMemoryDisk(), label: "format") {
            do {
                let recovery = try Recovery(of: $0.files)
                #expect(recovery.verdict == .whole && recovery.records == [], "\($1)")
                seen["formatted", default: 0] += 1
            } catch let error as RecoveryRefusal {
                #expect(error == .empty || error == .partlyFormatted, "\($1)")
                seen["\(error)", default: 0] += 1
                // It can be done again over whatever the first attempt left.
                var again = $0
                try again.perform(operations)
                #expect(try Recovery(of: again.files).verdict == .whole, "\($1)")
            }
        }
        #expect(seen.count == 3)
    }
}
