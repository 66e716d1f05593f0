import Basics
import Foundation
import Testing

extension RealProcesses {
    /// The README's tour, command by command, as a reader would run it.
    @Suite struct Readme {
        private static let readme = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "README.md")

        /// The shell commands behind the comment that marks the tour.
        private static func tour() throws -> String {
            let text = try String(contentsOf: readme, encoding: .utf8)
            let start = try #require(text.firstRange(of: "<!-- tour -->\n```sh\n"))
            let rest = text[start.upperBound...]
            let end = try #require(rest.firstRange(of: "\n```"))
            return String(rest[..<end.lowerBound])
        }

        /// Where `Cluster/up` puts a cluster, as seen from the project's folder.
        private static func standardDirectory(in scratch: String) throws -> String {
            let output = scratch + "/standard"
            let project = readme.deletingLastPathComponent().path
            let shell = try ChildProcess(
                "/bin/bash",
                [
                    "-c", #"source "$0/Cluster/common.sh" && printf %s "$standard_directory""#,
                    project,
                ],
                environment: Program.environment, output: output)
            #expect(try shell.wait(within: .seconds(10)) == .exited(0))
            return try #require(Files.text(of: output).split(separator: project + "/").first)
                .description
        }

        private static let hasCurl = ["/usr/bin/curl", "/bin/curl", "/usr/local/bin/curl"]
            .contains { FileManager.default.isExecutableFile(atPath: $0) }

        @Test(.enabled(if: hasCurl, "the tour's look through a gateway's eyes needs curl"))
        func `every command of the tour does what the README says`() throws {
            try TestCluster.run { cluster in
                var commands = try Self.tour()
                // The reader's cluster has the standard ports and lies below the project.
                for (index, node) in cluster.nodes.enumerated() {
                    let standard = "127.0.0.1:\(7101 + index)"
                    #expect(commands.contains(standard))
                    commands = commands.replacing(standard, with: "127.0.0.1:\(node.httpPort)")
                }
                let standardDirectory = try Self.standardDirectory(in: cluster.directory)
                let folder = Program.path.split(separator: "/").dropLast().joined(separator: "/")
                for (standard, here) in [
                    ("$PWD/.build/release", "/" + folder),
                    (
                        "=\(standardDirectory)/operator.token",
                        "=" + cluster.directory + "/operator.token"
                    ),
                ] {
                    #expect(commands.contains(standard))
                    commands = commands.replacing(standard, with: here)
                }
                let (end, output) = try run(commands, in: cluster.directory)
                #expect(end == .exited(0), "\(output)")
                #expect(output.contains("refused, as it should be"), "\(output)")
                #expect(output.contains("HTTP/1.1 200 OK"), "\(output)")
                for failure in ["command not found", "unbound variable", "--help” says"] {
                    #expect(!output.contains(failure), "\(output)")
                }
            }
        }

        private func run(
            _ commands: String, in directory: String
        ) throws -> (ProcessEnd, String) {
            let script = directory + "/tour.sh"
            let output = directory + "/tour.out"
            try Files.write("set -eux\n\(commands)\n", to: script)
            let process = try ChildProcess(
                "/bin/bash", [script], environment: Program.environment, output: output)
            return (try process.wait(within: .seconds(120)), Files.text(of: output))
        }
    }
}
