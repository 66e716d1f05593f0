import Basics

/// The names of the files in a data directory. Whatever else lies there is left alone.
enum FileName {
    static let identity = "identity"
    static let hardState = "hard-state"
    /// Under these names files are made before they are renamed into place; recovery deletes them.
    static let incompleteIdentity = "identity.incomplete"
    static let incompleteSegment = "segment.incomplete"
    static let incompleteSnapshot = "snapshot.incomplete"
    static let receivedSnapshot = "snapshot.received"

    static func isOurs(_ name: String) -> Bool {
        isLeftover(name) || name == identity || name == hardState
            || SegmentName(name) != nil || SnapshotName(name) != nil
    }

    static func isLeftover(_ name: String) -> Bool {
        [incompleteIdentity, incompleteSegment, incompleteSnapshot, receivedSnapshot]
            .contains(name)
    }

    static func hexadecimal(_ number: UInt64, digits: Int) -> String {
        // Every write names its file: padding a text took 1 % of a simulated run.
        let count = max(digits, (67 - number.leadingZeroBitCount) / 4)
        return String(unsafeUninitializedCapacity: count) { bytes in
            for position in 0..<count {
                let digit = UInt8(number >> UInt64(4 * (count - 1 - position)) & 0xf)
                bytes[position] = digit < 10 ? 0x30 + digit : 0x61 - 10 + digit
            }
            return count
        }
    }

    /// The numbers of `prefix`-number-number in hexadecimal; nil unless written just like that.
    static func numbers(of name: String, prefix: String, digits: (Int, Int)) -> (UInt64, UInt64)? {
        guard name.hasPrefix(prefix) else { return nil }
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == prefix, let first = UInt64(parts[1], radix: 16),
            let second = UInt64(parts[2], radix: 16),
            parts[1] == hexadecimal(first, digits: digits.0),
            parts[2] == hexadecimal(second, digits: digits.1)
        else { return nil }
        return (first, second)
    }
}

/// `segment-0000000000000002-01000000`: the file's number and its size in bytes, so that a file
/// that was cut is known by its name alone.
struct SegmentName: Hashable, Sendable, CustomStringConvertible {
    var sequence: UInt64
    var capacity: Int

    init(sequence: UInt64, capacity: Int) {
        self.sequence = sequence
        self.capacity = capacity
    }

    init?(_ name: String) {
        guard let (sequence, size) = FileName.numbers(of: name, prefix: "segment", digits: (16, 8)),
            let capacity = Int(exactly: size)
        else { return nil }
        self.init(sequence: sequence, capacity: capacity)
    }

    var description: String {
        let size = FileName.hexadecimal(UInt64(capacity), digits: 8)
        return "segment-\(FileName.hexadecimal(sequence, digits: 16))-\(size)"
    }
}

/// `snapshot-0000000000000007-00000000000186a0`: the term and index of the last entry covered, so
/// that a snapshot that is lost still says how far it reached.
struct SnapshotName: Hashable, Sendable, CustomStringConvertible {
    var last: JournalPosition

    init(last: JournalPosition) { self.last = last }

    init?(_ name: String) {
        guard let (term, index) = FileName.numbers(of: name, prefix: "snapshot", digits: (16, 16))
        else { return nil }
        last = JournalPosition(term: Term(term), index: LogIndex(index))
    }

    var description: String {
        let term = FileName.hexadecimal(last.term.rawValue, digits: 16)
        return "snapshot-\(term)-\(FileName.hexadecimal(last.index.rawValue, digits: 16))"
    }
}
