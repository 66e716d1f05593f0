import Foundation
import Testing

/// What may not stand in the sources, each with what to use instead.
@Suite struct TextRuleTests {
    struct Ban {
        /// Part of everything that the pattern matches; looked for first, because it is fast.
        var word: String
        var pattern: Regex<Substring>
        var instead: String
        /// Targets in which the text is allowed.
        var exempt: Set<String> = []
    }

    /// Held by the pure targets: the same seed must give the same bytes on every machine.
    static var bansInPureTargets: [Ban] {
        [
            Ban(
                word: "Date(", pattern: /\bDate\(\)/, instead: "the clock reading given to the step"
            ),
            Ban(word: "UUID(", pattern: /\bUUID\(\)/, instead: "an EntropyStream"),
            Ban(word: "random(", pattern: /\.random\(in:[^,)]*\)/, instead: "an EntropyStream"),
            Ban(word: "shuffled", pattern: /\.shuffled\(\)/, instead: "an EntropyStream"),
            Ban(
                word: "randomElement", pattern: /\.randomElement\(\)/,
                instead: "an EntropyStream"),
            Ban(
                word: "SystemRandom", pattern: /SystemRandomNumberGenerator/,
                instead: "an EntropyStream"),
            Ban(
                word: "hashValue", pattern: /\bhashValue\b/,
                instead: "a digest: hashes differ in every process"),
            Ban(word: "Double", pattern: /\bDouble\b/, instead: "whole numbers"),
            Ban(word: "Float", pattern: /\bFloat\b/, instead: "whole numbers"),
            Ban(word: "print(", pattern: /\bprint\(/, instead: "an effect"),
            Ban(word: "Task", pattern: /\bTask\b\s*[({.]/, instead: "an effect"),
            Ban(word: "Dispatch", pattern: /\bDispatchQueue\b/, instead: "an effect"),
            Ban(word: "Thread", pattern: /\bThread\b\s*[({.]/, instead: "an effect"),
            Ban(
                word: "SeededGenerator(", pattern: /\bSeededGenerator\(/,
                instead: "an EntropyStream",
                exempt: ["Simulator", "Basics"]),
        ]
    }

    static var bansEverywhere: [Ban] {
        [
            // Spelt so that a search for the marks finds none here.
            Ban(word: "TO" + "DO", pattern: /\bTO[D]O\b/, instead: "the thing itself"),
            Ban(word: "FIX" + "ME", pattern: /\bFIX[M]E\b/, instead: "the thing itself"),
            Ban(word: "try!", pattern: /\btry!/, instead: "a typed error"),
            Ban(
                word: "@testable", pattern: /@testable import Foundation/,
                instead: "the public interface"),
        ]
    }

    /// A comment's words are free; only code is judged.
    static func code(of line: Substring) -> Substring {
        guard let comment = line.range(of: "//") else { return line }
        return line[..<comment.lowerBound]
    }

    @Test func `pure targets reach for no clock, chance or hash order`() throws {
        let bans = Self.bansInPureTargets
        for file in try SourceTree.swiftFiles(below: "Sources")
        where ImportTests.pure[file.target] != nil {
            for (number, line) in file.lines.enumerated() {
                for ban in bans
                where line.contains(ban.word) && !ban.exempt.contains(file.target) {
                    #expect(
                        Self.code(of: line).firstMatch(of: ban.pattern) == nil,
                        "\(file.path):\(number + 1): use \(ban.instead)")
                }
            }
        }
    }

    @Test func `nothing is left for later and no error is swallowed by force`() throws {
        let bans = Self.bansEverywhere
        for file in try SourceTree.swiftFiles(below: "Sources") {
            for (number, line) in file.lines.enumerated() {
                for ban in bans where line.contains(ban.word) {
                    #expect(
                        line.firstMatch(of: ban.pattern) == nil,
                        "\(file.path):\(number + 1): write \(ban.instead)")
                }
            }
        }
    }

    @Test func `what escapes the compiler's checks says why`() throws {
        for file in try SourceTree.swiftFiles(below: "Sources") {
            for (number, line) in file.lines.enumerated()
            where Self.code(of: line).contains("@unchecked Sendable")
                || Self.code(of: line).contains("nonisolated(unsafe)")
            {
                let before = file.lines[max(0, number - 12)...number]
                #expect(
                    before.contains { $0.contains("//") },
                    "\(file.path):\(number + 1): no reason stands at \(line)")
            }
        }
    }

    @Test func `no code is kept in comments`() throws {
        let kept = /^\s*\/\/ ?(let|var|func|return|guard|if|for|import|try|self\.)\b.*[={(;]\s*$/
        for folder in ["Sources", "Tests"] {
            for file in try SourceTree.swiftFiles(below: folder) {
                for (number, line) in file.lines.enumerated() where line.contains("//") {
                    #expect(line.wholeMatch(of: kept) == nil, "\(file.path):\(number + 1): \(line)")
                }
            }
        }
    }
}
