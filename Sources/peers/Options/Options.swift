import Foundation

/// What the command line asks for.
struct Options: Sendable {
    var rows = RowName.allCases
    /// How long each turn is measured.
    var seconds = 10
    /// Turns of every contender, of which the median counts.
    var times = 3
    /// Numbers of clients of the rows about charges.
    var clients = [1, 64, 256, 1_000]
    /// Leaders killed of each contender.
    var kills = 7
    /// Numbers of keys of the row about them.
    var keys = [1_000_000]
    /// Where the directory of all files is made.
    var parent = FileManager.default.temporaryDirectory.path
    var isJSON = false
    var isQuiet = false

    /// How long a load runs before it is measured. A single second shows that it works, and no
    /// more.
    var warmUp: Int { seconds < 2 ? 0 : 2 }
}

extension Options {
    /// Reads a command line; nil if it asks for help.
    init?(_ words: [String]) throws(UsageError) {
        self.init()
        var rest = words[...]
        var given: Set<String> = []
        while let word = rest.popFirst() {
            if word == "--help" || word == "-h" { return nil }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard word.hasPrefix("--"), let option = Option.named(parts[0].dropFirst(2)) else {
                throw UsageError(
                    word.hasPrefix("-")
                        ? "there is no option \(parts[0])" : "“\(word)” is no option")
            }
            guard given.insert(option.name).inserted else {
                throw UsageError("--\(option.name) is given twice")
            }
            var value = parts.count > 1 ? String(parts[1]) : ""
            if option.placeholder == nil, parts.count > 1 {
                throw UsageError("--\(option.name) takes no value")
            }
            if option.placeholder != nil, parts.count == 1 {
                guard let next = rest.popFirst() else {
                    throw UsageError("--\(option.name) needs a value")
                }
                value = next
            }
            guard option.read(value, &self) else {
                throw UsageError("--\(option.name) must be \(option.form), not “\(value)”")
            }
        }
    }
}
