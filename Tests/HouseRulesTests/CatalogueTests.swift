import Foundation
import Testing

/// The catalogue pages: a link leads to something public of its module.
@Suite struct CatalogueTests {
    struct Page {
        var module: String
        var text: String

        /// What stands between double backquotes, the module's own title aside.
        var links: [Substring] {
            text.matches(of: /``([A-Za-z_][^`\n]*)``/).map(\.1).filter { $0 != module }
        }
    }

    static func pages() throws -> [Page] {
        let sources = SourceTree.root.appending(path: "Sources")
        return try FileManager.default.subpathsOfDirectory(atPath: sources.path).sorted()
            .filter { $0.contains(".docc/") && $0.hasSuffix(".md") }
            .map { path in
                Page(
                    module: String(path.prefix { $0 != "/" }),
                    text: try String(contentsOf: sources.appending(path: path), encoding: .utf8))
            }
    }

    /// The names of types, functions and properties that others may use, and those of cases,
    /// which are as public as their enumeration.
    static func publicNames(
        in files: [SourceTree.File]
    ) -> (declared: Set<Substring>, cases: Set<Substring>) {
        var declared: Set<Substring> = []
        var cases: Set<Substring> = []
        for line in files.flatMap(\.lines) {
            // Cheap first: the expressions are slow, and most lines declare nothing.
            guard line.contains("public ") || line.contains("case ") else { continue }
            let declaration =
                /public (?:[a-z]+(?:\([a-z]+\))? )*(?:struct|class|enum|protocol|typealias|func|var|let) (\w+)/
            if let match = line.firstMatch(of: declaration) { declared.insert(match.1) }
            if line.contains(/^\s*case \w/) {
                for match in line.matches(of: /(?:case |, )(\w+)/) { cases.insert(match.1) }
            }
        }
        return (declared, cases)
    }

    @Test func `every link of a catalogue page leads to something public`() throws {
        let files = try SourceTree.swiftFiles(below: "Sources")
        let pages = try Self.pages()
        #expect(pages.count >= 9)
        for page in pages {
            let names = Self.publicNames(in: files.filter { $0.target == page.module })
            for link in page.links {
                for (place, part) in link.split(separator: "/").enumerated() {
                    let name = part.prefix { $0 != "(" }
                    let isPublic =
                        names.declared.contains(name) || place > 0 && names.cases.contains(name)
                    #expect(
                        isPublic, "\(page.module).md links \(link): there is no public \(part)")
                }
            }
        }
    }

    @Test func `a page has the title of its module`() throws {
        for page in try Self.pages() {
            #expect(page.text.hasPrefix("# ``\(page.module)``\n"), "\(page.module)")
        }
    }

    @Test func `what isn't public isn't found`() {
        let lines = [
            "public struct Seen {", "    static func hidden() {}",
            "    public static let count = 1",
            "    public mutating func turn() {}", "    case one, two(Int)", "struct Unseen {}",
        ]
        let file = SourceTree.File(path: "Sources/X/Y.swift", lines: lines.map { $0[...] })
        let names = Self.publicNames(in: [file])
        #expect(names.declared == ["Seen", "count", "turn"])
        #expect(names.cases == ["one", "two"])
    }
}
