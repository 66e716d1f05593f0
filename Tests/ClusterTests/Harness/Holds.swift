extension Request {
    /// Reserves credits under an id of the caller's.
    static func hold(
        _ credits: Int64, as id: String, for seconds: Int64 = 600, key: String
    ) -> Request {
        Request(
            "POST", "/v1/holds", token: key,
            json: #"{"credits": \#(credits), "timeout_seconds": \#(seconds), "id": "\#(id)"}"#)
    }

    static func settlement(of id: String, for credits: Int64, key: String) -> Request {
        Request("POST", "/v1/holds/\(id)/settle", token: key, json: #"{"credits": \#(credits)}"#)
    }

    static func voiding(_ id: String, key: String) -> Request {
        Request("POST", "/v1/holds/\(id)/void", token: key)
    }
}

/// What a user has done with their credits of an API.
struct Balance: Hashable, Sendable {
    var spent: Int64?
    var held: Int64?
    /// Nil without a limit.
    var remaining: Int64?

    init(_ spent: Int64?, _ held: Int64?, _ remaining: Int64?) {
        self.spent = spent
        self.held = held
        self.remaining = remaining
    }
}

extension TestCluster {
    /// As the account's usage shows it.
    func balance(of user: String, in tenant: Tenant, api: String = "rest") throws -> Balance {
        let row = try usage(of: user, in: tenant, api: api)
        return Balance(
            row?["spent"]?.number, row?["held"]?.number, row?["remaining"]?.number)
    }
}
