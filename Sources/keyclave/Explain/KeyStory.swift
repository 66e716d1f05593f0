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
    /// Newest first; nil for who may not read the trail.
    var trail: [JSONValue]?

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
        let (reason, actions) =
            switch text("standing") {
            case "active": ("it is active, and its user and account are there", [String]())
            case "retiring":
                ("it is replaced, and good until \(text("retires_at"))", ["key.rotated"])
            case "expired": ("it has expired", ["key.rotated"])
            case "inactive": ("it is switched off", ["key.deactivated", "key.created"])
            case "revoked": ("it is revoked for ever", ["key.revoked", "keys.revoked"])
            case "user_removed": ("its user is removed", ["user.removed"])
            case "account_deleted": ("its account is deleted", ["account.deleted"])
            case let other: ("it is \(other.replacing("_", with: " "))", [String]())
            }
        guard let last = trail?.first(where: { actions.contains($0["action"]?.string ?? "") })
        else { return reason }
        return reason + ", since \(last["at"]?.string ?? "?") by \(last["actor"]?.string ?? "?")"
    }

    /// The record that the key's creation left; nil once the trail has forgotten it.
    private var creation: JSONValue? {
        trail?.first { $0["action"] == .string("key.created") && $0["subject"] == key["id"] }
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
