import HTTP

/// What one user has spent on one API in the period at hand.
public struct UsageRow: Hashable, Sendable {
    public var user: String
    public var api: String
    public var spent: UInt64
    public var held: UInt64
    /// Nil if the user has no limit.
    public var limit: CreditStanding.Bound?
    public var keys: [KeyUsage]
    /// The row began on the page before, with the same sums; these are its further keys.
    public var isContinued: Bool

    /// What one key has spent of it.
    public struct KeyUsage: Hashable, Sendable {
        public var key: String
        public var spent: UInt64
    }
}

/// A part of an account's usage.
public struct UsagePage: Hashable, Sendable {
    public var rows: [UsageRow]
    /// What the next page is asked for with; nil after the last.
    public var next: String?
}

extension Administrator {
    /// What an account's users have spent, a page at a time: `cursor` is the last page's `next`.
    public func usage(
        in account: String, after cursor: String? = nil
    ) async throws(ClientError) -> UsagePage {
        var path = PercentEncoding.path("v1", "accounts", account, "usage")
        if let cursor { path += "?cursor=" + PercentEncoding.segment(cursor) }
        return try UsagePage(try await send(.get, path))
    }
}

extension UsagePage {
    init(_ answer: JSONValue?) throws(ClientError) {
        rows = []
        for item in try AnswerMembers(answer, of: "a page").array("items") {
            rows.append(try UsageRow(item))
        }
        next = answer?["next"]?.string
    }
}

extension UsageRow {
    init(_ answer: JSONValue) throws(ClientError) {
        let members = AnswerMembers(answer, of: "a row of usage")
        user = try members.text("user")
        api = try members.text("api")
        spent = try members.number("spent")
        held = try members.number("held")
        limit = try CreditStanding.Bound(answer, remaining: "remaining")
        keys = []
        for item in try members.array("keys") {
            let usage = AnswerMembers(item, of: "a key's usage")
            keys.append(KeyUsage(key: try usage.text("key"), spent: try usage.number("spent")))
        }
        isContinued = answer["continued"]?.bool ?? false
    }
}
