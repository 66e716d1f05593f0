import Basics
import Keyring

/// What a node says about a key that a client presented, and why.
///
/// `verdict` and, where there is one, `key` are for the caller. `reason` is for those who may
/// administer the key, and for counters: the caller is told one and the same whatever is wrong.
public struct Validation: Hashable, Sendable {
    public let verdict: Verdict
    /// Why the verdict is `invalid` or `unavailable`; nil for every other.
    public let reason: Reason?
    /// Whose key it is. Only for `valid`, `wrongAPI` and `creditsExhausted`: who presents a key
    /// that gives no access learns nothing about it.
    public let key: KeyView?
    /// The log index that the answer reflects.
    public let index: LogIndex

    init(verdict: Verdict, reason: Reason?, key: KeyView?, index: LogIndex) {
        self.verdict = verdict
        self.reason = reason
        self.key = key
        self.index = index
    }

    /// The answers there are, in their precedence: the first line that holds is the verdict.
    ///
    /// | # | holds when | verdict | reason |
    /// |---|---|---|---|
    /// | 1 | the text can be no key's: form or check digits | `invalid` | `malformed` |
    /// | 2 | no lease of this node's is in force | `unavailable` | `unleased` |
    /// | 3 | those in force are for states that this node hasn't applied yet | `unavailable` | `pending` |
    /// | 4 | a change of the key, its user or its account, or a key with this digest, is in the log and not yet applied | `unavailable` | `pending` |
    /// | 5 | no key has the text's digest | `invalid` | `unknown` |
    /// | 6 | the key is revoked, its user removed or its account deleted | `invalid` | `revoked` |
    /// | 7 | the key is expired | `invalid` | `expired` |
    /// | 8 | the key is inactive | `invalid` | `inactive` |
    /// | 9 | an API was asked for, and the key opens another | `wrong_api` | |
    /// | 10 | a cost was given, and the user or the account's pool has less left, what is held counted in | `credits_exhausted` | |
    /// | 11 | otherwise: the key is active, or retiring after a rotation | `valid` | |
    ///
    /// Line 1 comes before 2 because no state can make such a text a key: a node that is cut off
    /// may refuse it, and never digests it. A text that would be a key of another form by other
    /// settings (``ForeignKeyForm``) isn't digested either, and is refused by line 5. What is
    /// `pending` is decided within milliseconds: it is worth asking again before anybody is told.
    public enum Verdict: UInt8, Hashable, Sendable, CaseIterable {
        case valid = 1
        case invalid = 2
        case wrongAPI = 3
        case creditsExhausted = 4
        /// This node can't answer safely now; another may.
        case unavailable = 5

        /// As in the body of an answer.
        public var code: String {
            switch self {
            case .valid: "valid"
            case .invalid: "invalid"
            case .wrongAPI: "wrong_api"
            case .creditsExhausted: "credits_exhausted"
            case .unavailable: "unavailable"
            }
        }
    }

    /// What is wrong with a key that gives no access, or why this node can't say. Never told to
    /// who presents it.
    public enum Reason: UInt8, Hashable, Sendable, CaseIterable {
        case malformed = 1
        case unknown = 2
        case revoked = 3
        case inactive = 4
        /// No lease is in force: this node may be cut off.
        case unleased = 5
        /// A change is under way here, and will soon be applied.
        case pending = 6
        case expired = 7

        public var code: String {
            switch self {
            case .malformed: "malformed"
            case .unknown: "unknown"
            case .revoked: "revoked"
            case .inactive: "inactive"
            case .unleased: "unleased"
            case .pending: "pending"
            case .expired: "expired"
            }
        }
    }
}

/// What a validation asks about a key whose text has the right form.
public struct ValidationQuestion: Hashable, Sendable {
    /// SHA-256 of the key's text.
    public var digest: Digest
    /// What the key is to open; nil if any will do.
    public var api: API?
    /// Credits that must be left, by this node's knowledge; zero asks nothing.
    public var cost: Credits

    public init(digest: Digest, api: API?, cost: Credits) {
        self.digest = digest
        self.api = api
        self.cost = cost
    }

    /// The question about a text as a client presented it, where it lies in the request's buffer;
    /// nil if it can be no key's whatever the cluster's settings are. A malformed text isn't
    /// digested.
    public init?(
        text: RawSpan, api: API?, cost: Credits, foreign: @autoclosure () -> ForeignKeyForm = .none
    ) {
        if KeyText.isKey(text) {
            self.init(digest: KeyText.digest(of: text), api: api, cost: cost)
            return
        }
        switch foreign().reading(of: text) {
        case .never: return nil
        // No key has that digest, and yet a lease is asked for: the settings may be others by now.
        case .notNow: self.init(digest: .zero, api: api, cost: cost)
        case .key: self.init(digest: SHA256.digest(of: text), api: api, cost: cost)
        }
    }
}

/// What was looked up to answer a question about a key: all but the time. The request must have
/// been read completely. The loads are in the order that ``ValidationLoads`` explains.
///
/// Made and judged without waiting and without allocation.
public struct LookedUp: Sendable {
    /// Nil if what was presented is no key's text.
    public let question: ValidationQuestion?
    private let loads: ValidationLoads.Leased

    @inline(__always)
    public init(_ question: ValidationQuestion?, reader: borrowing KeyTable.Reader) {
        self.question = question
        let applied = ValidationLoads.Applied(reader)
        let states = question.map { applied.states(of: $0.digest) } ?? applied.nothing
        loads = states.leases(reader)
    }

    /// The answer, line by line of ``Validation/Verdict``, by one node's own knowledge. `now` must
    /// have been read after the last look-up of the batch, and before its first answer.
    @inline(__always)
    public func judge(at now: SteadyInstant) -> Validation {
        guard let question else { return loads.malformed }
        return loads.judge(for: question.api, cost: question.cost, at: now)
    }
}
