import Basics
import Glibc
import Testing

extension RealProcesses {
    /// The program's own client commands against real nodes: data on standard output, messages
    /// on standard error, and an exit code.
    @Suite struct CommandLine {
        private struct Result: CustomStringConvertible {
            var code: ProcessEnd
            var output: String
            var messages: String
            var json: JSONValue { (try? JSONValue(parsing: Array(output.utf8))) ?? .null }
            var description: String { "\(code)\n\(output)\n\(messages)" }
        }

        /// Runs the program in a shell's stead.
        private func run(
            _ arguments: [String], _ environment: [String: String] = [:],
            in directory: String
        ) throws -> Result {
            let output = directory + "/command.out"
            let messages = directory + "/command.err"
            Files.remove(output)
            Files.remove(messages)
            let process = try ChildProcess(
                Program.path, arguments,
                environment: Program.environment.merging(environment) { $1 }, output: messages,
                standardOutput: output)
            return Result(
                code: try process.wait(within: .seconds(60)), output: Files.text(of: output),
                messages: Files.text(of: messages))
        }

        private func surroundings(of cluster: TestCluster) -> [String: String] {
            [
                "KEYCLAVE_ENDPOINTS": cluster.nodes.map { "http://127.0.0.1:\($0.httpPort)" }
                    .joined(separator: ","),
                "KEYCLAVE_TOKEN_FILE": cluster.directory + "/operator.token",
            ]
        }

        @Test func `holds and pools work from the command line`() throws {
            try TestCluster.run { cluster in
                let (tenant, key) = try Charges.spender(in: cluster)
                try cluster.setLimit(of: key.user, in: tenant, credits: 10)
                var shell = surroundings(of: cluster)
                shell["KEYCLAVE_ACCOUNT"] = tenant.account
                shell["KEYCLAVE_KEY"] = key.text
                func keyclave(_ words: String...) throws -> Result {
                    try self.run(words, shell, in: cluster.directory)
                }
                #expect(try keyclave("charge", "7").code == .exited(0))
                let hold = try keyclave("hold", "place", "3", "--id", "job/7", "-o", "json")
                #expect(hold.json["state"]?.text == "open", "\(hold)")
                for replayed in [false, true] {
                    let settled = try keyclave("hold", "settle", "job/7", "1", "-o", "json")
                    #expect(settled.json["charged"] == .number(1), "\(settled)")
                    #expect(settled.json["replayed"] == .flag(replayed), "\(settled)")
                }
                #expect(try keyclave("hold", "void", "job/7").code == .exited(2))
                let pool = try keyclave(
                    "pool", "set", "rest", "--credits", "8", "--period", "none", "-o", "json")
                #expect(pool.json["remaining"] == .number(0), "\(pool)")
                #expect(try keyclave("charge", "1").code == .exited(2))
                #expect(try keyclave("pool", "remove", "rest").code == .exited(0))
            }
        }

        @Test func `an operator's first steps work from the command line, one node dead`() throws {
            try TestCluster.run { cluster in
                var shell = surroundings(of: cluster)
                func keyclave(_ words: String...) throws -> Result {
                    try self.run(words, shell, in: cluster.directory)
                }
                let account = try keyclave("account", "create", "Example Ltd", "-o", "json")
                #expect(account.code == .exited(0), "\(account)")
                shell["KEYCLAVE_ACCOUNT"] = try #require(account.json["id"]?.text)
                let user = try #require(
                    try keyclave(
                        "user", "create", "--email", "a@example.com", "--name", "Ada", "-o", "json"
                    ).json["id"]?.text)
                let limit = try keyclave(
                    "limit", "set", user, "rest", "--credits", "10", "--period", "none")
                #expect(limit.code == .exited(0), "\(limit)")
                try cluster.nodes[0].kill()
                let created = try keyclave(
                    "key", "create", "--user", user, "--api", "rest", "--name", "k", "-o", "json")
                let key = try #require(created.json["key"]?.text, "\(created)")
                shell["KEYCLAVE_KEY"] = key
                #expect(try keyclave("verify").code == .exited(0))
                #expect(try keyclave("verify", "--api", "batch").code == .exited(2))
                let id = IdempotencyID.uuidV7()
                for replayed in [false, true] {
                    let charge = try keyclave("charge", "7", "--id", id, "-o", "json")
                    #expect(charge.code == .exited(0), "\(charge)")
                    #expect(charge.json["replayed"] == .flag(replayed), "\(charge)")
                    #expect(charge.json["remaining"] == .number(3), "\(charge)")
                }
                let refused = try keyclave("charge", "4")
                #expect(refused.code == .exited(2) && refused.output.isEmpty, "\(refused)")
                #expect(!refused.messages.isEmpty && !refused.messages.contains(key), "\(refused)")
                let usage = try keyclave("usage")
                #expect(usage.code == .exited(0) && usage.output.contains(user), "\(usage)")
            }
        }

        @Test func `each outcome has its exit code`() throws {
            try TestCluster.run(ClusterShape(nodeCount: 1)) { cluster in
                let shell = surroundings(of: cluster)
                let silent = try SilentPort()
                defer { withExtendedLifetime(silent) {} }
                let cases: [([String], [String: String], Int32)] = [
                    (["cluster", "status"], [:], 0), (["whoami", "-o", "json"], [:], 0),
                    (["--version"], [:], 0), (["account", "list"], [:], 0),
                    ([], [:], 1), (["nothing"], [:], 1), (["account"], [:], 1),
                    (["account", "create"], [:], 1), (["account", "list", "--surprise"], [:], 1),
                    (["account", "list", "-o", "yaml"], [:], 1),
                    (["charge", "many", "--key", "x"], [:], 1),
                    (["account", "list", "--token-file", "/nowhere"], [:], 1),
                    (["serve"], [:], 1), (["serve", "--config", "/nowhere"], [:], 1),
                    (["account", "get", "acc_00000000001"], [:], 2),
                    (
                        ["account", "list"],
                        ["KEYCLAVE_TOKEN": "kct_x", "KEYCLAVE_TOKEN_FILE": ""],
                        2
                    ),
                    (
                        ["account", "list", "--timeout", "1"],
                        ["KEYCLAVE_ENDPOINTS": "http://127.0.0.1:\(silent.number)"], 1
                    ),
                ]
                for (words, changes, code) in cases {
                    let result = try run(
                        words, shell.merging(changes) { $1 }, in: cluster.directory)
                    #expect(result.code == .exited(code), "\(words): \(result)")
                    if code != 0 { #expect(result.output.isEmpty, "\(words): \(result)") }
                    #expect(result.messages.isEmpty == (code == 0), "\(words): \(result)")
                }
            }
        }

        @Test func `a developer gets a node, a URL and a token with one command`() throws {
            let directory = try Files.makeTemporaryDirectory()
            let warden = try Warden(directory: directory)
            defer { try? warden.dismiss() }
            let port = try freePorts(1)[0]
            let words = ["dev", "--port", "\(port)", "--dir", directory + "/dev"]
            // A terminal that closes ends it as Ctrl-C does.
            for (run, signal) in [(1, SIGINT), (2, SIGHUP)] {
                let output = directory + "/dev\(run).out"
                let process = try ChildProcess(
                    Program.path, words, environment: Program.environment, output: output)
                warden.entrust(process)
                let token = try eventually("a token") {
                    Files.text(of: output).firstMatch(of: /kct_operator_[0-9A-Za-z]{36}/)
                        .map { String($0.output) }
                }
                let client = HTTPClient(port: port)
                let create = Request(
                    "POST", "/v1/accounts", token: token, json: #"{"name": "run \#(run)"}"#)
                let answer = try eventually("the node to answer") {
                    let answer = try? client.send(create)
                    return answer?.isTransient == false ? answer : nil
                }
                #expect(answer.status == 201, "\(answer)")
                let accounts = try client.send(Request("GET", "/v1/accounts", token: token))
                #expect(accounts.json["items"]?.list?.count == run, "\(accounts)")
                #expect(Files.text(of: output).contains("http://127.0.0.1:\(port)"))
                process.signal(signal)
                #expect(try process.wait() == .exited(0), "\(Files.text(of: output))")
                warden.release(process)
            }
        }

        @Test func `every level of the help lists its commands and shows an example`() throws {
            let directory = try Files.makeTemporaryDirectory()
            defer { Files.remove(directory) }
            var groups: [[String]] = [[]]
            var seen = 0
            while let words = groups.popLast() {
                let help = try run(words + ["--help"], in: directory)
                seen += 1
                #expect(help.code == .exited(0) && help.messages.isEmpty, "\(words): \(help)")
                #expect(help.output.contains("EXAMPLE"), "\(words): \(help)")
                let lines = help.output.split(separator: "\n", omittingEmptySubsequences: false)
                guard let heading = lines.firstIndex(of: "COMMANDS") else { continue }
                for line in lines[(heading + 1)...].prefix(while: { !$0.isEmpty }) {
                    if line.hasPrefix("  "), let word = line.split(separator: " ").first {
                        groups.append(words + [String(word)])
                    }
                }
            }
            #expect(seen > 40)
        }
    }
}
