import Foundation
import Testing

/// The planted bugs as they stand in the sources. What they do, and who finds them, shows
/// `simulate mutants`, whose program alone has them compiled in.
@Suite struct PlantedBugTests {
    struct Source {
        var path: String
        var lines: [Substring]
        /// The program that looks for the bugs, and what belongs to them wholly.
        var isMutants: Bool {
            path.hasPrefix("simulate/Mutants") || path.contains("PlantedBug")
        }
    }

    /// What stands between `#if MUTANTS` and `#endif`.
    struct Hook {
        var place: String
        var lines: [Substring]
    }

    static let longestHook = 6

    static let project = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static func sources() throws -> [Source] {
        let folder = project.appending(path: "Sources")
        return try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
            .filter { $0.hasSuffix(".swift") }
            .map { path in
                let text = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
                return Source(
                    path: path,
                    lines: text.split(separator: "\n", omittingEmptySubsequences: false))
            }
    }

    static func hooks(in source: Source) -> [Hook] {
        var found: [Hook] = []
        var open: Hook?
        for (number, line) in source.lines.enumerated() {
            if line.hasSuffix("#if MUTANTS") {
                open = Hook(place: "\(source.path):\(number + 1)", lines: [])
            } else if line.hasSuffix("#endif"), let hook = open {
                found.append(hook)
                open = nil
            } else {
                open?.lines.append(line)
            }
        }
        return found
    }

    /// The names of the bugs in a text.
    static func names(in lines: [Substring]) -> Set<Substring> {
        Set(
            lines.filter { $0.contains("PlantedBug.isOn(") }
                .flatMap { $0.matches(of: /\.([a-z]\w+)/).map(\.1) })
    }

    @Test func `every bug is planted somewhere`() throws {
        let sources = try Self.sources()
        let catalogue = try #require(sources.first { $0.path == "Basics/PlantedBug.swift" })
        let declared = catalogue.lines.compactMap { $0.firstMatch(of: /^ {4}case (\w+)/)?.1 }
        #expect(declared.count > 20)
        var planted: Set<Substring> = []
        for source in sources where !source.isMutants {
            for hook in Self.hooks(in: source) { planted.formUnion(Self.names(in: hook.lines)) }
        }
        for bug in declared {
            #expect(planted.contains(bug), "\(bug) has no hook")
        }
    }

    @Test func `a hook is short and compiled under one name alone`() throws {
        for source in try Self.sources() where !source.isMutants {
            let hooks = Self.hooks(in: source)
            let mentions = source.lines.count { $0.contains("MUTANTS") }
            #expect(mentions == hooks.count, "\(source.path) has more than hooks")
            for hook in hooks {
                #expect(hook.lines.count <= Self.longestHook, "\(hook.place) is too long")
                #expect(!hook.lines.contains { $0.contains("#") }, "\(hook.place) has branches")
            }
            let inside = hooks.reduce(0) { sum, hook in
                sum + hook.lines.count { $0.contains("PlantedBug") }
            }
            let all = source.lines.count { $0.contains("PlantedBug") }
            #expect(inside == all, "\(source.path) names a planted bug outside of a hook")
        }
    }

    @Test func `a program built without the bugs holds none of their names`() throws {
        let catalogue = try #require(
            Self.sources().first { $0.path == "Basics/PlantedBug.swift" })
        let names = catalogue.lines.compactMap { $0.firstMatch(of: /case \w+ = "(.+)"/)?.1 }
        #expect(names.count > 25)
        let program = try Data(contentsOf: CommandTests.program)
        // Something that does stand in it, so that the search is known to find.
        #expect(program.range(of: Data("one leader a term".utf8)) != nil)
        // Shorter texts stand in the code, not among the texts.
        for name in names where name.utf8.count > 15 {
            #expect(program.range(of: Data(name.utf8)) == nil, "\(name)")
        }
    }

    @Test func `what belongs to the bugs is compiled with them alone`() throws {
        let whole = try Self.sources().filter { $0.path.contains("PlantedBug") }
        #expect(whole.count == 3)
        for source in whole {
            let lines = source.lines.filter { !$0.isEmpty }
            #expect(lines.first == "#if MUTANTS", "\(source.path)")
            #expect(lines.last == "#endif", "\(source.path)")
        }
    }
}
