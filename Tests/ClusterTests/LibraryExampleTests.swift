import Foundation
import Testing

extension RealProcesses {
    /// The examples of the library's page, each as the program of the package that the page shows,
    /// which knows this one by its path: compiled as they stand but for nodes, keys and ids, and
    /// run against real nodes.
    @Suite struct LibraryExample {
        private static let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()

        private static func example(_ name: String) throws -> String {
            let page = root.appending(
                path: "Sources/KeyclaveClient/KeyclaveClient.docc/KeyclaveClient.md")
            let text = try String(contentsOf: page, encoding: .utf8)
            let start = try #require(
                text.firstRange(of: "<!-- example: \(name) -->\n```swift\n"), "no \(name)")
            let rest = text[start.upperBound...]
            let end = try #require(rest.firstRange(of: "\n```"))
            return String(rest[..<end.lowerBound])
        }

        /// The package of the page, beside this one under the name by which it asks for it.
        private struct ServicePackage {
            let directory: String

            init(in parent: String) throws {
                directory = parent + "/service"
                try FileManager.default.createSymbolicLink(
                    atPath: parent + "/keyclave", withDestinationPath: root.path)
                try Files.makeDirectory(directory + "/Sources/service")
                try Files.write(example("package"), to: directory + "/Package.swift")
            }

            /// An example as a program, in which each of these words was replaced.
            func program(_ name: String, _ words: [String: String]) throws -> String {
                var source = try example(name)
                for (word, other) in words {
                    try #require(source.contains(word), "\(word) isn't in the example \(name)")
                    source = source.replacing(word, with: other)
                }
                try Files.replace(directory + "/Sources/service/main.swift", by: source)
                let output = "\(directory)/build-\(name)"
                let end = try ChildProcess(
                    "/usr/bin/env", ["swift", "build", "--package-path", directory],
                    environment: Program.environment.merging(["HOME": directory]) { $1 },
                    output: output
                ).wait(within: .seconds(900))
                try #require(end == .exited(0), "\(Files.text(of: output))")
                let program = "\(directory)/\(name)"
                try Files.copy(directory + "/.build/debug/service", to: program)
                return program
            }
        }

        private static func run(_ program: String, _ words: String...) throws -> String {
            let output = program + ".out"
            Files.remove(output)
            let end = try ChildProcess(
                program, words, environment: Program.environment, output: output
            ).wait(within: .seconds(60))
            #expect(end == .exited(0), "\(Files.text(of: output))")
            return Files.text(of: output)
        }

        private static let noKey = "kc_rest_" + String(repeating: "0", count: 36)

        private static func ports(of cluster: TestCluster) -> [String: String] {
            [
                "127.0.0.1:7101": "127.0.0.1:\(cluster.nodes[0].httpPort)",
                "127.0.0.1:7102": "127.0.0.1:\(cluster.nodes[1].httpPort)",
            ]
        }

        @Test func `the examples compile in a package, and do what they say`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                try cluster.setLimit(of: user, in: tenant, credits: 5)
                let key = try cluster.makeKey(of: tenant, user: user)
                let package = try ServicePackage(in: cluster.directory)
                let ports = Self.ports(of: cluster)

                let administrator = try package.program(
                    "administrator",
                    ports.merging([
                        "acc_00000000": tenant.account, "key_00000000": key.id,
                        "kct_member_0000": cluster.operatorToken,
                    ]) { $1 })
                let told = try Self.run(administrator).split(separator: "\n")
                try #require(told.count >= 4, "\(told)")
                #expect(told[0].hasPrefix("key_") && told[0].hasSuffix(" replaces \(key.id)"))
                #expect(told[1] == "its text is shown once")
                #expect(told.contains("\(user) has spent 0 on rest"))
                #expect(told.last == #"["active", "retiring"]"#)

                let holds = try package.program(
                    "holds", ports.merging([Self.noKey: key.text]) { $1 })
                #expect(try Self.run(holds) == "1 of 2 charged\n1 spent, 4 left\n")

                let service = try package.program(
                    "service",
                    ports.merging(["\"\(Self.noKey)\"": "CommandLine.arguments.last ?? \"\""]) {
                        $1
                    })
                let passed = "\(user) may pass\n4 spent so far\n"
                #expect(try Self.run(service, key.text) == passed)
                // The same order again, and a dead near node: charged once.
                try cluster.nodes[0].kill()
                #expect(try Self.run(service, key.text) == passed)
                #expect(try cluster.spent(by: user, in: tenant) == 4)
                #expect(try Self.run(service, Self.noKey) == "no good key\n")
            }
        }
    }
}
