import Foundation
import Testing

/// What the README pages name exists: links, files, commands of the programs.
@Suite struct ReadmeLinkTests {
    static let pages = ["README.md", "Cluster/README.md", "Simulations/README.md"]

    static func text(of page: String) throws -> String {
        try String(contentsOf: SourceTree.root.appending(path: page), encoding: .utf8)
    }

    private static func exists(_ path: String, from page: String) -> Bool {
        let folder = SourceTree.root.appending(path: page).deletingLastPathComponent()
        return FileManager.default.fileExists(atPath: folder.appending(path: path).path)
    }

    @Test(arguments: pages) func `a link leads to a file`(page: String) throws {
        for link in try Self.text(of: page).matches(of: /\]\(([^)#:]+)(?:#[^)]*)?\)/) {
            #expect(Self.exists(String(link.1), from: page), "\(page) links \(link.1)")
        }
    }

    /// Backquoted, or at the start of a line of shell.
    @Test(arguments: pages) func `a file of the project that is named exists`(page: String) throws {
        let named =
            /(?:`|    |\s)((?:Cluster|Simulations|Sources|Tests)\/[A-Za-z0-9_.\/-]*[A-Za-z0-9])/
        for match in try Self.text(of: page).matches(of: named) {
            #expect(
                FileManager.default.fileExists(
                    atPath: SourceTree.root.appending(path: String(match.1)).path),
                "\(page) names \(match.1)")
        }
    }

    @Test(arguments: pages) func `a command of keyclave that is named exists`(page: String) throws {
        let table = try SourceTree.swiftFiles(below: "Sources/keyclave")
            .flatMap(\.lines).joined(separator: "\n")
        let words = try Self.text(of: page).matches(of: /(?:`|\n *|\()keyclave ([a-z]+)/)
        for match in words where match.1 != "help" {
            #expect(table.contains("\"\(match.1)\""), "\(page) names keyclave \(match.1)")
        }
    }

    @Test(arguments: pages) func `a verb of simulate that is named exists`(page: String) throws {
        let help = try SourceTree.swiftFiles(below: "Sources/simulate")
            .flatMap(\.lines).joined(separator: "\n")
        for match in try Self.text(of: page).matches(of: /simulate ([a-z]+)/) {
            #expect(help.contains("  simulate \(match.1)"), "\(page) names simulate \(match.1)")
        }
    }
}
