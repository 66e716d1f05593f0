import Basics
import Foundation
import Glibc
import Linux
import Testing

extension RealProcesses {
    /// `Cluster/up`, `status` and `down`, as an operator uses them.
    @Suite struct Scripts {
        private static let scripts = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Cluster").path

        /// A directory with a cluster in it that is stopped at the end, whatever happens.
        private struct Site {
            var directory: String
            var port: UInt16

            func run(_ script: String, _ words: String...) throws -> (end: ProcessEnd, text: String)
            { try run(script, words) }

            func run(_ script: String, _ words: [String]) throws -> (end: ProcessEnd, text: String)
            {
                let output = directory + ".out"
                Files.remove(output)
                let environment = Program.environment
                    .merging(["KEYCLAVE_PROGRAM": Program.path]) { $1 }
                let process = try ChildProcess(
                    "/bin/bash", ["\(Scripts.scripts)/\(script)", "--dir", directory] + words,
                    environment: environment, output: output)
                return (try process.wait(within: .seconds(90)), Files.text(of: output))
            }

            var token: String {
                Files.text(of: directory + "/operator.token").filter { !$0.isWhitespace }
            }

            func pid(_ number: Int) -> pid_t? {
                pid_t(
                    Files.text(of: "\(directory)/n\(number)/pid").filter { !$0.isWhitespace })
            }

            func isReady(_ number: Int) -> Bool {
                let client = HTTPClient(port: port + UInt16(number - 1), patience: .seconds(5))
                return (try? client.send(Request("GET", "/readyz")))?.status == 200
            }

            func voters(by number: Int) throws -> [String] {
                let client = HTTPClient(port: port + UInt16(number - 1))
                let status = try client.send(Request("GET", "/v1/cluster", token: token))
                return (status.json["members"]?.list ?? [])
                    .filter { $0["role"]?.text == "voter" }.compactMap { $0["id"]?.text }
            }
        }

        /// A port with room for four nodes behind it and a hundred further on. Below the ports
        /// that the kernel gives to connections on their way out, or one of those would take
        /// what was free a moment ago (ip(7), ip_local_port_range).
        private static func basePort() throws -> UInt16 {
            let candidates = stride(from: UInt16(20_000), to: 32_000, by: 211)
            let start = Int(getpid()) % 50
            let base = candidates.dropFirst(start).first { base in
                [UInt16](arrayLiteral: 0, 1, 2, 3, 100, 101, 102, 103).allSatisfy { offset in
                    do throws(SystemError) {
                        _ = try ListeningSocket(at: .loopback(port: base + offset))
                        return true
                    } catch {
                        return false
                    }
                }
            }
            return try #require(base, "no eight free ports")
        }

        private func withSite(_ body: (Site) throws -> Void) throws {
            let directory = try Files.makeTemporaryDirectory()
            // What has a space in its name must do.
            let site = Site(directory: directory + "/a cluster", port: try Self.basePort())
            defer {
                for number in 1...4 { if let pid = site.pid(number) { kill(pid, SIGKILL) } }
                Files.remove(directory)
            }
            try body(site)
        }

        @Test func `a cluster is started, watched, restarted with its data, and wiped`() throws {
            try withSite { site in
                let up = try site.run("up", "--nodes", "3", "--port", "\(site.port)")
                #expect(up.end == .exited(0), "\(up.text)")
                for number in 1...3 {
                    #expect(up.text.contains("http://127.0.0.1:\(Int(site.port) + number - 1)"))
                    #expect(site.isReady(number))
                    let pid = try #require(site.pid(number))
                    let executable = try FileManager.default.destinationOfSymbolicLink(
                        atPath: "/proc/\(pid)/exe")
                    #expect(executable.hasSuffix("keyclave"), "a wrapper runs: \(executable)")
                }
                let client = HTTPClient(port: site.port)
                let account = try client.send(
                    Request("POST", "/v1/accounts", token: site.token, json: #"{"name": "kept"}"#))
                #expect(account.isSuccess, "\(account)")
                #expect(try site.run("status").end == .exited(0))

                try Files.write("mine", to: site.directory + "/n1/notes")
                #expect(try site.run("down").end == .exited(0))
                #expect(!site.isReady(1) && !site.isReady(2) && !site.isReady(3))
                #expect(try site.run("status").end != .exited(0))

                let again = try site.run("up")
                #expect(again.end == .exited(0), "\(again.text)")
                let accounts = try HTTPClient(port: site.port + 1).send(
                    Request("GET", "/v1/accounts", token: site.token))
                #expect(accounts.text.contains("kept"), "\(accounts)")

                #expect(try site.run("down", "--wipe").end == .exited(0))
                #expect(Files.below(site.directory) == ["n1/notes"])
            }
        }

        @Test func `a node joins and another is removed, and a restart knows`() throws {
            try withSite { site in
                let up = try site.run("up", "--port", "\(site.port)")
                #expect(up.end == .exited(0), "\(up.text)")
                let join = try site.run("up", "--join")
                #expect(join.end == .exited(0), "\(join.text)")
                #expect(join.text.contains("http://127.0.0.1:\(site.port + 3)"), "\(join.text)")
                #expect(try site.voters(by: 4) == ["n1", "n2", "n3", "n4"])
                let other = try site.run("up", "--join", "--nodes", "4")
                #expect(other.end == .exited(1))
                #expect(other.text.contains("began with 3 nodes"), "\(other.text)")

                let remove = try site.run("up", "--remove", "2")
                #expect(remove.end == .exited(0), "\(remove.text)")
                #expect(!site.isReady(2))
                #expect(try site.voters(by: 1) == ["n1", "n3", "n4"])
                #expect(try site.run("status").end == .exited(0))

                #expect(try site.run("down").end == .exited(0))
                let again = try site.run("up")
                #expect(again.end == .exited(0), "\(again.text)")
                #expect(site.isReady(4) && !site.isReady(2))
                #expect(try site.voters(by: 4) == ["n1", "n3", "n4"])
                let twice = try site.run("up", "--remove", "2")
                #expect(twice.end == .exited(1))
                #expect(twice.text.contains("there is no node 2 to remove"), "\(twice.text)")
                #expect(try site.run("down", "--wipe").end == .exited(0))
            }
        }

        @Test func `a node that didn't get all the way is the next to join`() throws {
            try withSite { site in
                let up = try site.run("up", "--nodes", "1", "--port", "\(site.port)")
                #expect(up.end == .exited(0), "\(up.text)")
                let data = site.directory + "/n2/data"
                try Files.makeDirectory(site.directory + "/n2")
                try Files.makeDirectory(data)
                try Files.write("in the way", to: data + "/notes")
                let failed = try site.run("up", "--join")
                #expect(failed.end == .exited(1))
                #expect(failed.text.contains("n2 has ended"), "\(failed.text)")
                Files.remove(data)
                let join = try site.run("up", "--join")
                #expect(join.end == .exited(0), "\(join.text)")
                #expect(try site.voters(by: 1) == ["n1", "n2"])
                #expect(try site.run("down").end == .exited(0))
            }
        }

        @Test func `members change only where there is a cluster`() throws {
            try withSite { site in
                for words in [["--join"], ["--remove", "1"]] {
                    for _ in 0..<2 {
                        let up = try site.run("up", words)
                        #expect(up.end == .exited(1))
                        #expect(up.text.contains("holds no cluster whose members"), "\(up.text)")
                        #expect(up.text.split(separator: "\n").count == 1, "\(up.text)")
                        #expect(Files.below(site.directory) == [])
                        try Files.makeDirectory(site.directory)
                    }
                    Files.remove(site.directory)
                }
            }
        }

        @Test func `a killed node is brought back by its own command line`() throws {
            try withSite { site in
                let up = try site.run("up", "--nodes", "1", "--port", "\(site.port)")
                #expect(up.end == .exited(0), "\(up.text)")
                let pid = try #require(site.pid(1))
                let words = Files.text(of: "/proc/\(pid)/cmdline").split(separator: "\0")
                kill(pid, SIGKILL)
                // Not before it has let go of its directory: it may still hold that while it
                // answers nobody.
                try eventually("n1 to be gone") {
                    Files.text(of: "/proc/\(pid)/cmdline").isEmpty
                }
                let process = try ChildProcess(
                    String(words[0]), words.dropFirst().map(String.init),
                    environment: Program.environment, output: site.directory + "/n1/log")
                defer { _ = try? process.destroy() }
                try eventually("n1 to be back") { site.isReady(1) }
                // The scripts know it, though `pid` still names the killed process.
                let status = try site.run("status")
                #expect(status.end == .exited(0), "\(status.text)")
                #expect(status.text.contains("\(process.pid)"), "\(status.text)")
                #expect(try site.run("up").end == .exited(0))
                #expect(site.pid(1) == process.pid)
                try Files.write("\(pid)", to: site.directory + "/n1/pid")
                #expect(try site.run("down").end == .exited(0))
                #expect(!site.isReady(1))
                #expect(try process.wait(within: .seconds(5)) == .exited(0))
            }
        }

        @Test func `a port where somebody listens is refused before anything is made`() throws {
            try withSite { site in
                for offset: UInt16 in [0, 2, 100, 102] {
                    let taken = try ListeningSocket(at: .loopback(port: site.port + offset))
                    let up = try site.run("up", "--nodes", "3", "--port", "\(site.port)")
                    #expect(up.end == .exited(1))
                    let node = Int(offset % 100) + 1
                    #expect(
                        up.text.contains("n\(node) needs port \(taken.address.port)"), "\(up.text)")
                    #expect(!Files.exists(site.directory))
                }
            }
        }

        @Test func `two scripts don't work on one directory at a time`() throws {
            try withSite { site in
                do {
                    let held = try Directory(creatingAt: site.directory)
                    #expect(try held.lock())
                    for script in ["up", "down"] {
                        let second = try site.run(script)
                        #expect(second.end == .exited(1))
                        #expect(second.text.contains("another up or down"), "\(second.text)")
                    }
                    #expect(Files.below(site.directory) == [])
                    // Still held.
                    #expect(try held.lock())
                }
                // Nodes don't keep the lock of the script that started them.
                let up = try site.run("up", "--nodes", "1", "--port", "\(site.port)")
                #expect(up.end == .exited(0), "\(up.text)")
                #expect(try site.run("down").end == .exited(0))
            }
        }

        @Test func `a script that is killed leaves its lock to no child`() throws {
            try withSite { site in
                // Takes its time over the first thing that is asked of it.
                let program = site.directory + ".program"
                try Files.write("#!/bin/sh\ntouch \"$0.asked\"\nexec sleep 5\n", to: program)
                #expect(chmod(program, 0o700) == 0)
                let up = try ChildProcess(
                    "/bin/bash",
                    [
                        "\(Scripts.scripts)/up", "--dir", site.directory, "--nodes", "1", "--port",
                        "\(site.port)",
                    ],
                    environment: Program.environment.merging(["KEYCLAVE_PROGRAM": program]) { $1 },
                    output: site.directory + ".out")
                try eventually("up to ask for a format") { Files.exists(program + ".asked") }
                try up.destroy()
                #expect(try Directory(at: site.directory).lock())
            }
        }

        @Test func `wrong options are refused before anything is made`() throws {
            try withSite { site in
                for words in [
                    ["--nodes", "0"], ["--nodes", "10"], ["--nodes", "x"], ["--port", "70000"],
                    ["--surprise"], ["--nodes"], ["--join", "x"], ["--remove"], ["--remove", "x"],
                ] {
                    let up = try site.run("up", words)
                    #expect(up.end == .exited(1), "\(words)")
                    #expect(up.text.split(separator: "\n").count == 1, "\(up.text)")
                }
                #expect(!Files.exists(site.directory))
            }
        }
    }
}
