/// Everything that can be wrong with a request, or with answering it: the closed list behind
/// `type`, `title`, `status` and `code` of a problem body (RFC 9457).
public enum ProblemCode: String, Hashable, Sendable, CaseIterable {
    // The request itself.
    case malformed
    case invalidField = "invalid_field"
    case invalidQuery = "invalid_query"
    case twoKeys = "two_keys"
    case idRequired = "id_required"
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case requestTimeout = "request_timeout"
    case contentTooLarge = "content_too_large"
    case targetTooLong = "target_too_long"
    case unsupportedMediaType = "unsupported_media_type"
    case unknownExpectation = "unknown_expectation"
    case fieldsTooLarge = "fields_too_large"
    case unsupportedVersion = "unsupported_version"

    // Who asks.
    case invalidKey = "invalid_key"
    case invalidToken = "invalid_token"
    case forbidden
    case wrongAPI = "wrong_api"
    case creditsExhausted = "credits_exhausted"
    case tooManyAttempts = "too_many_attempts"

    // What stands in the way.
    case activeKeyLimit = "active_key_limit"
    case keyLimit = "key_limit"
    case tokenLimit = "token_limit"
    case duplicateEmail = "duplicate_email"
    case keyRevoked = "key_revoked"
    case conflict
    case keyRetiring = "key_retiring"
    case keyExpired = "key_expired"
    case keyInactive = "key_inactive"
    case apiTaken = "api_taken"
    case apiInUse = "api_in_use"
    case apiLimit = "api_limit"
    case memberConflict = "member_conflict"
    case notCaughtUp = "not_caught_up"
    case lastVoter = "last_voter"
    case noMajority = "no_majority"
    case changeUnderWay = "change_under_way"
    case holdEnded = "hold_ended"
    case holdExceeded = "hold_exceeded"
    case holdLimit = "hold_limit"
    case importRefused = "import_refused"
    case idempotencyConflict = "idempotency_conflict"
    case idTooOld = "too_old"
    case idAhead = "idempotency_key_ahead"

    // What this node can't do now.
    case idempotencyCapacity = "idempotency_capacity"
    case noLeader = "no_leader"
    case unavailable
    case overloaded
    case diskFull = "disk_full"
    case capacity
    case outcomeUnknown = "outcome_unknown"
    case internalError = "internal_error"

    /// Where the explanation is served.
    public static let pagePrefix: StaticString = "/problems/"

    /// Nil for a text that is no code.
    public init?(code: UnsafeRawBufferPointer) {
        guard let text = String(validating: code, as: UTF8.self) else { return nil }
        self.init(rawValue: text)
    }

    public var status: Status {
        switch self {
        case .malformed, .invalidField, .invalidQuery, .twoKeys, .idRequired, .idAhead:
            .badRequest
        case .invalidKey, .invalidToken: .unauthorized
        case .forbidden, .wrongAPI, .creditsExhausted: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .requestTimeout: .requestTimeout
        case .activeKeyLimit, .keyLimit, .tokenLimit, .duplicateEmail, .keyRevoked, .conflict,
            .memberConflict, .notCaughtUp, .lastVoter, .noMajority, .changeUnderWay, .keyRetiring,
            .keyExpired, .keyInactive, .apiTaken, .apiInUse, .apiLimit, .holdEnded, .holdExceeded,
            .holdLimit, .importRefused:
            .conflict
        case .contentTooLarge: .contentTooLarge
        case .targetTooLong: .targetTooLong
        case .unsupportedMediaType: .unsupportedMediaType
        case .unknownExpectation: .expectationFailed
        case .idempotencyConflict, .idTooOld: .unprocessable
        case .tooManyAttempts: .tooManyRequests
        case .fieldsTooLarge: .fieldsTooLarge
        case .unsupportedVersion: .versionNotSupported
        case .idempotencyCapacity, .noLeader, .unavailable, .overloaded, .diskFull, .capacity:
            .unavailable
        case .outcomeUnknown: .gatewayTimeout
        case .internalError: .internalError
        }
    }

    /// Seconds after which another attempt makes sense; nil if none does without a change.
    public var retryAfter: UInt64? {
        switch self {
        case .noLeader, .unavailable, .overloaded: 1
        case .outcomeUnknown: 1
        case .tooManyAttempts: 10
        case .idempotencyCapacity, .diskFull, .capacity: 60
        default: nil
        }
    }
}
