import Foundation
import Testing

extension RealProcesses {
    /// The first example of the library's page, as a program of its own: compiled as it stands but
    /// for the nodes and the key, against the modules that were built, and run against real nodes.
    @Suite struct LibraryExample {
        private static let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()

        private static func example() throws -> String {
            let page = root.appending(
                path: "Sources/KeyclaveClient/KeyclaveClient.docc/KeyclaveClient.md")
            let text = try String(contentsOf: page, encoding: .utf8)
            let start = try #require(text.firstRange(of: "<!-- example -->\n```swift\n"))
            let rest = text[start.upperBound...]
            let end = try #require(rest.firstRange(of: "\n```"))
            return String(rest[..<end.lowerBound])
        }

        /// Replaces what must be there.
        private static func replace(_ word: String, _ other: String, in text: inout String) throws {
            try #require(text.contains(word), "\(word) isn't in the example")
            text = text.replacing(word, with: other)
        }

        private static func compile(_ source: String, in directory: String) throws -> String {
            let program = directory + "/example"
            let folder = "/" + Program.path.split(separator: "/").dropLast().joined(separator: "/")
            try Files.write(source, to: directory + "/main.swift")
            var words = [
                "swiftc", "-swift-version", "6", "-o", program, directory + "/main.swift",
                "-I", folder + "/Modules", "-Xcc",
                "-fmodule-map-file=\(root.path)/Sources/CLinux/module.modulemap", "-Xcc",
                "-I\(root.path)/Sources/CLinux",
            ]
            for module in ["KeyclaveClient", "Keyring", "HTTP", "Linux", "Basics"] {
                words += Files.below("\(folder)/\(module).build")
                    .filter { $0.hasSuffix(".o") }.map { "\(folder)/\(module).build/\($0)" }
            }
            let output = directory + "/swiftc.out"
            let end = try ChildProcess(
                "/usr/bin/env", words, environment: Program.environment, output: output
            ).wait(within: .seconds(300))
            try #require(end == .exited(0), "\(Files.text(of: output))")
            return program
        }

        private static func run(
            _ program: String, _ key: String, in directory: String
        ) throws -> String {
            let output = directory + "/example.out"
            Files.remove(output)
            let end = try ChildProcess(
                program, [key], environment: Program.environment, output: output
            ).wait(within: .seconds(60))
            #expect(end == .exited(0), "\(Files.text(of: output))")
            return Files.text(of: output)
        }

        private static let isBuiltHere = Program.variable("KEYCLAVE_BINARY") == nil

        @Test(.enabled(if: isBuiltHere, "KEYCLAVE_BINARY names a program without its modules"))
        func `the first example compiles, and does what it says`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                try cluster.setLimit(of: user, in: tenant, credits: 4)
                let key = try cluster.makeKey(of: tenant, user: user)
                var source = try Self.example()
                for (index, node) in cluster.nodes.prefix(2).enumerated() {
                    try Self.replace(
                        "127.0.0.1:\(7101 + index)", "127.0.0.1:\(node.httpPort)", in: &source)
                }
                let unknown = "kc_rest_" + String(repeating: "0", count: 36)
                try Self.replace(
                    "\"\(unknown)\"", "CommandLine.arguments.last ?? \"\"", in: &source)
                let directory = cluster.directory
                let program = try Self.compile(source, in: directory)
                let passed = "\(user) may pass\n3 spent so far\n"
                #expect(try Self.run(program, key.text, in: directory) == passed)
                // The same order again, and a dead near node: charged once.
                try cluster.nodes[0].kill()
                #expect(try Self.run(program, key.text, in: directory) == passed)
                #expect(try cluster.spent(by: user, in: tenant) == 3)
                #expect(try Self.run(program, unknown, in: directory) == "no good key\n")
            }
        }
    }
}
