import HTTP

/// When spending starts at nothing again, by UTC.
public enum CreditPeriod: String, Hashable, Sendable { case none, day, month }

/// What the user of a key has on the key's API, as a majority knows it.
public struct CreditStanding: Hashable, Sendable {
    public var api: String
    public var spent: UInt64
    public var held: UInt64
    /// Nil if the user has no limit.
    public var limit: Bound?
    /// What all users of the account have together; nil if no pool is set.
    public var pool: Bound?

    /// What may be spent in a period, and what is left of it.
    public struct Bound: Hashable, Sendable {
        public var allowance: UInt64
        public var remaining: UInt64
        public var period: CreditPeriod
        /// RFC 3339, in UTC; nil for never.
        public var resetsAt: String?
    }
}

extension Keyclave {
    /// What is left for the key's user, everything counted that was answered before; nil if the key
    /// is no good one.
    public func credits(ofKey key: String) async throws(ClientError) -> CreditStanding? {
        let request = ClientRequest(
            method: .get, path: "/v1/credits", authorization: "Bearer \(key)", isSafe: true)
        do throws(ClientError) {
            return try CreditStanding(try await send(request).json())
        } catch {
            guard case .refused(let problem) = error, problem.code == "invalid_key" else {
                throw error
            }
            return nil
        }
    }
}

extension CreditStanding {
    init(_ answer: JSONValue?) throws(ClientError) {
        let members = AnswerMembers(answer, of: "credits")
        api = try members.text("api")
        spent = try members.number("spent")
        held = try members.number("held")
        limit = try Bound(answer, remaining: "user_remaining")
        pool = try answer?["pool"].flatMap { pool throws(ClientError) in
            try Bound(pool, remaining: "remaining")
        }
    }
}

extension CreditStanding.Bound {
    /// Nil if nothing bounds.
    init?(_ answer: JSONValue?, remaining member: String) throws(ClientError) {
        guard let allowance = answer?["allowance"]?.number else { return nil }
        let members = AnswerMembers(answer, of: "credits")
        self.allowance = allowance
        remaining = try members.number(member)
        period = try members.word("period")
        resetsAt = answer?["resets_at"]?.string
    }
}
