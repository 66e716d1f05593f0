import Basics

/// What is wrong with a command line, in words that follow "simulate: ".
struct UsageError: Error, Equatable, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

/// The words of a command line, taken one by one.
struct Arguments {
    private var rest: ArraySlice<String>

    init(_ words: [String]) { rest = words[...] }

    mutating func next() -> String? { rest.popFirst() }

    /// The value that an option takes.
    mutating func value(of option: String) throws(UsageError) -> String {
        guard let word = rest.popFirst() else { throw UsageError("\(option) takes a value") }
        return word
    }

    mutating func number(
        of option: String, in range: ClosedRange<UInt64>
    ) throws(UsageError) -> UInt64 {
        let word = try value(of: option)
        guard let number = UInt64(word), range.contains(number) else {
            let bounds =
                range.upperBound == .max
                ? "from \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            throw UsageError("\(option) takes a whole number \(bounds), not '\(word)'")
        }
        return number
    }

    mutating func duration(
        of option: String, in range: ClosedRange<Basics.Duration>
    ) throws(UsageError) -> Basics.Duration {
        let word = try value(of: option)
        return try Self.duration(word, of: option, in: range)
    }

    static func duration(
        _ word: some StringProtocol, of option: String, in range: ClosedRange<Basics.Duration>
    ) throws(UsageError) -> Basics.Duration {
        guard let duration = Basics.Duration(text: word) else {
            throw UsageError("\(option) takes a time like 300ms, 2s or 1m, not '\(word)'")
        }
        guard range.contains(duration) else {
            throw UsageError(
                "\(option) takes \(range.lowerBound.brief) to \(range.upperBound.brief), "
                    + "not '\(word)'")
        }
        return duration
    }

    static func seed(_ word: String?, of verb: String) throws(UsageError) -> UInt64 {
        guard let word else { throw UsageError("\(verb) takes a seed, a whole number") }
        guard let seed = UInt64(word) else {
            guard !word.hasSuffix(".scenario") else {
                throw UsageError(
                    "\(verb) takes a seed, and '\(word)' is a scenario for simulate run")
            }
            throw UsageError("a seed is a whole number from 0 to 2^64 - 1, not '\(word)'")
        }
        return seed
    }
}

extension Basics.Duration {
    /// Reads `300ms`, `2s`, `1.5s`, `1m`, `20us`; nil for anything else.
    init?(text: some StringProtocol) {
        let units: [(String, Int64)] = [
            ("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
            ("m", 60_000_000_000), ("h", 3_600_000_000_000),
        ]
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(digits.count)
        guard let size = units.first(where: { $0.0 == unit })?.1 else { return nil }
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let whole = Int64(parts[0]), whole <= .max / size / 2
        else { return nil }
        self = .nanoseconds(size * whole)
        guard parts.count == 2 else { return }
        // Six decimals: the product with an hour still fits.
        guard (1...6).contains(parts[1].count), var fraction = Int64(parts[1]) else { return nil }
        for _ in parts[1].count..<6 { fraction *= 10 }
        self = self + .nanoseconds(size * fraction / 1_000_000)
    }
}
