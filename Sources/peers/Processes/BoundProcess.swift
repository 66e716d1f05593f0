import Foundation
import Linux

/// The first thing that a child process runs: this program once more, which binds itself to the
/// life of its parent and becomes the program that was wanted. Nothing that is started outlives a
/// `kill -9` of this program.
enum BoundProcess {
    /// Not for people.
    static let verb = "bound"

    /// Where this program lies.
    static let program: String =
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        ?? CommandLine.arguments[0]

    static func words(for words: [String]) -> [String] {
        [program, verb, String(ProcessControl.identifier)] + words
    }

    /// The child's part. Returns only if it can't be done.
    static func run(_ words: [String]) -> Int32 {
        guard let parent = words.first.flatMap({ Int32($0) }), words.count > 1,
            ProcessControl.endWithParent(parent)
        else { return ExitCode.failed }
        let arguments = words.dropFirst().map { strdup($0) } + [nil]
        execv(words[1], arguments)
        Console.complain("\(words[1]): \(String(cString: strerror(errno)))")
        return ExitCode.failed
    }
}
