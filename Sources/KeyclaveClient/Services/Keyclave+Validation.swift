import HTTP

/// What a cluster says of a key.
public enum Verdict: Hashable, Sendable {
    /// The key is good, and this is whose it is.
    case valid(KeyOwner)
    /// No key, or one that opens nothing any more: the cluster doesn't say which.
    case invalid
    /// A good key, of another API than was asked for.
    case wrongAPI
    /// A good key whose user has less left than was asked for.
    case creditsExhausted(remaining: UInt64?)
}

/// Whose a good key is.
public struct KeyOwner: Hashable, Sendable {
    /// `key_…`
    public var key: String
    /// `usr_…`
    public var user: String
    /// `acc_…`
    public var account: String
    /// What the key opens.
    public var api: String
    /// Nil if the user has no limit.
    public var credits: Credits?

    /// What the user may spend on the API in a period, by the knowledge of the node that answered.
    public struct Credits: Hashable, Sendable {
        public var allowance: UInt64
        public var remaining: UInt64
    }
}

extension Keyclave {
    /// Whether `key`, as somebody presented it, is good: for the API named by its slug, or for any,
    /// and with at least `cost` credits left. Nothing is spent: only a charge decides.
    ///
    /// Throws ``ClientError/refused(_:)`` with `unavailable` if no node can say by the deadline:
    /// then nothing is known of the key, and the service decides what that means for it.
    public func verify(
        _ key: String, api: String? = nil, cost: UInt64 = 0
    ) async throws(ClientError) -> Verdict {
        var members = [JSONValue.Member(name: "key", value: .string(key))]
        if let api { members.append(.init(name: "api", value: .string(api))) }
        members.append(.init(name: "cost", value: .number(cost)))
        let request = ClientRequest(
            method: .post, path: "/v1/verify", body: JSONValue.object(members).compactText,
            isSafe: true)
        return try Verdict(try await validate(request).json())
    }
}

extension Verdict {
    /// Reads the answer of `/v1/verify`.
    init(_ answer: JSONValue?) throws(ClientError) {
        switch answer?["code"]?.string {
        case "valid":
            guard answer?["valid"] == .bool(true), let owner = KeyOwner(answer) else {
                throw .malformedAnswer("a valid key without an owner")
            }
            self = .valid(owner)
        case "invalid": self = .invalid
        case "wrong_api": self = .wrongAPI
        case "credits_exhausted":
            self = .creditsExhausted(remaining: answer?["credits"]?["remaining"]?.number)
        case let code:
            throw .malformedAnswer("an unknown verdict, \(code ?? "nothing")")
        }
    }
}

extension KeyOwner {
    init?(_ answer: JSONValue?) {
        guard let key = answer?["key_id"]?.string, let user = answer?["user_id"]?.string,
            let account = answer?["account_id"]?.string, let api = answer?["api"]?.string
        else { return nil }
        self.key = key
        self.user = user
        self.account = account
        self.api = api
        let limit = answer?["credits"]
        if let allowance = limit?["allowance"]?.number, let rest = limit?["remaining"]?.number {
            credits = Credits(allowance: allowance, remaining: rest)
        }
    }
}
