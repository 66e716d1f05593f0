import Foundation
import Testing

/// Which module may import which: the architecture, as a table.
@Suite struct ImportTests {
    /// The pure targets: the standard library, and the modules named here.
    static let pure: [String: Set<String>] = [
        "Basics": ["CInstructions"],
        "Consensus": ["Basics"],
        "Keyring": ["Basics"],
        "Journal": ["Basics"],
        "HTTP": ["Basics"],
        "Replica": ["Basics", "Consensus", "Keyring", "Journal"],
        "Simulator": ["Basics", "Consensus", "Keyring", "Journal", "Replica"],
    ]

    /// The edge, where the system's modules may be imported as well.
    static let edge: [String: Set<String>] = [
        "Linux": ["Basics", "CLinux", "Glibc", "Synchronization"],
        "Server": [
            "Basics", "Replica", "Keyring", "Journal", "Consensus", "HTTP", "Linux",
            "Synchronization", "Foundation", "Glibc",
        ],
        "KeyclaveClient": ["Basics", "HTTP", "Linux"],
        "keyclave": [
            "Basics", "Server", "KeyclaveClient", "Keyring", "Journal", "HTTP", "Linux",
            "Foundation", "Synchronization", "Glibc",
        ],
        // It measures through commands and sockets, as a stranger would: nothing of ours is in it.
        "peers": ["Basics", "Linux", "Foundation"],
        "simulate": ["Simulator", "Basics", "Foundation", "Dispatch", "Synchronization"],
    ]

    static func modulesImported(by file: SourceTree.File) -> [String] {
        file.lines.filter { $0.contains("import ") }.compactMap { line in
            guard
                let match = line.wholeMatch(
                    of:
                        /\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public |internal |package |private )?import (?:struct |class |enum |func |typealias |var |let |protocol )?(\w+).*/
                )
            else { return nil }
            return String(match.1)
        }
    }

    @Test func `each module imports only what the architecture allows`() throws {
        let allowed = Self.pure.merging(Self.edge) { _, _ in fatalError("named twice") }
        for file in try SourceTree.swiftFiles(below: "Sources") {
            let permitted = try #require(
                allowed[file.target], "\(file.path): a target without a rule")
            for module in Self.modulesImported(by: file) {
                // The read side of the keys is shared between threads; nothing else there is.
                let isKeyTable = file.path.hasPrefix("Sources/Keyring/KeyTable/")
                if isKeyTable, module == "Synchronization" { continue }
                #expect(permitted.contains(module), "\(file.path) imports \(module)")
            }
        }
    }

    @Test func `only the simulator can say how frames are coded`() throws {
        let uses = try SourceTree.swiftFiles(below: "Sources").filter { file in
            file.lines.contains { $0.contains("@_spi(Simulation)") }
        }
        #expect(!uses.isEmpty)
        for file in uses {
            // Where it is declared, and where it is used.
            #expect(
                ["Replica", "Simulator"].contains(file.target),
                "\(file.path): a server's frames are authentic")
        }
    }

    @Test func `an import is recognised in every spelling`() {
        let lines = [
            "import Foundation", "@preconcurrency import Foundation", "public import Foundation",
            "import struct Foundation.Date", "  @testable import Foundation",
        ]
        for line in lines {
            let file = SourceTree.File(path: "Sources/Basics/X.swift", lines: [line[...]])
            #expect(Self.modulesImported(by: file) == ["Foundation"], "\(line)")
        }
    }

    @Test func `the package names no other package`() throws {
        let manifest = try String(
            contentsOf: SourceTree.root.appending(path: "Package.swift"), encoding: .utf8)
        #expect(!manifest.contains(".package("))
    }

    @Test func `the top level holds what was agreed and nothing else`() throws {
        let agreed: Set = [
            "Package.swift", "Sources", "Tests", "Cluster", "Simulations", "README.md",
        ]
        let found = try FileManager.default.contentsOfDirectory(atPath: SourceTree.root.path)
            .filter { !$0.hasPrefix(".") && $0 != "Package.resolved" }
        #expect(Set(found).isSubset(of: agreed), "\(found)")
    }
}
