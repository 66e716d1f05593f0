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

    /// The answers there are, in their precedence: the first line that holds is the verdict.
    ///
    /// | # | holds when | verdict | reason |
    /// |---|---|---|---|
    /// | 1 | the text is no key's: form or check digits | `invalid` | `malformed` |
    /// | 2 | no lease of this node's is in force | `unavailable` | `unleased` |
    /// | 3 | those in force are for states that this node hasn't applied yet | `unavailable` | `pending` |
    /// | 4 | a change of the key, its user or its account, or a key with this digest, is in the log and not yet applied | `unavailable` | `pending` |
    /// | 5 | no key has the text's digest | `invalid` | `unknown` |
    /// | 6 | the key is revoked, its user removed or its account deleted | `invalid` | `revoked` |
    /// | 7 | the key is inactive | `invalid` | `inactive` |
    /// | 8 | an API was asked for, and the key opens another | `wrong_api` | |
    /// | 9 | a cost was given, and the user has less left | `credits_exhausted` | |
    /// | 10 | otherwise | `valid` | |
    ///
    /// Line 1 comes before 2 because no state can make such a text a key: a node that is cut off
    /// may refuse it, and never digests it. What is `pending` is decided within milliseconds: it is
    /// worth asking again before anybody is told.
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

        public var code: String {
            switch self {
            case .malformed: "malformed"
            case .unknown: "unknown"
            case .revoked: "revoked"
            case .inactive: "inactive"
            case .unleased: "unleased"
            case .pending: "pending"
            }
        }
    }
}

/// Judges a key's text: line by line of ``Validation/Verdict``, by one node's own knowledge.
///
/// Neither waits nor allocates; a malformed text isn't digested. The loads are in the order that
/// ``ValidationLoads`` explains, `clock` the last of them.
///
/// - Parameters:
///   - text: What the client presented, where it lies in the request's buffer. The request must
///     have been read completely.
///   - api: What the key is to open; nil if any will do.
///   - cost: Credits that must be left, by this node's knowledge; zero asks nothing.
///   - clock: Reads the clocks that the leases go by, now.
public func validate(
    _ text: RawSpan, for api: API?, cost: Credits, reader: borrowing KeyTable.Reader,
    clock: () -> SteadyInstant
) -> Validation {
    let applied = ValidationLoads.Applied(reader)
    guard KeyText.api(ofKey: text) != nil else { return applied.malformed }
    return
        applied
        .states(of: KeyText.digest(of: text))
        .leases(reader)
        .judge(for: api, cost: cost, at: clock())
}
