import Testing

// What the command line tells and asks.
extension Walk {
    /// The two keys of a rotation, each with everything that made it what it is.
    func explain(_ keys: Keys) throws {
        let operatorID = try #require(try done("whoami")["id"]?.text)
        let old = try done("explain", keys.old.id)
        try expectStory(
            of: old,
            [
                ("account.created", tenant.account, operatorID, nil),
                ("user.created", user, operatorID, nil),
                ("key.created", keys.old.id, operatorID, keys.old.index),
                ("key.rotated", keys.old.id, operatorID, keys.new.index),
                ("key.deactivated", keys.new.id, keys.admin, keys.switchedOff),
            ])
        #expect(old["created_by"]?.text == operatorID)
        #expect(old["created_index"] == .number(keys.old.index))
        #expect(old["may"]?.text == "nothing")
        let why = try #require(old["why"]?.text)
        #expect(why.hasPrefix("it was replaced by \(keys.new.id), whose change ended its grace"))
        #expect(why.hasSuffix(" by \(keys.admin)"), "\(why)")

        let new = try keyclave(["explain", "-", "-o", "json"], input: keys.new.text + "\n").json
        try expectStory(
            of: new,
            [
                ("account.created", tenant.account, operatorID, nil),
                ("user.created", user, operatorID, nil),
                ("key.rotated", keys.old.id, operatorID, keys.new.index),
                ("key.deactivated", keys.new.id, keys.admin, keys.switchedOff),
                ("key.activated", keys.new.id, operatorID, nil),
            ])
        #expect(new["created_index"] == .number(keys.new.index))
        #expect(new["may"]?.text == "open search, and spend without a limit")
        for node in cluster.nodes { #expect(!node.log.contains(keys.new.text)) }
        let table = try keyclave(["explain", keys.old.id])
        for part in ["INDEX", "AT", "ACTOR", "\(keys.switchedOff)", keys.admin] {
            #expect(table.output.contains(part), "\(part): \(table)")
        }
    }

    /// Every change in order, by whom and when, and each the record that the audit trail has.
    private func expectStory(
        of key: JSONValue,
        _ expected: [(action: String, subject: String, actor: String, index: Int64?)]
    ) throws {
        let history = try #require(key["history"]?.list)
        #expect(history.map { $0["action"]?.text } == expected.map(\.action))
        let trail = try cluster.items(tenant.path + "/audit")
        for (record, (_, subject, actor, index)) in zip(history, expected) {
            #expect(record["subject"]?.text == subject, "\(record)")
            #expect(record["actor"]?.text == actor, "\(record)")
            if let index { #expect(record["index"] == .number(index), "\(record)") }
            #expect(trail.contains(record))
        }
        let indexes = history.compactMap { $0["index"]?.number }
        let times = history.compactMap { $0["at"]?.text }
        #expect(indexes == indexes.sorted() && Set(indexes).count == expected.count)
        #expect(times == times.sorted() && times.count == expected.count)
        let birth = history.first { $0["index"] == key["created_index"] }
        #expect(birth?["at"] == key["created_at"] && birth != nil, "\(key)")
    }

    func watch() throws {
        try cluster.waitUntilReady()
        let top = try done("top", "--once")
        let leader = try #require(top["leader"]?.text)
        #expect(cluster.nodes.contains { $0.id == leader })
        let members = try #require(top["members"]?.list)
        #expect(members.map { $0["node"]?.text } == cluster.nodes.map(\.id))
        for member in members {
            let isLeader = member["node"]?.text == leader
            #expect(member["role"]?.text == (isLeader ? "leader" : "voter"), "\(member)")
            #expect(member["state"]?.text == "ready" && member["lease"]?.text == "held")
            #expect(member["validations_s"]?.number != nil && member["lag"]?.number != nil)
        }
    }

    /// Nobody is at a terminal here, so what can't be undone needs a word of its own.
    func confirm() throws {
        let key = try createKey("rest", of: visitor)
        let asked = try keyclave(["key", "revoke", key.id])
        #expect(asked.end == .exited(1) && asked.output.isEmpty, "\(asked)")
        #expect(asked.messages.contains("give --yes"), "\(asked)")
        try expect(key, opens: "rest")
        let revoked = try keyclave(["key", "revoke", key.id, "--yes"])
        #expect(revoked.end == .exited(0), "\(revoked)")
        try expect(key, isRefusedFor: "rest")
        #expect(try show(key)["state"]?.text == "revoked")
    }
}
