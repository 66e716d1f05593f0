import Basics

/// Searches by eight bytes at a time, and where that finds nothing usual, byte by byte.
extension UnsafeRawBufferPointer {
    /// The eight bytes at `index`, or as many as the range has left, with zeros behind them.
    /// Requires that the range has some left.
    @inline(__always)
    private func word(at index: Int, before end: Int) -> ASCIIWord {
        if index &+ ASCIIWord.count <= end { return ASCIIWord(self, at: index) }
        let missing = index &+ ASCIIWord.count &- end
        if index >= missing {
            return ASCIIWord(
                bits: ASCIIWord(self, at: index &- missing).bits >> UInt64(8 * missing))
        }
        var bits: UInt64 = 0
        for place in (index..<end).reversed() { bits = bits << 8 | UInt64(self[place]) }
        return ASCIIWord(bits: bits)
    }

    /// Where the bytes of a class that the range begins with end, mostly before `stop`, which is
    /// none of them. `usual` masks those of the class that the bytes mostly are, and never a zero.
    @inline(__always)
    func end(
        of members: @autoclosure () -> ByteClass, in range: Range<Int>, before stop: UInt8,
        usual: (ASCIIWord) -> UInt64
    ) -> Int {
        var index = range.lowerBound
        while index < range.upperBound {
            let mask = usual(word(at: index, before: range.upperBound))
            if ASCIIWord.isWhole(mask) {
                index &+= ASCIIWord.count
                continue
            }
            index &+= ASCIIWord.firstOutside(mask)
            guard index < range.upperBound, self[index] != stop, members().contains(self[index])
            else { break }
            index &+= 1
        }
        return index
    }

    /// Whether all bytes of the range are of a class.
    @inline(__always)
    func consists(
        of members: @autoclosure () -> ByteClass, in range: Range<Int>,
        usual: (ASCIIWord) -> UInt64
    ) -> Bool {
        // The last word overlaps the one before it, and one look at the end is enough.
        let last = range.upperBound &- ASCIIWord.count
        if last >= range.lowerBound {
            var mask = usual(ASCIIWord(self, at: last))
            var index = range.lowerBound
            while index < last {
                mask &= usual(ASCIIWord(self, at: index))
                index &+= ASCIIWord.count
            }
            if ASCIIWord.isWhole(mask) { return true }
        }
        return end(of: members(), in: range, before: 0, usual: usual) == range.upperBound
    }

    /// The first place of a byte that isn't zero; nil if it isn't in the range.
    @inline(__always)
    func first(_ byte: UInt8, in range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while index < range.upperBound {
            let mask = word(at: index, before: range.upperBound).within(byte, byte)
            if mask != 0 { return index &+ ASCIIWord.first(in: mask) }
            index &+= ASCIIWord.count
        }
        return nil
    }

    /// The first place of a control character; the range's end if there is none.
    @inline(__always)
    func firstControl(in range: Range<Int>) -> Int {
        var index = range.lowerBound
        while index < range.upperBound {
            let mask = word(at: index, before: range.upperBound).controls
            if mask != 0 { return Swift.min(index &+ ASCIIWord.first(in: mask), range.upperBound) }
            index &+= ASCIIWord.count
        }
        return range.upperBound
    }

    /// True if a byte of a field's value may not stand there: control characters but the tab.
    @inline(__always)
    func hasForbiddenValueByte(in range: Range<Int>) -> Bool {
        var rest = range
        while true {
            let place = firstControl(in: rest)
            if place == range.upperBound { return false }
            if self[place] != ASCII.tab { return true }
            rest = place + 1..<range.upperBound
        }
    }

    /// Where name and value of the field line at `start` end, if all of it is there, takes no more
    /// than `limit` bytes and is as most are: a name, a colon, no control character, and CRLF. Nil
    /// says nothing. No byte behind the limit is looked at, but for CRLF.
    @inline(__always)
    func usualFieldLine(from start: Int, limit: Int) -> (colon: Int, end: Int)? {
        let last = Swift.min(count, start + limit)
        let colon = end(
            of: .token, in: start..<last, before: UInt8(ascii: ":"), usual: \.usualInNames)
        guard colon > start, colon < last, self[colon] == UInt8(ascii: ":") else { return nil }
        let end = firstControl(in: colon + 1..<last)
        guard isLineEnd(end) else { return nil }
        return (colon, end)
    }

    /// Where method and target of the request line at `start` end, if all of it is there, takes no
    /// more than `limit` bytes and is as most are, of HTTP/1.1. Nil says nothing. No byte behind
    /// the limit is looked at, but for CRLF.
    @inline(__always)
    func usualRequestLine(from start: Int, limit: Int) -> (method: Int, target: Int)? {
        // What stands behind a target takes nine bytes.
        let last = Swift.min(count, start + limit - 9)
        guard last > start else { return nil }
        let method = end(of: .token, in: start..<last, before: ASCII.space, usual: \.letters)
        guard method > start, method < last, self[method] == ASCII.space else { return nil }
        let target = end(
            of: .target, in: method + 1..<last, before: ASCII.space, usual: \.usualInTargets)
        guard target > method + 1, target + 11 <= count else { return nil }
        let version = UnsafeRawBufferPointer(rebasing: self[target..<target + 11])
        return version.equals(" HTTP/1.1\r\n") ? (method, target) : nil
    }

    @inline(__always)
    func isLineEnd(_ place: Int) -> Bool {
        place + 1 < count && self[place] == ASCII.carriageReturn
            && self[place + 1] == ASCII.lineFeed
    }
}

extension ASCIIWord {
    /// Of ``ByteClass/token``.
    @inline(__always)
    var usualInNames: UInt64 { alphanumerics | within(UInt8(ascii: "-"), UInt8(ascii: "-")) }

    /// Of ``ByteClass/host``: digits and the colon stand side by side, and so do `-` and `.`.
    @inline(__always)
    var usualInHosts: UInt64 {
        letters | within(UInt8(ascii: "0"), UInt8(ascii: ":"))
            | within(UInt8(ascii: "-"), UInt8(ascii: "."))
    }

    /// Of ``ByteClass/target``: all of it but `!` and `"`.
    @inline(__always)
    var usualInTargets: UInt64 { within(UInt8(ascii: "$"), UInt8(ascii: "~")) }

    /// Of ``ByteClass/token68``: `-`, `.`, `/` and the digits stand side by side.
    @inline(__always)
    var usualInCredentials: UInt64 {
        letters | within(UInt8(ascii: "-"), UInt8(ascii: "9"))
            | within(UInt8(ascii: "_"), UInt8(ascii: "_"))
    }

    @inline(__always)
    var controls: UInt64 { ~(notBelow(0x20) & ~notBelow(0x7F)) & ASCIIWord.highest & ~bits }
}
