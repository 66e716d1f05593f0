import Foundation
import Testing

/// Behaviour as scripts: `> command`, then what it led to. One file for each behaviour, named as
/// a sentence. `REGENERATE_TRACES=1 swift test --filter ScriptTests` writes the traces anew, to
/// be read as a diff.
@Suite struct ScriptTests {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("Scripts")

    static var names: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }.sorted()
    }

    static var regenerates: Bool {
        ProcessInfo.processInfo.environment["REGENERATE_TRACES"] == "1"
    }

    @Test(arguments: names)
    func script(name: String) throws {
        let file = Self.folder.appendingPathComponent(name + ".txt")
        let text = try String(contentsOf: file, encoding: .utf8)
        let replayed = try Script.replay(text)
        guard Self.regenerates else {
            let (expected, found) = (Self.lines(text), Self.lines(replayed))
            let differs = zip(expected, found).enumerated().first { $1.0 != $1.1 }?.offset
            let place = differs ?? min(expected.count, found.count)
            let instead = place < found.count ? found[place] : "the end"
            #expect(text == replayed, "\(name), line \(place + 1): \(instead)")
            return
        }
        if text != replayed {
            try replayed.write(to: file, atomically: true, encoding: .utf8)
            Issue.record("\(name) was written anew: read the diff")
        }
    }

    static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    @Test func `there is a script for each behaviour`() {
        #expect(Self.names.count >= 30)
    }

    @Test func `a trace that differs is noticed`() throws {
        let replayed = try Script.replay("> cluster 1\n> run 1ms\nn1 does something else\n")
        #expect(!replayed.contains("something else"))
        #expect(replayed.contains("n1 is leader t1"))
    }

    @Test func `a command that doesn't exist names its line`() {
        #expect(throws: Script.Mistake(line: 2, reason: "no command \"dance\"")) {
            try Script.replay("> cluster 1\n> dance n1\n")
        }
    }
}
