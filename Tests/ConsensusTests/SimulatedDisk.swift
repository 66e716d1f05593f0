import Basics

@testable import Consensus

/// A node's disk: what is durable, and the operations that aren't yet, in their order.
struct SimulatedDisk {
    enum Operation {
        case save(HardState)
        case append([Entry])
        case restart
        case install(SnapshotMetadata)
    }

    var hardState = HardState(term: .zero)
    var entries: [Entry] = []
    var snapshot: SnapshotMetadata?
    var waiting: [Operation] = []
    /// A disk that hangs completes nothing.
    var isStalled = false

    mutating func perform(_ operation: Operation) {
        switch operation {
        case .save(let state): hardState = state
        case .append(let new):
            guard let first = new.first else { return }
            entries.removeAll { $0.index >= first.index }
            entries += new
        case .restart: entries = []
        case .install(let metadata): snapshot = metadata
        }
    }

    /// The power fails: of what wasn't synced, some part from the front is there. Term and vote
    /// live in a file of their own, so they may be ahead of the log or behind it.
    mutating func crash(using generator: inout SeededGenerator) {
        var appendsKept = Int(generator.below(UInt64(waiting.count) + 1))
        let savesKept = Int(generator.below(UInt64(waiting.count) + 1))
        for (number, operation) in waiting.enumerated() {
            switch operation {
            case .save: if number < savesKept { perform(operation) }
            case .append(let new):
                if number < appendsKept {
                    perform(operation)
                } else if number == appendsKept, generator.chance(1, in: 2) {
                    // Torn in the middle: recovery cuts it at an entry.
                    perform(.append([Entry](new.prefix(Int(generator.below(UInt64(new.count)))))))
                    appendsKept = 0
                }
            case .restart, .install: if number < appendsKept { perform(operation) }
            }
        }
        waiting = []
    }
}
