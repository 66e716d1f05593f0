import Basics

/// The part of the log that is in memory: everything behind `base`, the last entry that only a
/// snapshot holds.
///
/// Knows nothing of commit or durability; who removes entries has checked both.
struct Log: Sendable {
    /// The entry before the first one kept; `.start` if nothing was ever compacted.
    private(set) var base: LogPosition
    private var baseTime: Timestamp
    private var entries = Ring<Entry>()
    /// The last entry covered by this node's newest snapshot; at or behind `base`.
    private(set) var snapshotIndex: LogIndex
    /// Bytes of the entries behind `snapshotIndex`.
    private(set) var costSinceSnapshot = 0

    init(snapshot: SnapshotMetadata?) {
        base = snapshot?.position ?? .start
        baseTime = snapshot?.lastTime ?? .epoch
        snapshotIndex = base.index
    }

    var firstIndex: LogIndex { base.index.next }
    var lastIndex: LogIndex { base.index + entries.count }
    var last: LogPosition {
        LogPosition(term: entries.last?.term ?? base.term, index: lastIndex)
    }
    var lastTime: Timestamp { entries.last?.time ?? baseTime }

    /// The entry at `index`, which must be in memory.
    subscript(index: LogIndex) -> Entry {
        precondition(index > base.index && index <= lastIndex, "no entry \(index) in memory")
        return entries[index - base.index - 1]
    }

    /// The term of the entry at `index`; nil if it isn't known here.
    func term(at index: LogIndex) -> Term? {
        guard index > base.index else { return index == base.index ? base.term : nil }
        return index <= lastIndex ? entries[index - base.index - 1].term : nil
    }

    func holds(_ position: LogPosition) -> Bool { term(at: position.index) == position.term }

    /// Consecutive entries from `first` of at most `maxBytes`, but at least one if there is one.
    /// Requires `first` behind `base`.
    func entries(from first: LogIndex, through last: LogIndex, maxBytes: Int) -> [Entry] {
        precondition(first > base.index, "entry \(first) was compacted")
        guard first <= min(last, lastIndex) else { return [] }
        var taken: [Entry] = []
        var cost = 0
        for offset in (first - base.index - 1)...(min(last, lastIndex) - base.index - 1) {
            let entry = entries[offset]
            cost += entry.cost
            guard cost <= maxBytes || taken.isEmpty else { break }
            taken.append(entry)
        }
        return taken
    }

    /// Bytes of the entries behind `index`.
    func cost(after index: LogIndex) -> Int {
        let skipped = index > base.index ? min(index, lastIndex) - base.index : 0
        return entries[skipped...].reduce(0) { $0 + $1.cost }
    }

    /// Whether more than so many bytes of entries stand behind `index`; looks at no more of them.
    func holds(moreThan bytes: Int, after index: LogIndex) -> Bool {
        var cost = 0
        var place = lastIndex
        while place > max(index, base.index), cost <= bytes {
            cost += self[place].cost
            place = place.previous
        }
        return cost > bytes
    }

    /// The last position at or before `index` whose term is at most `term`: where a log that
    /// holds another entry at `index` may agree with this one. The base if there is none behind.
    func lastPosition(notAfter index: LogIndex, termAtMost term: Term) -> LogPosition {
        guard index > base.index else { return LogPosition(term: base.term, index: base.index) }
        var candidate = min(index, lastIndex)
        while candidate > base.index, self[candidate].term > term { candidate = candidate.previous }
        return LogPosition(term: self.term(at: candidate) ?? .zero, index: candidate)
    }

    mutating func append(_ entry: Entry) {
        precondition(entry.index == lastIndex.next, "entry \(entry.index) leaves a gap")
        precondition(entry.term >= last.term, "entry \(entry.index) is of an earlier term")
        entries.append(entry)
        if entry.index > snapshotIndex { costSinceSnapshot += entry.cost }
    }

    /// Removes the entry at `index` and all behind it.
    mutating func truncate(from index: LogIndex) {
        precondition(index > base.index, "entry \(index) was compacted")
        while lastIndex >= index {
            let removed = entries.removeLast()
            if removed.index > snapshotIndex { costSinceSnapshot -= removed.cost }
        }
    }

    /// Notes a snapshot of this log's own entries and drops what it covers, but for the last
    /// `retainedBytes`. An older snapshot changes nothing.
    mutating func compact(to snapshot: SnapshotMetadata, retaining retainedBytes: Int) {
        guard snapshot.lastIndex > snapshotIndex else { return }
        precondition(holds(snapshot.position), "a snapshot of another log")
        snapshotIndex = snapshot.lastIndex
        costSinceSnapshot = cost(after: snapshotIndex)
        var coveredCost = cost(after: base.index) - costSinceSnapshot
        while base.index < snapshotIndex, coveredCost > retainedBytes {
            let dropped = entries.removeFirst()
            coveredCost -= dropped.cost
            base = LogPosition(term: dropped.term, index: dropped.index)
            baseTime = dropped.time
        }
    }

    /// Begins anew behind a snapshot from elsewhere; keeps the entries behind it if this log
    /// holds its last one, else none (Ongaro 2014, §5.1).
    mutating func restart(from snapshot: SnapshotMetadata) {
        if holds(snapshot.position) {
            compact(to: snapshot, retaining: 0)
        } else {
            self = Log(snapshot: snapshot)
        }
    }
}
