import Basics
import Testing

// A pool beside a limit, each in its own period, and holds that end in every way.
extension Walk {
    /// The account's pool of a month refuses what the user's limit for ever would allow.
    func spendCredits(with key: IssuedKey) throws {
        let limit = try done(
            "limit", "set", user, "rest", "--credits", "100", "--period", "none")
        #expect(limit["remaining"] == .number(100) && limit["resets_at"] == .null, "\(limit)")
        let pool = try done("pool", "set", "rest", "--credits", "60", "--period", "month")
        #expect(pool["period"]?.text == "month" && pool["resets_at"]?.text != nil, "\(pool)")
        let charge = try done("charge", "50", key: key.text)
        #expect(charge["spent"] == .number(50) && charge["remaining"] == .number(50))
        try expectRefusal("credits_exhausted", "charge", "20", key: key.text)
        let beyond = try cluster.settle(ChargeRecord(credits: 20).request(key: key.text))
        #expect(beyond.status == 403 && beyond.code == "credits_exhausted", "\(beyond)")
        // Of the pool, not of the limit.
        #expect(beyond.json["remaining"] == .number(10), "\(beyond)")
        #expect(try done("pool", "get", "rest")["remaining"] == .number(10))
        #expect(try done("limit", "get", user, "rest")["remaining"] == .number(50))
        _ = try done("pool", "remove", "rest")
        #expect(try done("charge", "20", key: key.text)["spent"] == .number(70))
        #expect(try balance() == Balance(70, 0, 30))
    }

    func balance() throws -> Balance { try cluster.balance(of: user, in: tenant) }

    func holdCredits(with key: IssuedKey) throws {
        try settleForLess(key)
        try void(key)
        try outlive(key)
    }

    private func settleForLess(_ key: IssuedKey) throws {
        let placed = try done("hold", "place", "25", "--id", "job/1", key: key.text)
        #expect(placed["state"]?.text == "open" && placed["held"] == .number(25), "\(placed)")
        #expect(try balance() == Balance(70, 25, 5))
        // What is held can't be spent.
        try expectRefusal("credits_exhausted", "charge", "6", key: key.text)
        try expectRefusal("hold_exceeded", "hold", "settle", "job/1", "26", key: key.text)
        let above = try cluster.settle(.settlement(of: "job%2F1", for: 26, key: key.text))
        #expect(above.status == 409 && above.json["limit"] == .number(25), "\(above)")
        #expect(try balance() == Balance(70, 25, 5))

        let settled = try done("hold", "settle", "job/1", "11", key: key.text)
        #expect(settled["charged"] == .number(11) && settled["replayed"] == .flag(false))
        for node in 0..<3 {
            let again = try cluster.settle(
                .settlement(of: "job%2F1", for: 11, key: key.text), first: node)
            #expect(again.status == 200 && again.json["replayed"] == .flag(true), "\(again)")
            for name in ["charged", "spent", "index"] {
                #expect(again.json[name] == settled[name], "\(name): \(again)")
            }
        }
        #expect(try balance() == Balance(81, 0, 19))
    }

    private func void(_ key: IssuedKey) throws {
        _ = try done("hold", "place", "9", "--id", "job-2", key: key.text)
        #expect(try balance() == Balance(81, 9, 10))
        let voided = try done("hold", "void", "job-2", key: key.text)
        #expect(voided["state"]?.text == "voided", "\(voided)")
        #expect(try balance() == Balance(81, 0, 19))
        try expectRefusal("hold_ended", "hold", "settle", "job-2", "1", key: key.text)
    }

    /// The leader lets time pass by itself.
    private func outlive(_ key: IssuedKey) throws {
        let words = ["hold", "place", "19", "--timeout-seconds", "1", "--id", "job-3"]
        _ = try done(words, key: key.text)
        try eventually("the hold to lapse") { try balance() == Balance(81, 0, 19) }
        try expectRefusal("hold_ended", "hold", "settle", "job-3", "1", key: key.text)
        // All of it can be spent again.
        let all = try done("hold", "place", "19", "--id", "job-4", key: key.text)
        #expect(all["remaining"] == .number(0), "\(all)")
        _ = try done("hold", "void", "job-4", key: key.text)
    }
}
