import Basics
import HTTP
import Linux
import Testing

// An API of the operator's own, and keys that end: by their expiry, by a rotation's grace, by a
// change of what took their place.
extension Walk {
    /// What later chapters need.
    struct Keys {
        /// Good for the REST API.
        var spender: IssuedKey
        /// One that was replaced, and the one that took its place.
        var old: IssuedKey
        var new: IssuedKey
        /// An administrator of the account, and where they switched the new one off.
        var admin: String
        var switchedOff: Int64
    }

    func replaceKeys() throws -> Keys {
        try addAPI()
        let passing = try createPassingKey()
        let (old, new) = try rotateWithGrace()
        let spender = try fillCap(retiring: old)
        let (admin, index) = try endGrace(of: old, bySwitchingOff: new)
        try outliveGrace()
        try expectEnd(of: passing)
        return Keys(spender: spender, old: old, new: new, admin: admin, switchedOff: index)
    }

    private func addAPI() throws {
        let made = try done("api", "create", "search", "Search API")
        #expect(made["slug"]?.text == "search" && made["name"]?.text == "Search API", "\(made)")
        try expectRefusal("api_taken", "api", "create", "search", "Search API")
        let slugs = try done("api", "list")["items"]?.list?.map { $0["slug"]?.text }
        #expect(slugs == ["batch", "rest", "search"])
    }

    // MARK: - Expiry

    private func createPassingKey() throws -> IssuedKey {
        let expiry = RFC3339.text(Clocks.wall() + .seconds(5))
        let key = try createKey("rest", of: visitor, ["--expires-at", expiry])
        #expect(try show(key)["expires_at"]?.text == expiry)
        for (node, answer) in try verdicts(key.text, "rest") where answer.status != 200 {
            // A machine that stood still for so long has missed all of its life.
            let state = try show(key)["state"]?.text
            #expect(state == "expired", "\(node): \(answer)")
        }
        return key
    }

    /// Nobody does anything about it.
    private func expectEnd(of key: IssuedKey) throws {
        for node in cluster.nodes {
            try eventually("the key to expire at \(node.id)") {
                try node.send(.validation(of: key.text)).code == "invalid_key"
            }
        }
        #expect(try show(key)["state"]?.text == "expired")
        #expect(try trail(of: key.id).map { $0["action"]?.text } == ["key.created"])
        try expectRefusal("key_expired", "key", "activate", key.id)
    }

    // MARK: - Rotation

    private func rotateWithGrace() throws -> (old: IssuedKey, new: IssuedKey) {
        let expiry = RFC3339.text(Clocks.wall() + .seconds(86_400))
        let old = try createKey("search", ["--expires-at", expiry])
        try expect(old, opens: "search")
        try expect(old, isRefusedFor: "rest", "wrong_api")
        let new = try cluster.rotate(old, of: tenant, #"{"grace_seconds": 3600}"#, on: 1)
        note(new.text, opening: "search")
        for key in [old, new] { try expect(key, opens: "search") }
        let (before, after) = (try show(old), try show(new))
        #expect(before["state"]?.text == "retiring" && before["retires_at"]?.text != nil)
        #expect(before["replaced_by"]?.text == new.id)
        #expect(after["state"]?.text == "active" && after["replaces"]?.text == old.id)
        #expect(after["expires_at"]?.text == expiry)
        return (old, new)
    }

    /// The old key and the new one both count, so there is room for one more.
    private func fillCap(retiring old: IssuedKey) throws -> IssuedKey {
        let spender = try createKey("rest")
        try expectRefusal(
            "active_key_limit", "key", "create", "--user", user, "--api", "batch", "--name", "k")
        try expectRefusal(
            "active_key_limit", "key", "rotate", spender.id, "--grace-seconds", "60")
        let fourth = try cluster.change(
            "POST", tenant.path + "/keys",
            json: #"{"api": "batch", "name": "k", "user": "\#(user)"}"#)
        #expect(fourth.status == 409 && fourth.json["limit"] == .number(3), "\(fourth)")
        let retiring = try done("key", "list", "--state", "retiring")["items"]?.list
        #expect(retiring?.map { $0["id"]?.text } == [old.id])
        return spender
    }

    /// Whoever switches the new text off doesn't leave the old one behind as a way in.
    private func endGrace(
        of old: IssuedKey, bySwitchingOff new: IssuedKey
    ) throws -> (admin: String, index: Int64) {
        let admin = try cluster.makeUser(of: tenant, email: "bob@example.com", role: "admin")
        let token = try cluster.makeToken(role: "admin", tenant: tenant, user: admin)
        let off = try cluster.change(
            "PATCH", tenant.path + "/keys/\(new.id)", json: #"{"active": false}"#,
            token: token.text, on: 2
        ).orThrow("switching off")
        for key in [old, new] { try expect(key, isRefusedFor: "search") }
        #expect(try show(old)["state"]?.text == "revoked")
        _ = try done("key", "activate", new.id)
        try expect(new, opens: "search")
        try expect(old, isRefusedFor: "search")
        return (admin, try #require(off.index))
    }

    /// A grace that is left alone ends by time, and what took the key's place stays.
    private func outliveGrace() throws {
        let old = try createKey("batch", of: visitor)
        let rotated = try done("key", "rotate", old.id, "--grace-seconds", "2")
        let new = try issued(by: rotated, to: visitor, api: "batch")
        #expect(rotated["old"]?["retires_at"]?.text != nil, "\(rotated)")
        for node in cluster.nodes {
            try eventually("the grace to end at \(node.id)") {
                try node.send(.validation(of: old.text, api: "batch")).code == "invalid_key"
            }
        }
        try expect(new, opens: "batch")
        #expect(try show(old)["state"]?.text == "revoked")
        let actions = try trail(of: old.id).map { $0["action"]?.text }
        #expect(actions == ["key.created", "key.rotated"])
    }
}
