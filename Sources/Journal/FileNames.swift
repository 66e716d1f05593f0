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

    /// Whole or in the making.
    static func isSnapshot(_ name: String) -> Bool {
        name == incompleteSnapshot || name == receivedSnapshot || SnapshotName(name) != nil
    }

    static func isLeftover(_ name: String) -> Bool {
        [incompleteIdentity, incompleteSegment, incompleteSnapshot, receivedSnapshot]
            .contains(name)
    }

    static func hexadecimal(_ number: UInt64, digits: Int) -> String {
        let count = width(of: number, atLeast: digits)
        return String(unsafeUninitializedCapacity: count) { text in
            put(number, width: count, into: text, at: 0)
            return count
        }
    }

    /// `prefix`-number-number in hexadecimal, put together at once: every write names its file.
    static func text(
        _ prefix: StaticString, _ first: (number: UInt64, digits: Int),
        _ second: (number: UInt64, digits: Int)
    ) -> String {
        let widths = (
            width(of: first.number, atLeast: first.digits),
            width(of: second.number, atLeast: second.digits)
        )
        let start = prefix.utf8CodeUnitCount + 1
        let count = start + widths.0 + 1 + widths.1
        return String(unsafeUninitializedCapacity: count) { text in
            for position in 0..<start - 1 { text[position] = prefix.utf8Start[position] }
            text[start - 1] = UInt8(ascii: "-")
            put(first.number, width: widths.0, into: text, at: start)
            text[start + widths.0] = UInt8(ascii: "-")
            put(second.number, width: widths.1, into: text, at: start + widths.0 + 1)
            return count
        }
    }

    private static func width(of number: UInt64, atLeast digits: Int) -> Int {
        max(digits, (67 - number.leadingZeroBitCount) / 4)
    }

    private static func put(
        _ number: UInt64, width: Int, into text: UnsafeMutableBufferPointer<UInt8>, at start: Int
    ) {
        var rest = number
        for position in stride(from: start + width - 1, through: start, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest & 0xf)
            text[position] = digit < 10 ? 0x30 + digit : 0x61 - 10 + digit
            rest >>= 4
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
        FileName.text("segment", (sequence, 16), (UInt64(capacity), 8))
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
        FileName.text("snapshot", (last.term.rawValue, 16), (last.index.rawValue, 16))
    }
}
