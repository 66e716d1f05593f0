import Foundation

/// One option: what the parser and the help are made from.
struct Option: Sendable {
    /// Without the dashes.
    var name: String
    /// What stands for the value in help; nil for a switch that takes none.
    var placeholder: String?
    var meaning: String
    /// What the value has to be, in words that follow “must be”.
    var form = ""
    /// Takes the value over; false if it isn't of that form.
    var read: @Sendable (String, inout Options) -> Bool

    static func named(_ name: some StringProtocol) -> Option? { all.first { $0.name == name } }

    static let all = [
        Option(
            name: "rows", placeholder: "NAME,…", meaning: "which rows to measure [default: all]",
            form: "one or more of \(RowName.list), separated by commas"
        ) { text, options in
            let names = text.split(separator: ",", omittingEmptySubsequences: false)
                .map { RowName(rawValue: String($0)) }
            options.rows = names.compactMap(\.self).uniqued
            return !names.contains(nil)
        },
        whole(
            "seconds", 1...600, "how long to measure each time [default: 10]", \.seconds),
        whole(
            "times", 1...99, "turns of every contender, of which the median counts [default: 3]",
            \.times),
        wholes(
            "clients", 1...10_000,
            "clients of the rows “charge” and “growth” [default: 1,64,256,1000]", \.clients),
        whole("kills", 1...1_000, "kills of the row “failover” [default: 7]", \.kills),
        wholes(
            "keys", 1_000...50_000_000, "numbers of keys of the row “keys” [default: 1000000]",
            \.keys),
        Option(
            name: "dir", placeholder: "DIR",
            meaning: "make all files in a directory of its own below this one "
                + "[default: TMPDIR or /tmp]",
            form: "a directory"
        ) { text, options in
            options.parent = URL(filePath: text).path
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(atPath: text, isDirectory: &isDirectory)
                && isDirectory.boolValue
        },
        Option(name: "json", meaning: "print the rows as JSON instead of a table") {
            $1.isJSON = $0.isEmpty
            return true
        },
        Option(name: "quiet", meaning: "don't say what is being measured") {
            $1.isQuiet = $0.isEmpty
            return true
        },
        Option(name: "help", meaning: "show this help") { _, _ in true },
    ]

    // MARK: - Numbers

    private static func whole(
        _ name: String, _ range: ClosedRange<Int>, _ meaning: String,
        _ path: WritableKeyPath<Options, Int> & Sendable
    ) -> Option {
        Option(
            name: name, placeholder: "N", meaning: meaning,
            form: "a whole number \(words(for: range))"
        ) { text, options in
            guard let number = Int(text), range.contains(number) else { return false }
            options[keyPath: path] = number
            return true
        }
    }

    private static func wholes(
        _ name: String, _ range: ClosedRange<Int>, _ meaning: String,
        _ path: WritableKeyPath<Options, [Int]> & Sendable
    ) -> Option {
        Option(
            name: name, placeholder: "N,…", meaning: meaning,
            form: "whole numbers \(words(for: range)), separated by commas"
        ) { text, options in
            let words = text.split(separator: ",", omittingEmptySubsequences: false)
            let numbers = words.compactMap { Int($0) }.filter(range.contains)
            options[keyPath: path] = numbers.uniqued
            return numbers.count == words.count
        }
    }

    private static func words(for range: ClosedRange<Int>) -> String {
        "from \(range.lowerBound.grouped) to \(range.upperBound.grouped)"
    }
}

extension Array where Element: Hashable {
    /// Each element once, where it stood first.
    fileprivate var uniqued: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
