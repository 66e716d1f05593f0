import Basics
import Foundation
import Linux
import Testing

extension RealProcesses {
    /// `Cluster/bench-peers`, on whatever peers this machine has: that it measures, not what.
    @Suite struct BenchPeers {
        private static let script = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Cluster/bench-peers").path

        private struct Run {
            var end: ProcessEnd
            var output: String
            var messages: String

            /// Runs the script with its files below `directory`.
            init(_ line: String, in directory: String, path: String? = nil) throws {
                let (output, messages) = (directory + "/peers.out", directory + "/peers.err")
                Files.remove(output)
                Files.remove(messages)
                var environment = Program.environment
                environment["KEYCLAVE_PROGRAM"] = Program.path
                environment["PATH"] = path ?? environment["PATH"]
                let process = try ChildProcess(
                    "/bin/bash", [BenchPeers.script] + line.split(separator: " ").map(String.init),
                    environment: environment, output: messages, standardOutput: output)
                end = try process.wait(within: .seconds(300))
                self.output = Files.text(of: output)
                self.messages = Files.text(of: messages)
            }

            func rows() throws -> [[String: Any]] {
                let report = try JSONSerialization.jsonObject(with: Data(output.utf8))
                return try #require((report as? [String: Any])?["rows"] as? [[String: Any]])
            }
        }

        private static func python() throws -> String {
            try #require(
                ["/usr/bin", "/usr/local/bin"].map { $0 + "/python3" }
                    .first { FileManager.default.isExecutableFile(atPath: $0) })
        }

        private static let hasPython = (try? python()) != nil

        private func inScratch(_ body: (String) throws -> Void) throws {
            let directory = try Files.makeTemporaryDirectory()
            defer { Files.remove(directory) }
            try Files.makeDirectory(directory + "/data")
            try body(directory)
            // What it started is gone with what it made.
            #expect(Files.below(directory + "/data") == [])
        }

        @Test(.enabled(if: hasPython, "the script's own part is in Python"))
        func `ours are measured, and every peer that is there`() throws {
            try inScratch { directory in
                let run = try Run(
                    "--rows validate,charge,failover,keys --seconds 1 --times 1 --clients 4 "
                        + "--kills 1 --keys 1000 --json --dir \(directory)/data", in: directory)
                #expect(run.end == .exited(0), "\(run)")
                let rows = try run.rows()
                #expect(rows.count > 12)
                for row in rows {
                    let work = try #require(row["work"] as? String)
                    let peer = try #require(row["peer"] as? String)
                    let note = row["note"] as? String ?? ""
                    // A debug build's memory may not grow, and a leader's death go unseen.
                    let isSmall = work.hasPrefix("memory") || work.contains("meanwhile")
                    if isSmall || work.contains("wrk") || peer.contains("wrk") { continue }
                    #expect((row["ours"] as? Double ?? 0) > 0, "\(row)")
                    let isMissing = note.contains("can't be found")
                    let isMeasured = (row["theirs"] as? Double ?? 0) > 0
                    #expect(peer == "–" || isMissing != isMeasured, "\(row)")
                }
            }
        }

        @Test(.enabled(if: hasPython, "the script's own part is in Python"))
        func `a peer that is missing is named with its package, and left out`() throws {
            try inScratch { directory in
                // Nothing but what the script itself needs.
                let tools = directory + "/tools"
                try Files.makeDirectory(tools)
                for tool in ["/bin/bash", "/usr/bin/basename", "/usr/bin/dirname"] {
                    try FileManager.default.createSymbolicLink(
                        atPath: tools + "/" + tool.split(separator: "/").last!,
                        withDestinationPath: tool)
                }
                try FileManager.default.createSymbolicLink(
                    atPath: tools + "/python3", withDestinationPath: try Self.python())
                let run = try Run(
                    "--rows charge --clients 2 --seconds 1 --times 1 --dir \(directory)/data",
                    in: directory, path: tools)
                #expect(run.end == .exited(0), "\(run)")
                for text in [run.output, run.messages] {
                    #expect(text.contains("etcd-server and etcd-client"), "\(run)")
                    #expect(text.contains("redis-server and redis-tools"), "\(run)")
                }
                let table = run.output.split(separator: "\n").filter { $0.hasPrefix("|") }
                #expect(table.count == 5, "\(run)")
                #expect(table.dropFirst(2).allSatisfy { $0.contains("not measured") }, "\(run)")
            }
        }

        @Test(
            .enabled(if: hasPython, "the script's own part is in Python"),
            arguments: [
                ("--rows speed", "one or more of validate, pipeline"),
                ("--seconds 0", "a whole number from 1 to 600"), ("--fast", "--fast"),
                ("--clients 1,x", "whole numbers from 1 to 10,000"),
                ("--dir /no/where", "no directory"),
            ])
        func `what can't be meant is refused before anything is started`(
            line: String, complaint: String
        ) throws {
            try inScratch { directory in
                let run = try Run(line, in: directory)
                #expect(run.end == .exited(1), "\(run)")
                #expect(run.output.isEmpty && run.messages.contains(complaint), "\(run)")
                #expect(run.messages.contains("bench-peers --help"), "\(run)")
            }
        }
    }
}
