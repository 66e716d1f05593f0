import Basics

/// What a measurement has counted.
struct BenchTally: Sendable {
    var latencies = LatencyHistogram()
    /// Answers that weren't 200, by status.
    var refusals: [Int: UInt64] = [:]
    /// Connections that couldn't be made, broke, or brought something that isn't HTTP.
    var brokenConnections: UInt64 = 0
    /// The longest time in which a thread had no good answer.
    var longestGap = Duration.zero

    var errors: UInt64 { refusals.values.reduce(0, +) + brokenConnections }

    mutating func merge(_ other: BenchTally) {
        latencies.merge(other.latencies)
        refusals.merge(other.refusals, uniquingKeysWith: +)
        brokenConnections += other.brokenConnections
        longestGap = max(longestGap, other.longestGap)
    }
}

/// Finds where answers end, and their statuses. Only what this program's own server sends is
/// understood: `ResponseParser` makes strings of every field, which at 100,000 answers a second
/// takes as much of the machine as the server that is measured.
enum AnswerScanner {
    enum Found: Hashable {
        case answer(status: Int, end: Int)
        case incomplete
        case unreadable
    }

    /// The answer that begins at `start`.
    static func next(in bytes: UnsafeRawBufferPointer, from start: Int) -> Found {
        guard bytes.count - start >= 16 else { return .incomplete }
        var length: Int?
        var line = start
        var status = 0
        while let end = lineEnd(in: bytes, from: line) {
            if line == start {
                guard let code = self.status(in: bytes, at: start) else { return .unreadable }
                status = code
            } else if end == line {
                guard let length else { return .unreadable }
                let whole = end + 2 + length
                return whole <= bytes.count ? .answer(status: status, end: whole) : .incomplete
            } else if isContentLength(bytes, line) {
                guard let value = number(in: bytes, from: line + 15, to: end) else {
                    return .unreadable
                }
                length = value
            }
            line = end + 2
        }
        return bytes.count - start > 1 << 20 ? .unreadable : .incomplete
    }

    /// The place of the next CR LF.
    private static func lineEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var place = start
        while place + 1 < bytes.count {
            if bytes[place] == 0x0D, bytes[place + 1] == 0x0A { return place }
            place += 1
        }
        return nil
    }

    /// `HTTP/1.1 200`
    private static func status(in bytes: UnsafeRawBufferPointer, at start: Int) -> Int? {
        guard bytes[start] == UInt8(ascii: "H"), bytes[start + 8] == 0x20 else { return nil }
        return number(in: bytes, from: start + 9, to: start + 12)
    }

    private static func isContentLength(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        let name: StaticString = "content-length:"
        guard bytes.count - start >= name.utf8CodeUnitCount else { return false }
        for offset in 0..<name.utf8CodeUnitCount
        where bytes[start + offset] | 0x20 != name.utf8Start[offset] | 0x20 {
            return false
        }
        return true
    }

    private static func number(
        in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int
    ) -> Int? {
        var value = 0
        var hasDigits = false
        for place in start..<end where bytes[place] != 0x20 {
            guard (0x30...0x39).contains(bytes[place]), value < 1 << 40 else { return nil }
            value = value * 10 + Int(bytes[place] - 0x30)
            hasDigits = true
        }
        return hasDigits ? value : nil
    }
}
