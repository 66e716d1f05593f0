import Basics
import Consensus

/// One line of a scenario, word by word; what can't be read as wanted is an error that says where,
/// what was expected and what stands there.
struct ScenarioWords {
    struct Word {
        var text: String
        /// Counted from 1, in characters.
        var column: Int
    }

    let file: String
    let number: Int
    private var words: [Word] = []
    private var position = 0
    /// Behind the last word.
    private var endColumn = 1

    /// Splits at spaces; `,` and `:` are words of their own, and `#` begins a comment.
    init(_ line: some StringProtocol, number: Int, file: String) {
        self.file = file
        self.number = number
        var current: Word?
        var column = 0
        for character in line {
            column += 1
            if character == "#" { break }
            let isMark = character == "," || character == ":"
            if isMark || character.isWhitespace {
                if let current { words.append(current) }
                current = nil
                if isMark { words.append(Word(text: String(character), column: column)) }
            } else if current == nil {
                current = Word(text: String(character), column: column)
            } else {
                current?.text.append(character)
            }
        }
        if let current { words.append(current) }
        if let last = words.last { endColumn = last.column + last.text.count }
    }

    var isEmpty: Bool { words.isEmpty }
    var isAtEnd: Bool { position == words.count }
    var next: String? { isAtEnd ? nil : words[position].text }
    var column: Int { isAtEnd ? endColumn : words[position].column }

    /// The word behind the next.
    var afterNext: String? { position + 1 < words.count ? words[position + 1].text : nil }

    // MARK: Errors

    func error(_ reason: String, at column: Int? = nil) -> ScenarioError {
        ScenarioError(file: file, line: number, column: column ?? self.column, reason: reason)
    }

    /// Something else stands here than what may.
    func unexpected(_ expected: String) -> ScenarioError {
        guard let next else { return error("expected \(expected), but the line ends here") }
        return error("expected \(expected), found '\(next)'")
    }

    /// A word of a list was expected: names the nearest.
    func unknown(_ what: String, of known: [String]) -> ScenarioError {
        guard let next else { return unexpected(what) }
        guard let nearest = NearestWord.among(known, to: next) else { return unexpected(what) }
        return error("expected \(what), found '\(next)'; did you mean '\(nearest)'?")
    }

    func finish(_ expected: String = "nothing more") throws(ScenarioError) {
        guard isAtEnd else { throw unexpected(expected) }
    }

    // MARK: Words

    /// Takes the next words if they are these.
    mutating func take(_ phrase: String) -> Bool {
        let wanted = phrase.split(separator: " ")
        guard position + wanted.count <= words.count else { return false }
        for (offset, word) in wanted.enumerated() where words[position + offset].text != word {
            return false
        }
        position += wanted.count
        return true
    }

    /// Takes the words one by one, so that an error names the one that is wrong.
    mutating func expect(_ phrase: String) throws(ScenarioError) {
        for word in phrase.split(separator: " ") {
            guard take(String(word)) else { throw unexpected("'\(word)'") }
        }
    }

    mutating func skip() { position += isAtEnd ? 0 : 1 }

    /// A word of free choice: letters, digits and hyphens, a letter first.
    mutating func name(_ what: String) throws(ScenarioError) -> String {
        guard let next, Self.isName(next) else {
            throw unexpected("\(what): letters, digits and hyphens, a letter first, at most 40")
        }
        position += 1
        return next
    }

    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first), text.utf8.count <= 40 else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            isLetter(byte) || byte == UInt8(ascii: "-")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    // MARK: Numbers

    mutating func number(
        _ what: String, from least: UInt64, to most: UInt64
    ) throws(ScenarioError) -> UInt64 {
        guard let next, Self.isDigits(next), let number = UInt64(next),
            (least...most).contains(number)
        else { throw unexpected("\(what), a whole number from \(least) to \(most)") }
        position += 1
        return number
    }

    private static func isDigits(_ text: some StringProtocol) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// A whole number with a sign.
    mutating func signedNumber(_ what: String, atMost most: Int64) throws(ScenarioError) -> Int64 {
        guard let next, let sign = next.first, sign == "+" || sign == "-",
            Self.isDigits(next.dropFirst()), let number = Int64(next),
            (-most...most).contains(number)
        else { throw unexpected("\(what), a whole number with its sign, at most \(most)") }
        position += 1
        return number
    }

    mutating func time(_ what: String) throws(ScenarioError) -> Duration {
        guard let next, let time = Self.duration(next[...]) else {
            throw unexpected("\(what), like 250ms or 2.1s")
        }
        position += 1
        return time
    }

    mutating func positiveTime(_ what: String) throws(ScenarioError) -> Duration {
        let start = column
        let time = try time(what)
        guard time > .zero else { throw error("\(what) must be above zero", at: start) }
        return time
    }

    mutating func signedTime(_ what: String) throws(ScenarioError) -> Duration {
        guard let next, let sign = next.first, sign == "+" || sign == "-",
            let time = Self.duration(next.dropFirst())
        else { throw unexpected("\(what) with its sign, like +30s or -1.5s") }
        position += 1
        return sign == "+" ? time : .zero - time
    }

    /// The units, the longest name first where one is the end of another.
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("min", 60_000_000_000), ("ms", 1_000_000), ("µs", 1_000), ("us", 1_000),
        ("s", 1_000_000_000),
    ]

    /// Nil unless it is a number with at most nine decimals and a unit, of at most a day, and a
    /// whole number of nanoseconds.
    static func duration(_ text: Substring) -> Duration? {
        guard let unit = units.first(where: { text.hasSuffix($0.name) }) else { return nil }
        let parts = text.dropLast(unit.name.count).split(
            separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy(isDigits), parts[0].count <= 9,
            let whole = Int64(parts[0])
        else { return nil }
        var nanoseconds = whole * unit.nanoseconds
        if parts.count == 2 {
            var weight = unit.nanoseconds
            for digit in parts[1].utf8 {
                let value = Int64(digit - UInt8(ascii: "0"))
                guard weight.isMultiple(of: 10) || value == 0 else { return nil }
                weight /= 10
                nanoseconds += value * weight
            }
        }
        let time = Duration.nanoseconds(nanoseconds)
        return time <= Scenario.longestTime ? time : nil
    }
}
