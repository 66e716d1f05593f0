import Basics
import Testing

extension RealProcesses {
    /// Keys come from another store by their digests, and go to another.
    @Suite struct Imports {
        private struct Foreign {
            var text: String
            var digest: String

            init(_ number: Int) {
                let tail = String(number)
                text = "sk_live_" + String(repeating: "x", count: 24 - tail.count) + tail
                digest = SHA256.digest(of: Array(text.utf8)).hex
            }
        }

        @Test func `keys of another form are imported by a table, and open every node`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                _ = try cluster.makeUser(of: tenant, email: "ada@example.com")
                _ = try cluster.makeUser(of: tenant, email: "bob@example.com")
                let keys = (1...5).map { Foreign($0) }
                let file = cluster.directory + "/keys.csv"
                try write(keys, to: file)
                let wrong = cluster.directory + "/wrong.csv"
                let text = Files.text(of: file)
                    .replacing("bob@example.com", with: "eve@example.com")
                try Files.write(text, to: wrong)

                let refused = try run(["import", wrong, "--account", tenant.account], cluster)
                #expect(refused.end == .exited(2), "\(refused.text)")
                #expect(refused.text.contains("line 3: the account has no such user"))
                #expect(refused.text.contains("line 6: the account has no such user"))
                #expect(!refused.text.contains("line 2"))
                #expect(try cluster.items(tenant.path + "/keys").isEmpty)

                let words = ["import", file, "--account", tenant.account]
                let dry = try run(words + ["--dry-run"], cluster)
                #expect(dry.end == .exited(0), "\(dry.text)")
                #expect(try cluster.items(tenant.path + "/keys").isEmpty)
                let done = try run(words, cluster)
                #expect(done.end == .exited(0), "\(done.text)")
                let again = try run(words, cluster)
                #expect(again.end == .exited(0), "\(again.text)")
                #expect(again.text.contains("there already; nothing was changed"))

                try present(keys, cluster, tenant)
                try export(cluster, tenant, keys)
            }
        }

        /// They are keys once the cluster knows of their length, and on every node at once.
        private func present(
            _ keys: [Foreign], _ cluster: TestCluster, _ tenant: Tenant
        ) throws {
            for node in cluster.nodes {
                let early = try node.send(Request("GET", "/v1/auth", token: keys[0].text))
                #expect(early.status == 401 && early.code == "invalid_key", "\(early)")
            }
            _ = try cluster.change(
                "PATCH", "/v1/cluster/settings",
                json: #"{"foreign_key_shortest": 30, "foreign_key_longest": 40}"#
            ).orThrow("the settings")
            for node in cluster.nodes {
                for (place, key) in keys.enumerated() {
                    let answer = try node.send(
                        Request("GET", "/v1/auth?api=rest", token: key.text))
                    // Every third is inactive.
                    #expect(answer.status == (place % 3 == 2 ? 401 : 200), "\(answer)")
                    let verdict = try node.send(
                        Request("POST", "/v1/verify", json: #"{"key": "\#(key.text)"}"#))
                    #expect(verdict.json["valid"]?.flag == (place % 3 != 2))
                }
                let other = try node.send(Request("GET", "/v1/auth", token: Foreign(99).text))
                #expect(other.status == 401, "\(other)")
                let credits = try node.send(Request("GET", "/v1/credits", token: keys[0].text))
                #expect(credits.status == 200, "\(credits)")
            }
            let charge = try cluster.settle(ChargeRecord(credits: 3).request(key: keys[0].text))
            #expect(charge.status == 200, "\(charge)")
            let shown = try cluster.items(tenant.path + "/keys")
            #expect(shown.first?["display"]?.text == "…" + keys[0].text.suffix(4))
        }

        /// What is exported is what another cluster takes, and the same again.
        private func export(
            _ cluster: TestCluster, _ tenant: Tenant, _ keys: [Foreign]
        ) throws {
            let words = ["export", "--account", tenant.account]
            let lines = try run(words, cluster)
            #expect(lines.end == .exited(0), "\(lines.text)")
            for key in keys { #expect(lines.text.contains(key.digest)) }
            let table = try run(words + ["--format", "csv"], cluster, output: "exported.csv")
            #expect(table.end == .exited(0))
            // Into another account of another cluster, with the same people in it.
            try TestCluster.run { other in
                let tenant = try other.makeTenant()
                _ = try other.makeUser(of: tenant, email: "ada@example.com")
                _ = try other.makeUser(of: tenant, email: "bob@example.com")
                let file = other.directory + "/keys.csv"
                let rows = table.text.split(separator: "\n").filter { $0.contains(",") }
                try Files.write(rows.joined(separator: "\n") + "\n", to: file)
                let done = try run(["import", file, "--account", tenant.account], other)
                #expect(done.end == .exited(0), "\(done.text)")
                let back = try run(
                    ["export", "--account", tenant.account, "--format", "csv"], other)
                func stripped(_ text: String) -> [String] {
                    text.split(separator: "\n").filter { $0.contains(",") }.map { line in
                        let fields = line.split(separator: ",", omittingEmptySubsequences: false)
                        return (fields[..<1] + fields[2...]).joined(separator: ",")
                    }.sorted()
                }
                #expect(stripped(back.text) == stripped(table.text))
            }
        }

        private func write(_ keys: [Foreign], to file: String) throws {
            var text = "user,api,name,digest,suffix,foreign,active\n"
            for (place, key) in keys.enumerated() {
                let user = place % 3 == 1 ? "bob@example.com" : "ada@example.com"
                text += "\(user),rest,key \(place),\(key.digest),\(key.text.suffix(4)),true,"
                text += place % 3 == 2 ? "false\n" : "true\n"
            }
            try Files.write(text, to: file)
        }

        private func run(
            _ words: [String], _ cluster: TestCluster, output name: String = "import.out"
        ) throws -> (end: ProcessEnd, text: String) {
            let output = cluster.directory + "/" + name
            Files.remove(output)
            let common = [
                "--endpoint", "http://127.0.0.1:\(cluster.nodes[0].httpPort)", "--token-file",
                cluster.directory + "/operator.token",
            ]
            let process = try ChildProcess(
                Program.path, words + common, environment: Program.environment, output: output)
            return (try process.wait(within: .seconds(60)), Files.text(of: output))
        }
    }
}
