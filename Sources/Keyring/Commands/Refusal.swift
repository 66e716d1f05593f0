/// Why a change or a query was refused. Nothing was changed.
public enum Refusal: Error, Hashable, Sendable {
    // Who asks.
    /// The token is unknown, revoked, or its user or account is gone.
    case unauthenticated
    /// The token's role or account doesn't reach this.
    case forbidden

    // What isn't there.
    case accountNotFound
    case userNotFound
    case keyNotFound
    case tokenNotFound
    case limitNotFound
    case apiNotFound

    // What stands in the way.
    /// Another user of the account has this address.
    case duplicateEmail
    /// The user has as many active keys as are allowed.
    case activeKeyLimit(limit: UInt32)
    /// The user has as many keys as are allowed.
    case keyLimit(limit: UInt32)
    /// The account has as many tokens as are allowed.
    case tokenLimit(limit: UInt32)
    /// Revoked is final.
    case keyRevoked
    /// The role asks for an account or a user that isn't given, or the other way round, or is
    /// more than the user's own.
    case roleMismatch
    /// The last operator token can't be revoked: nobody could administer the cluster.
    case lastOperator
    /// A setting is out of its bounds or breaks a relation.
    case settingRefused(Setting)
    /// The members can't be changed so.
    case memberRefused(MemberRefusal)
    /// Some keys of an import can't be taken over, and so none was.
    case importRefused(ImportFaults)
    /// A random id or digest is taken; the node draws another and asks again.
    case identifierTaken
    /// The tables are full.
    case capacity

    // Charges.
    /// Unknown, inactive or revoked: the caller learns no more.
    case invalidKey
    /// More than is left.
    case creditsExhausted(remaining: Credits, allowance: Credits)
    /// Not a number from 1 to 10^9.
    case chargeOutOfRange

    // Ids of charges and other mutations.
    /// The id was used for something else.
    case idempotencyConflict
    /// The id's own time is at or below what is remembered.
    case idempotencyTooOld
    /// The id's own time is more than five minutes ahead.
    case idempotencyTooNew
    /// The account has as many free-form ids as are remembered.
    case idempotencyCapacity

    // Holds and pools.
    /// The key's user has none of this id, or it ended so long ago that nobody remembers.
    case holdNotFound
    /// It was settled for another number, voided, or has lapsed.
    case holdEnded
    /// More than is held.
    case holdExceeded(held: Credits)
    /// The account has as many open holds as are allowed.
    case holdLimit(limit: UInt32)
    /// Not a time-out that a hold may have.
    case holdTimeoutOutOfRange
    /// The account has no pool for the API.
    case poolNotFound

    /// A cursor that no list gave.
    case cursorMalformed

    // Rotation and expiry.
    /// The key has been replaced and only waits for the end of its grace.
    case keyRetiring
    /// An expiry is final.
    case keyExpired
    /// An inactive key can have no grace: it would give access again.
    case keyInactive
    /// The expiry lies in the past of the log.
    case expiryPassed
    /// The grace is longer than any may be.
    case graceTooLong

    // APIs.
    /// The API exists.
    case apiTaken
    /// There are keys, limits or pools of the API.
    case apiInUse
    /// The cluster has as many APIs as it may have, or has had as many as it may ever have.
    case apiLimit(limit: UInt32)

    /// The word for problem bodies, `/problems/<code>`, but where members are refused.
    public var code: String {
        switch self {
        case .unauthenticated: "unauthenticated"
        case .forbidden: "forbidden"
        case .accountNotFound: "account_not_found"
        case .userNotFound: "user_not_found"
        case .keyNotFound: "key_not_found"
        case .tokenNotFound: "token_not_found"
        case .limitNotFound: "limit_not_found"
        case .apiNotFound: "api_not_found"
        case .duplicateEmail: "duplicate_email"
        case .activeKeyLimit: "active_key_limit"
        case .keyLimit: "key_limit"
        case .tokenLimit: "token_limit"
        case .keyRevoked: "key_revoked"
        case .roleMismatch: "role_mismatch"
        case .lastOperator: "last_operator"
        case .settingRefused: "setting_refused"
        case .memberRefused(let refusal): refusal.code
        case .importRefused: "import_refused"
        case .identifierTaken: "identifier_taken"
        case .capacity: "capacity"
        case .invalidKey: "invalid"
        case .creditsExhausted: "credits_exhausted"
        case .chargeOutOfRange: "charge_out_of_range"
        case .idempotencyConflict: "idempotency_conflict"
        case .idempotencyTooOld: "too_old"
        case .idempotencyTooNew: "idempotency_key_ahead"
        case .idempotencyCapacity: "idempotency_capacity"
        case .holdNotFound: "hold_not_found"
        case .holdEnded: "hold_ended"
        case .holdExceeded: "hold_exceeded"
        case .holdLimit: "hold_limit"
        case .holdTimeoutOutOfRange: "hold_timeout_out_of_range"
        case .poolNotFound: "pool_not_found"
        case .cursorMalformed: "cursor_malformed"

        case .keyRetiring: "key_retiring"
        case .keyExpired: "key_expired"
        case .keyInactive: "key_inactive"
        case .expiryPassed: "expiry_passed"
        case .graceTooLong: "grace_too_long"
        case .apiTaken: "api_taken"
        case .apiInUse: "api_in_use"
        case .apiLimit: "api_limit"
        }
    }
}
