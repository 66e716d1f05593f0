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

        /// Names of source files between backquotes; `+Aspect.swift` is short for a type's.
        var files: [Substring] { text.matches(of: /`([\w+\/]+\.swift)`/).map(\.1) }
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

    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "var", "let",
    ]

    /// The names of types, functions and properties that others may use, and the words of cases,
    /// which are as public as their enumeration.
    static func publicNames(
        in files: [SourceTree.File]
    ) -> (declared: Set<Substring>, cases: Set<Substring>) {
        var declared: Set<Substring> = []
        var cases: Set<Substring> = []
        for line in files.flatMap(\.lines) {
            // By words: an expression for each line takes seconds in a debug build.
            guard line.contains("public ") || line.contains("case ") else { continue }
            let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            if let start = words.firstIndex(of: "public"),
                let kind = words[start...].firstIndex(where: kinds.contains),
                kind + 1 < words.count
            {
                declared.insert(words[kind + 1])
            }
            if words.first == "case" { cases.formUnion(words.dropFirst()) }
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

    @Test func `every source file that a catalogue page names is one of its module`() throws {
        let files = try SourceTree.swiftFiles(below: "Sources")
        var count = 0
        for page in try Self.pages() {
            let paths = files.filter { $0.target == page.module }.map(\.path)
            for name in page.files {
                let end = name.hasPrefix("+") ? String(name) : "/\(name)"
                #expect(
                    paths.contains { $0.hasSuffix(end) },
                    "\(page.module).md names \(name), and there is none")
                count += 1
            }
        }
        #expect(count >= 10)
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
        #expect(names.cases == ["one", "two", "Int"])
    }
}
