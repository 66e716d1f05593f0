import Basics

/// The configurations that the log brings, each in force from the moment its entry is appended
/// (Ongaro 2014, §4.1), and taken back with it.
///
/// Holds the one in force at the log's base, and that of every entry behind it.
struct ConfigurationHistory: Sendable {
    private(set) var changes: [(index: LogIndex, configuration: Configuration)]
    /// Counts how often the newest has become another.
    private(set) var version = 0

    init(_ configuration: Configuration, at index: LogIndex) {
        changes = [(index, configuration)]
    }

    var newest: Configuration { changes[changes.count - 1].configuration }
    /// The entry that brought the newest; the log's base if none behind it did.
    var newestIndex: LogIndex { changes[changes.count - 1].index }

    /// The configuration in force once the entry at `index` is. Requires one not compacted.
    func at(_ index: LogIndex) -> Configuration {
        precondition(index >= changes[0].index, "the configuration at \(index) was compacted")
        return (changes.last { $0.index <= index } ?? changes[0]).configuration
    }

    mutating func append(_ configuration: Configuration, at index: LogIndex) {
        precondition(index > newestIndex, "a configuration out of order")
        changes.append((index, configuration))
        version += 1
    }

    /// The entry at `index` and all behind it are gone. Requires an index behind the base.
    mutating func truncate(from index: LogIndex) {
        precondition(index > changes[0].index, "the configuration in force was removed")
        guard newestIndex >= index else { return }
        changes.removeAll { $0.index >= index }
        version += 1
    }

    /// The log begins anew behind `index`, and holds nothing.
    mutating func restart(_ configuration: Configuration, at index: LogIndex) {
        if configuration != newest { version += 1 }
        changes = [(index, configuration)]
    }

    /// The log begins behind `base` now.
    mutating func compact(to base: LogIndex) {
        let kept = changes.lastIndex { $0.index <= base } ?? 0
        changes.removeFirst(kept)
    }
}
