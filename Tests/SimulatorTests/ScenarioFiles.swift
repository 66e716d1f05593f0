import Foundation
import Testing

/// The scenarios that the project ships, and their golden traces.
enum ScenarioFiles {
    struct File: Sendable, CustomTestStringConvertible {
        /// As in `ring.scenario`.
        var name: String
        var text: String

        var testDescription: String { name }
        var traceName: String { name.replacing(".scenario", with: ".trace") }
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Simulations")

    /// All of them, by name.
    static func all() throws -> [File] {
        try names(endingIn: ".scenario").map { name in
            File(name: name, text: try text(of: name))
        }
    }

    /// Those that must fail: what they do is beyond what is promised.
    static func controls() throws -> [File] {
        try names(endingIn: ".scenario", in: "controls/").map { name in
            File(name: name, text: try text(of: name))
        }
    }

    static func names(endingIn ending: String, in subfolder: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(
            atPath: folder.appending(path: subfolder).path
        )
        .filter { $0.hasSuffix(ending) }.sorted().map { subfolder + $0 }
    }

    static func text(of name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }
}
