import Foundation
import Testing

extension RealProcesses {
    /// The README's tour, command by command, as a reader would type it.
    @Suite struct ReadmeTour {
        private static let readme = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "README.md")

        /// The commands of the tour, as they stand in the README.
        private static func commands() throws -> String {
            let text = try String(contentsOf: readme, encoding: .utf8)
            let marked = try #require(text.range(of: "<!-- tour -->\n```sh\n"))
            let end = try #require(
                text.range(of: "\n```", range: marked.upperBound..<text.endIndex))
            return String(text[marked.upperBound..<end.lowerBound])
        }

        private static let hasCurl = ["/usr/bin/curl", "/bin/curl", "/usr/local/bin/curl"]
            .contains { FileManager.default.isExecutableFile(atPath: $0) }

        @Test(.enabled(if: hasCurl, "the tour's last look needs curl"))
        func `the tour does what the README says`() throws {
            try TestCluster.run { cluster in
                var script = try Self.commands()
                // The reader's cluster has fixed ports and a folder of its own.
                for (number, node) in cluster.nodes.enumerated() {
                    script = script.replacingOccurrences(
                        of: "127.0.0.1:710\(number + 1)", with: "127.0.0.1:\(node.httpPort)")
                }
                script = script.replacingOccurrences(
                    of: "cluster/operator.token", with: cluster.directory + "/operator.token")
                let folder = URL(filePath: Program.path).deletingLastPathComponent().path
                script = script.replacingOccurrences(of: "$PWD/.build/release", with: folder)
                #expect(!script.contains(":710"), "a port of the README is left")
                let output = cluster.directory + "/tour.out"
                let shell = try ChildProcess(
                    "/bin/bash", ["-e", "-o", "pipefail", "-c", script],
                    environment: Program.environment, output: output)
                let end = try shell.wait(within: .seconds(120))
                let told = Files.text(of: output)
                #expect(end == .exited(0), "\(told)")
                for expected in [
                    "refused, as it should be", "HTTP/1.1 200 OK", "X-Keyclave-Account: acc_",
                    "credits_exhausted", "key.created", "limit.set",
                ] {
                    #expect(told.contains(expected), "no “\(expected)” in:\n\(told)")
                }
            }
        }
    }
}
