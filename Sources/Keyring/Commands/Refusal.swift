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

    /// A cursor that no list gave.
    case cursorMalformed

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
        case .cursorMalformed: "cursor_malformed"
        }
    }
}
