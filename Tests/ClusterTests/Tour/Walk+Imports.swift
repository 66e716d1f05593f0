import Basics
import Testing

// Keys of another store, by their digests.
extension Walk {
    func importKeys() throws {
        let account = try #require(try done("account", "create", "Newcomer Ltd")["id"]?.text)
        let place = ["--account", account]
        for name in ["ada", "bob"] {
            let words = ["user", "create", "--email", "\(name)@example.com", "--name", name]
            _ = try done(words + place)
        }
        _ = try done("settings", "set", "foreign_key_longest", "40")
        let keys = (1...5).map { ForeignKey($0) }
        for key in keys { note(key.text, opening: "rest") }
        let file = cluster.directory + "/newcomers.csv"
        try ForeignKey.write(keys, to: file)
        try refuse(file, keys, place)
        let done = try done(["import", file] + place)
        #expect(done["imported"] == .number(5), "\(done)")
        for key in keys {
            for (node, answer) in try verdicts(key.text, "rest") {
                #expect(answer.status == (key.isActive ? 200 : 401), "\(node): \(answer)")
                if key.isActive { #expect(answer.headers["x-keyclave-account"] == account) }
            }
        }
        // A key's story begins with the import.
        let story = try keyclave(["explain", "-", "-o", "json"], input: keys[0].text + "\n").json
        #expect(story["created_index"] == done["index"] && done["index"] != nil, "\(story)")
        #expect(story["history"]?.list?.last?["action"]?.text == "keys.imported", "\(story)")
        let exported = try keyclave(["export"] + place)
        #expect(exported.end == .exited(0), "\(exported)")
        let lines = try exported.output.split(separator: "\n").map {
            try JSONValue(parsing: Array($0.utf8))
        }
        #expect(Set(lines.map { $0["digest"]?.text }) == Set(keys.map(\.digest)))
        #expect(lines.count == 5 && lines.count { $0["active"] == .flag(true) } == 4)
    }

    /// One line is wrong, and so nothing of the file is taken.
    private func refuse(_ file: String, _ keys: [ForeignKey], _ place: [String]) throws {
        let bad = cluster.directory + "/bad.csv"
        let stray = "eve@example.com,rest,k,\(ForeignKey(6).digest),,true,true\n"
        try Files.write(Files.text(of: file) + stray, to: bad)
        let refused = try keyclave(["import", bad] + place)
        #expect(refused.end == .exited(2), "\(refused)")
        #expect(refused.text.contains("line 7: the account has no such user"), "\(refused)")
        for number in 2...6 { #expect(!refused.text.contains("line \(number)"), "\(refused)") }
        #expect(try done(["key", "list"] + place)["items"]?.list?.isEmpty == true)
        for key in keys {
            for (node, answer) in try verdicts(key.text, "rest") {
                #expect(answer.status == 401, "\(node): \(answer)")
            }
        }
    }
}
