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

        /// The script at work, with its files below a directory of its own.
        private struct Run: CustomStringConvertible {
            let process: ChildProcess
            let data: String
            private let directory: String

            var output: String { Files.text(of: directory + "/peers.out") }
            var messages: String { Files.text(of: directory + "/peers.err") }
            var description: String { "\(output)\n\(messages)" }

            init(_ line: String, in directory: String, path: String? = nil) throws {
                self.directory = directory
                data = directory + "/data"
                try Files.makeDirectory(data)
                var environment = Program.environment
                environment["KEYCLAVE_PROGRAM"] = Program.path
                environment["KEYCLAVE_PEERS"] = Program.peers
                environment["PATH"] = path ?? environment["PATH"]
                process = try ChildProcess(
                    "/bin/bash",
                    [BenchPeers.script, "--dir", data]
                        + line.split(separator: " ").map(String.init),
                    environment: environment, output: directory + "/peers.err",
                    standardOutput: directory + "/peers.out")
            }

            func end(within limit: Basics.Duration = .seconds(300)) throws -> ProcessEnd {
                try process.wait(within: limit)
            }

            /// The command lines of all that works for it, by process id: they name its directory.
            var servers: [pid_t: String] {
                let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
                let lines = all.compactMap { pid_t($0) }
                    .map { ($0, Files.text(of: "/proc/\($0)/cmdline")) }
                    .filter { $0.0 != process.pid && $0.1.contains(data) }
                return Dictionary(uniqueKeysWithValues: lines)
            }

            /// Returns once three nodes run: what has become of a process that is only about to be
            /// one tells nothing.
            func waitForServers() throws {
                try eventually("three nodes of \(self)") {
                    servers.values.count { $0.hasPrefix("\(Program.path)\0serve\0") } == 3
                }
            }

            func rows() throws -> [[String: Any]] {
                let report = try JSONSerialization.jsonObject(with: Data(output.utf8))
                return try #require((report as? [String: Any])?["rows"] as? [[String: Any]])
            }
        }

        private func inScratch(_ body: (String) throws -> Void) throws {
            let directory = try Files.makeTemporaryDirectory()
            defer { Files.remove(directory) }
            try body(directory)
        }

        /// What it started is gone with what it made.
        private func expectNothingLeft(of run: Run) {
            #expect(Files.below(run.data) == [])
            #expect(run.servers.isEmpty)
        }

        @Test func `ours are measured, and every peer that is there`() throws {
            try inScratch { directory in
                let run = try Run(
                    "--rows validate,charge,failover,keys,growth,fairness,overload "
                        + "--seconds 1 --times 1 "
                        + "--clients 4 --kills 1 --keys 2000 --json", in: directory)
                #expect(try run.end() == .exited(0), "\(run)")
                let rows = try run.rows()
                #expect(rows.count > 18)
                for row in rows {
                    let work = try #require(row["work"] as? String)
                    let peer = try #require(row["peer"] as? String)
                    let note = row["note"] as? String ?? ""
                    // A debug build's memory may not grow, a leader's death go unseen, and what is
                    // asked for in a second find room.
                    let isSmall =
                        work.hasPrefix("memory") || work.contains("meanwhile")
                        || work.contains("refus")
                    if isSmall || work.contains("wrk") || peer.contains("wrk") { continue }
                    // Beside so much a debug build may not answer one client within the second.
                    let isBeside = work.contains("one client beside") || work.contains("asked for")
                    if isBeside, !note.isEmpty { continue }
                    #expect((row["ours"] as? Double ?? 0) > 0, "\(row)")
                    let isMissing = note.contains("can't be found")
                    let isMeasured = (row["theirs"] as? Double ?? 0) > 0
                    #expect(peer == "–" || isMissing != isMeasured, "\(row)")
                }
                expectNothingLeft(of: run)
            }
        }

        @Test func `a peer that is missing is named with its package, and left out`() throws {
            try inScratch { directory in
                // Nothing but what the script itself needs.
                let tools = directory + "/tools"
                try Files.makeDirectory(tools)
                for tool in ["/bin/bash", "/usr/bin/basename", "/usr/bin/dirname"] {
                    try FileManager.default.createSymbolicLink(
                        atPath: tools + "/" + tool.split(separator: "/").last!,
                        withDestinationPath: tool)
                }
                let run = try Run(
                    "--rows charge --clients 2 --seconds 1 --times 1", in: directory, path: tools)
                #expect(try run.end() == .exited(0), "\(run)")
                for text in [run.output, run.messages] {
                    #expect(text.contains("etcd-server and etcd-client"), "\(run)")
                    #expect(text.contains("redis-server and redis-tools"), "\(run)")
                }
                let table = run.output.split(separator: "\n").filter { $0.hasPrefix("|") }
                #expect(table.count == 5, "\(run)")
                #expect(table.dropFirst(2).allSatisfy { $0.contains("not measured") }, "\(run)")
                expectNothingLeft(of: run)
            }
        }

        @Test(arguments: [
            ("--rows speed", "one or more of validate, pipeline"),
            ("--fast", "there is no option --fast"),
        ])
        func `what can't be meant is refused before anything is started`(
            line: String, complaint: String
        ) throws {
            try inScratch { directory in
                let run = try Run(line, in: directory)
                #expect(try run.end() == .exited(1), "\(run)")
                #expect(run.output.isEmpty && run.messages.contains(complaint), "\(run)")
                #expect(run.messages.contains("bench-peers --help"), "\(run)")
                expectNothingLeft(of: run)
            }
        }

        @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
        func `who is told to end stops what it started and removes what it made`(
            signal: Int32, code: Int32
        ) throws {
            try inScratch { directory in
                let run = try Run("--rows charge --seconds 300", in: directory)
                try run.waitForServers()
                run.process.signal(signal)
                #expect(try run.end(within: .seconds(60)) == .exited(code), "\(run)")
                #expect(run.output.isEmpty)
                expectNothingLeft(of: run)
            }
        }

        @Test func `nothing that was started outlives a kill`() throws {
            try inScratch { directory in
                let run = try Run("--rows charge --seconds 300", in: directory)
                try run.waitForServers()
                try run.process.destroy()
                try eventually("the nodes' end", within: .seconds(20)) { run.servers.isEmpty }
            }
        }
    }
}
