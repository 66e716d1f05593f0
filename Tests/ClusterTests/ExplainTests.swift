import Testing

extension RealProcesses {
    /// A key's story, told by real nodes.
    @Suite struct Explain {
        @Test func `a key is explained by its id and by its text`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                try cluster.setLimit(of: user, in: tenant, credits: 10)
                let key = try cluster.makeKey(of: tenant, user: user)
                _ = try cluster.makeKey(of: tenant, user: user, name: "other")
                let byID = try CommandRun(["explain", key.id, "-o", "json"], by: cluster)
                #expect(byID.end == .exited(0), "\(byID)")
                #expect(byID.json["key"]?.text == key.id)
                #expect(byID.json["user_name"]?.text == "Ada")
                #expect(byID.json["created_index"]?.number == key.index)
                #expect(byID.json["standing"]?.text == "active")
                #expect(byID.json["may"]?.text == "open rest, and spend 10 of 10 credits")
                #expect(
                    byID.json["history"]?.list?.compactMap { $0["action"]?.text }
                        == ["account.created", "user.created", "limit.set", "key.created"])

                let path = tenant.path + "/keys/\(key.id)"
                _ = try cluster.change("PATCH", path, json: #"{"active": false}"#)
                    .orThrow("switching off")
                let byText = try CommandRun(
                    ["explain", "-", "-o", "json"], by: cluster, input: key.text + "\n")
                #expect(byText.json["key"]?.text == key.id, "\(byText)")
                #expect(byText.json["may"]?.text == "nothing")
                let why = try #require(byText.json["why"]?.text)
                #expect(why.hasPrefix("it is switched off, since 20"), "\(why)")
                for node in cluster.nodes { #expect(!node.log.contains(key.text)) }

                let table = try CommandRun(["explain", key.id], by: cluster)
                #expect(table.output.contains("key.deactivated"), "\(table)")
                let unknown = try CommandRun(["explain", "key_00000000009"], by: cluster)
                #expect(unknown.end == .exited(2), "\(unknown)")
                try expectVisibility(of: key, in: tenant, by: user, cluster)
            }
        }

        @Test func `a rotated key and an imported one are told from their births on`() throws {
            try TestCluster.run(ClusterShape(nodeCount: 1)) { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                let old = try cluster.makeKey(of: tenant, user: user)
                let rotated = try cluster.change(
                    "POST", tenant.path + "/keys/\(old.id)/rotate", json: "{}"
                ).orThrow("rotating")
                let new = try #require(rotated.json["id"]?.text)
                let story = try CommandRun(["explain", new, "-o", "json"], by: cluster)
                #expect(story.json["created_through"]?.text == "key.rotated", "\(story)")
                #expect(story.json["history_complete"]?.flag == true, "\(story)")
                let record = try #require(story.json["history"]?.list?.last)
                #expect(record["subject"]?.text == old.id)
                #expect(record["index"]?.number == story.json["created_index"]?.number)
                let end = try CommandRun(["explain", old.id, "-o", "json"], by: cluster)
                let why = try #require(end.json["why"]?.text)
                #expect(
                    why.hasPrefix("it was replaced by \(new), and is revoked for ever, since 20"),
                    "\(why)")

                let file = cluster.directory + "/keys.csv"
                let digest = String(repeating: "ab", count: 32)
                try Files.write(
                    "user,api,name,digest\n\(user),rest,from elsewhere,\(digest)\n", to: file)
                let made = try CommandRun(
                    ["import", file, "--account", tenant.account], by: cluster)
                #expect(made.end == .exited(0), "\(made)")
                let keys = try cluster.items(tenant.path + "/keys")
                let imported = try #require(
                    keys.first { $0["name"]?.text == "from elsewhere" }?["id"]?.text)
                let tale = try CommandRun(["explain", imported, "-o", "json"], by: cluster)
                #expect(tale.json["created_through"]?.text == "keys.imported", "\(tale)")
                #expect(tale.json["created_index"]?.number != nil, "\(tale)")
                let table = try CommandRun(["explain", imported], by: cluster)
                #expect(!table.messages.contains("incomplete"), "\(table)")
            }
        }

        /// Whose key it is sees it, others of the account don't, and no key finds anything.
        private func expectVisibility(
            of key: IssuedKey, in tenant: Tenant, by user: String, _ cluster: TestCluster
        ) throws {
            let other = try cluster.makeUser(of: tenant, email: "bob@example.com")
            let tokens = [
                (try cluster.makeToken(role: "member", tenant: tenant, user: user).text, 200),
                (try cluster.makeToken(role: "member", tenant: tenant, user: other).text, 404),
                (try cluster.makeToken(role: "auditor", tenant: tenant).text, 200),
                (key.text, 401),
            ]
            for (token, status) in tokens {
                let find = Request(
                    "POST", "/v1/keys/find", token: token, json: #"{"id": "\#(key.id)"}"#)
                #expect(try cluster.settle(find).status == status)
            }
        }
    }
}
