import Basics
import Testing

extension RealProcesses {
    /// Keys come from another store by their digests, and go to another.
    @Suite struct Imports {
        @Test func `keys of another form are imported by a table, and open every node`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                _ = try cluster.makeUser(of: tenant, email: "ada@example.com")
                _ = try cluster.makeUser(of: tenant, email: "bob@example.com")
                let keys = (1...5).map { ForeignKey($0) }
                let file = cluster.directory + "/keys.csv"
                try ForeignKey.write(keys, to: file)
                let wrong = cluster.directory + "/wrong.csv"
                let text = Files.text(of: file)
                    .replacing("bob@example.com", with: "eve@example.com")
                try Files.write(text, to: wrong)

                let refused = try CommandRun(
                    ["import", wrong, "--account", tenant.account], by: cluster)
                #expect(refused.end == .exited(2), "\(refused.text)")
                #expect(refused.text.contains("line 3: the account has no such user"))
                #expect(refused.text.contains("line 6: the account has no such user"))
                #expect(!refused.text.contains("line 2"))
                #expect(try cluster.items(tenant.path + "/keys").isEmpty)

                let words = ["import", file, "--account", tenant.account]
                let dry = try CommandRun(words + ["--dry-run"], by: cluster)
                #expect(dry.end == .exited(0), "\(dry.text)")
                #expect(try cluster.items(tenant.path + "/keys").isEmpty)
                let done = try CommandRun(words, by: cluster)
                #expect(done.end == .exited(0), "\(done.text)")
                let again = try CommandRun(words, by: cluster)
                #expect(again.end == .exited(0), "\(again.text)")
                #expect(again.text.contains("there already; nothing was changed"))

                try present(keys, cluster, tenant)
                try export(cluster, tenant, keys)
            }
        }

        /// They are keys once the cluster knows of their length, and on every node at once.
        private func present(
            _ keys: [ForeignKey], _ cluster: TestCluster, _ tenant: Tenant
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
                for key in keys {
                    let answer = try node.send(.validation(of: key.text))
                    #expect(answer.status == (key.isActive ? 200 : 401), "\(answer)")
                    let verdict = try node.send(
                        Request("POST", "/v1/verify", json: #"{"key": "\#(key.text)"}"#))
                    #expect(verdict.json["valid"]?.flag == key.isActive)
                }
                let other = try node.send(Request("GET", "/v1/auth", token: ForeignKey(99).text))
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
            _ cluster: TestCluster, _ tenant: Tenant, _ keys: [ForeignKey]
        ) throws {
            let words = ["export", "--account", tenant.account]
            let lines = try CommandRun(words, by: cluster)
            #expect(lines.end == .exited(0), "\(lines.text)")
            for key in keys { #expect(lines.text.contains(key.digest)) }
            let table = try CommandRun(words + ["--format", "csv"], by: cluster)
            #expect(table.end == .exited(0))
            // Into another account of another cluster, with the same people in it.
            try TestCluster.run { other in
                let tenant = try other.makeTenant()
                _ = try other.makeUser(of: tenant, email: "ada@example.com")
                _ = try other.makeUser(of: tenant, email: "bob@example.com")
                let file = other.directory + "/keys.csv"
                let rows = table.text.split(separator: "\n").filter { $0.contains(",") }
                try Files.write(rows.joined(separator: "\n") + "\n", to: file)
                let done = try CommandRun(["import", file, "--account", tenant.account], by: other)
                #expect(done.end == .exited(0), "\(done.text)")
                let back = try CommandRun(
                    ["export", "--account", tenant.account, "--format", "csv"], by: other)
                func stripped(_ text: String) -> [String] {
                    text.split(separator: "\n").filter { $0.contains(",") }.map { line in
                        let fields = line.split(separator: ",", omittingEmptySubsequences: false)
                        return (fields[..<1] + fields[2...]).joined(separator: ",")
                    }.sorted()
                }
                #expect(stripped(back.text) == stripped(table.text))
            }
        }
    }
}
