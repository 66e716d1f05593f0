import Glibc

/// Finds where answers end, and their statuses. Only what this program's own server sends is
/// understood: `ResponseParser` makes strings of every field, which at 100,000 answers a second
/// takes as much of the machine as the server that is measured.
enum AnswerScanner {
    enum Found: Hashable {
        case answer(status: Int, body: Range<Int>)
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
                let body = end + 2..<end + 2 + length
                return body.upperBound <= bytes.count
                    ? .answer(status: status, body: body) : .incomplete
            } else if isContentLength(bytes, line, end) {
                guard let value = number(in: bytes, from: line + 15, to: end) else {
                    return .unreadable
                }
                length = value
            }
            line = end + 2
        }
        return bytes.count - start > 1 << 20 ? .unreadable : .incomplete
    }

    /// How much of what a request asked for its answer grants: of a batch, how many charges were
    /// made; else 1 or 0. A status of 200 alone doesn't say: `/v1/verify` answers with it about a
    /// key that isn't valid, and a batch may hold refusals.
    static func granted(
        _ deed: BenchDeed, batch: Int, status: Int, body: UnsafeRawBufferPointer
    ) -> Int {
        guard status == 200 else { return 0 }
        switch deed {
        case .validate: return 1
        case .verify: return count(#""valid":true"#, in: body) > 0 ? 1 : 0
        case .charge: return batch == 1 ? 1 : count(#""charged":"#, in: body)
        }
    }

    /// How often a text that begins with a quotation mark occurs.
    private static func count(_ text: StaticString, in bytes: UnsafeRawBufferPointer) -> Int {
        let length = text.utf8CodeUnitCount
        var count = 0
        var place = 0
        while place + length <= bytes.count {
            var matched = 0
            while matched < length, bytes[place + matched] == text.utf8Start[matched] {
                matched += 1
            }
            if matched == length { count += 1 }
            // What matched holds no second beginning but perhaps its last byte.
            place += max(1, matched - 1)
        }
        return count
    }

    /// The place of the next CR LF. By the library, which looks at many bytes at once: one by one
    /// they were 60 % of what an answer cost this program.
    private static func lineEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var place = start
        while place < bytes.count,
            let found = memchr(base + place, 0x0A, bytes.count - place)
        {
            let lineFeed = base.distance(to: UnsafeRawPointer(found))
            if lineFeed > start, bytes[lineFeed - 1] == 0x0D { return lineFeed - 1 }
            place = lineFeed + 1
        }
        return nil
    }

    /// `HTTP/1.1 200`
    private static func status(in bytes: UnsafeRawBufferPointer, at start: Int) -> Int? {
        guard bytes[start] == UInt8(ascii: "H"), bytes[start + 8] == 0x20 else { return nil }
        return number(in: bytes, from: start + 9, to: start + 12)
    }

    /// Whether the line begins with `content-length:`, in letters of either case.
    @inline(__always)
    private static func isContentLength(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int
    ) -> Bool {
        guard end - start >= 15 else { return false }
        func folded(_ offset: Int) -> UInt64 {
            let word = bytes.loadUnaligned(fromByteOffset: start + offset, as: UInt64.self)
            return UInt64(littleEndian: word) | 0x2020_2020_2020_2020
        }
        // "content-" and "-length:", the first byte lowest.
        return folded(0) == 0x2d74_6e65_746e_6f63 && folded(7) == 0x3a68_7467_6e65_6c2d
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
