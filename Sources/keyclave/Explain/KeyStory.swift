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
    /// Whether the trail was read to its end.
    var isTrailRead = true

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
        guard let act = decidingAct else { return reason }
        return reason + ", since \(act["at"]?.string ?? "?") by \(act["actor"]?.string ?? "?")"
    }

    private var reason: String {
        switch text("standing") {
        case "active": "it is active, and its user and account are there"
        case "retiring": "it is replaced, and good until \(text("retires_at"))"
        case "expired": "it has expired, at \(text("expires_at"))"
        case "inactive": "it is switched off"
        case "revoked":
            if let successor = key["replaced_by"]?.string,
                decidingAct?["subject"]?.string == successor
            {
                "it was replaced by \(successor), whose change ended its grace"
            } else if let successor = key["replaced_by"]?.string,
                decidingAct?.isAct("key.revoked") != true
            {
                "it was replaced by \(successor), and is revoked for ever"
            } else {
                "it is revoked for ever"
            }
        case "user_removed": "its user is removed"
        case "account_deleted": "its account is deleted"
        case let other: "it is \(other.replacing("_", with: " "))"
        }
    }

    /// The record of what made the key stand as it does; nil where nobody did, or nobody remembers.
    private var decidingAct: JSONValue? {
        switch text("standing") {
        case "retiring": newest("key.rotated", of: key["id"])
        case "inactive": newest("key.deactivated", of: key["id"]) ?? birth
        case "revoked": revocation
        case "user_removed": newest("user.removed", of: key["user"])
        case "account_deleted": newest("account.deleted", of: key["account"])
        default: nil
        }
    }

    /// The first act that revoked the key: revoked is final, and what is done to the user later
    /// changes nothing. A rotation with a grace revokes it at the end of that, for which there is
    /// no record, or with a change of its successor.
    private var revocation: JSONValue? {
        if key["replaced_by"]?.string != nil {
            let end = trail?.first { $0["index"] == key["changed_index"] }
            return end ?? newest("key.revoked", of: key["id"])
                ?? newest("key.rotated", of: key["id"])
        }
        return trail?.last { record in
            record.isAct("key.revoked", of: key["id"])
                || record.isAct("keys.revoked", of: key["user"]) && isSinceBirth(record)
        }
    }

    /// Times have milliseconds, always, so that their order as text is their order.
    private func isSinceBirth(_ record: JSONValue) -> Bool {
        if let birth = birth?["index"]?.number { return record["index"]?.number ?? 0 > birth }
        return record["at"]?.string ?? "" >= text("created_at")
    }

    private func newest(_ action: String, of subject: JSONValue?) -> JSONValue? {
        trail?.first { $0.isAct(action, of: subject) }
    }

    /// The record that the key's birth left: its creation, the rotation of the key that it
    /// replaces, or the import that brought it. Nil once the trail has forgotten it, or where two
    /// imports of one moment could be it.
    private var birth: JSONValue? {
        if key["replaces"]?.string != nil { return newest("key.rotated", of: key["replaces"]) }
        if let creation = newest("key.created", of: key["id"]) { return creation }
        let imports = (trail ?? []).filter { record in
            record.isAct("keys.imported", of: key["account"]) && record["at"] == key["created_at"]
        }
        return imports.count == 1 ? imports[0] : nil
    }

    /// The trail without what was done to other keys only.
    private var history: [JSONValue]? {
        let (birth, end) = (birth, decidingAct)
        return trail?.filter { record in
            let isOfAnother =
                record["subject"] == key["replaces"] || record["subject"] == key["replaced_by"]
                || record.isAct("keys.imported")
            return !isOfAnother || record == birth || record == end
        }
    }

    /// Nothing of what was done to the key is missing from its history.
    var isComplete: Bool { isTrailRead && birth != nil }

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
            .init("created_index", birth?["index"] ?? .null),
            .init("created_through", birth?["action"] ?? .null),
            .init("last_used_at", key["last_used_at"] ?? .null),
            .init("expires_at", key["expires_at"] ?? .null),
            .init("retires_at", key["retires_at"] ?? .null),
            .init("replaces", key["replaces"] ?? .null),
            .init("replaced_by", key["replaced_by"] ?? .null),
            .init("state", key["state"] ?? .null), .init("standing", key["standing"] ?? .null),
            .init("may", .string(may)), .init("why", .string(why)),
            .init("limit", limit ?? .null), .init("pool", pool ?? .null),
            .init("history_complete", trail == nil ? .null : .bool(isComplete)),
            .init("history", history.map { .array($0.reversed()) } ?? .null),
        ])
    }
}

extension JSONValue {
    /// Whether this record of the trail says that so was done.
    fileprivate func isAct(_ action: String) -> Bool { self["action"] == .string(action) }

    fileprivate func isAct(_ action: String, of subject: JSONValue?) -> Bool {
        isAct(action) && self["subject"] == subject
    }
}
