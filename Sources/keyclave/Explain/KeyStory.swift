import HTTP

/// What is known of a key, and what follows from it.
struct KeyStory {
    /// As `POST /v1/keys/find` answers.
    var key: JSONValue
    /// Nil if the user is gone.
    var user: JSONValue?
    /// Nil where none is set.
    var limit: JSONValue?
    /// What all users of the account may spend together; nil where none is set.
    var pool: JSONValue?
    /// Of the audit trail, newest first: what was done to the key and to what it hangs on, and to
    /// the key that it replaced and the one that replaced it. Nil for who may not read the trail.
    var records: [JSONValue]?

    private func text(_ name: String) -> String { key[name]?.string ?? "?" }

    /// A key that is being replaced opens what it did until it is over.
    var isUsable: Bool { ["active", "retiring"].contains(text("standing")) }

    /// What the key opens now.
    var may: String {
        guard isUsable else { return "nothing" }
        let bounds = [("", limit), (" of the account's pool", pool)].compactMap { name, bound in
            bound.flatMap { left(of: $0, name) }
        }
        let spend = bounds.isEmpty ? "without a limit" : bounds.joined(separator: " and ")
        return "open \(text("api")), and spend \(spend)"
    }

    private func left(of bound: JSONValue, _ name: String) -> String? {
        guard let remaining = bound["remaining"]?.number, let credits = bound["credits"]?.number
        else { return nil }
        let end = bound["resets_at"]?.string.map { " until \($0)" } ?? ""
        return "\(remaining) of \(credits) credits\(name)\(end)"
    }

    var why: String {
        if text("standing") == "revoked", let (reason, record) = replacement {
            return reason + KeyStory.since(record)
        }
        let (reason, actions) =
            switch text("standing") {
            case "active": ("it is active, and its user and account are there", [String]())
            case "retiring":
                ("it is replaced, and good until \(text("retires_at"))", ["key.rotated"])
            case "expired": ("it has expired", [])
            case "inactive": ("it is switched off", ["key.deactivated"])
            case "revoked": ("it is revoked for ever", ["key.revoked", "keys.revoked"])
            case "user_removed": ("its user is removed", ["user.removed"])
            case "account_deleted": ("its account is deleted", ["account.deleted"])
            case let other: ("it is \(other.replacing("_", with: " "))", [String]())
            }
        let last = trail?.first { actions.contains($0["action"]?.string ?? "") }
        // What was never switched off has been off from the beginning.
        return reason + KeyStory.since(last ?? (text("standing") == "inactive" ? creation : nil))
    }

    private static func since(_ record: JSONValue?) -> String {
        guard let record else { return "" }
        return ", since \(record["at"]?.string ?? "?") by \(record["actor"]?.string ?? "?")"
    }

    /// Why a key that was replaced is over, and the record of that where somebody did it: time
    /// leaves none. Nil if it wasn't replaced, or ended for another reason.
    private var replacement: (String, JSONValue?)? {
        guard let successor = key["replaced_by"]?.string else { return nil }
        let reason = "it was replaced by \(successor)"
        guard let end = trail?.first(where: isEnd) else {
            return (reason + ", and its grace is over", nil)
        }
        if isAbout("replaced_by", end) { return (reason + ", whose change ended its grace", end) }
        return end["action"] == .string("key.rotated") ? (reason, end) : nil
    }

    // MARK: - What was done

    /// What concerns this key. Of the one that it replaced, that is how this one came of it; of the
    /// one that replaced it, what ended its grace.
    private var trail: [JSONValue]? {
        records?.filter { record in
            if isAbout("replaces", record) { return record["action"] == .string("key.rotated") }
            return !isAbout("replaced_by", record) || isEnd(record)
        }
    }

    /// Whether its subject is the key that stands under a name in this one's members.
    private func isAbout(_ name: String, _ record: JSONValue) -> Bool {
        guard let id = key[name]?.string else { return false }
        return record["subject"]?.string == id
    }

    /// A key's last change, once it is revoked, is that.
    private func isEnd(_ record: JSONValue) -> Bool {
        guard let end = key["changed_index"]?.number, text("state") == "revoked" else {
            return false
        }
        return record["index"]?.number == end
    }

    /// The record that the key's creation left; nil once the trail has forgotten it.
    private var creation: JSONValue? {
        let own = trail?.first { record in
            switch record["action"]?.string {
            case "key.created": isAbout("id", record)
            case "key.rotated": isAbout("replaces", record)
            default: false
            }
        }
        // An import's record names the account: its keys are too many.
        return own
            ?? trail?.first {
                $0["action"] == .string("keys.imported") && $0["at"] == key["created_at"]
            }
    }

    var value: JSONValue {
        .object([
            .init("key", key["id"] ?? .null), .init("name", key["name"] ?? .null),
            .init("display", key["display"] ?? .null), .init("api", key["api"] ?? .null),
            .init("account", key["account"] ?? .null), .init("user", key["user"] ?? .null),
            .init("user_name", user?["name"] ?? .null),
            .init("user_email", user?["email"] ?? .null),
            .init("user_role", user?["role"] ?? .null),
            .init("created_at", key["created_at"] ?? .null),
            .init("created_by", key["created_by"] ?? .null),
            .init("created_index", creation?["index"] ?? .null),
            .init("last_used_at", key["last_used_at"] ?? .null),
            .init("expires_at", key["expires_at"] ?? .null),
            .init("retires_at", key["retires_at"] ?? .null),
            .init("replaces", key["replaces"] ?? .null),
            .init("replaced_by", key["replaced_by"] ?? .null),
            .init("state", key["state"] ?? .null), .init("standing", key["standing"] ?? .null),
            .init("may", .string(may)), .init("why", .string(why)),
            .init("limit", limit ?? .null), .init("pool", pool ?? .null),
            .init("history", trail.map { .array($0.reversed()) } ?? .null),
        ])
    }
}
