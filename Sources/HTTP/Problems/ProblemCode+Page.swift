extension ProblemCode {
    /// The page behind `type`, in plain text: the title, what it means, what to do.
    public func appendPage(to bytes: inout [UInt8]) {
        bytes.append(title)
        bytes.append("\n\nStatus: ")
        bytes.appendDecimal(UInt64(status.rawValue))
        bytes.append("\nCode:   ")
        bytes.append(contentsOf: rawValue.utf8)
        bytes.append("\n\n")
        bytes.append(explanation)
        bytes.append("\n")
    }

    /// What the problem means and what to do about it.
    public var explanation: StaticString {
        switch self {
        case .malformed, .invalidField, .invalidQuery, .twoKeys, .idRequired, .notFound,
            .methodNotAllowed, .requestTimeout, .contentTooLarge, .targetTooLong,
            .unsupportedMediaType, .unknownExpectation, .fieldsTooLarge, .unsupportedVersion:
            requestExplanation
        case .invalidKey, .invalidToken, .forbidden, .wrongAPI, .creditsExhausted,
            .tooManyAttempts:
            accessExplanation
        case .activeKeyLimit, .keyLimit, .tokenLimit, .duplicateEmail, .keyRevoked, .conflict,
            .idempotencyConflict, .idTooOld, .idAhead, .holdEnded, .holdExceeded, .holdLimit:
            conflictExplanation
        case .keyRetiring, .keyExpired, .keyInactive, .apiTaken, .apiInUse, .apiLimit:
            rotationExplanation
        case .memberConflict, .notCaughtUp, .lastVoter, .noMajority, .changeUnderWay,
            .importRefused:
            memberExplanation
        case .idempotencyCapacity, .noLeader, .unavailable, .overloaded, .diskFull, .capacity,
            .outcomeUnknown, .internalError:
            nodeExplanation
        }
    }

    private var requestExplanation: StaticString {
        switch self {
        case .invalidField:
            """
            A member of the JSON body is missing, unknown, given twice, of the wrong type or out of
            its range; "field" names it. Numbers are whole and written without sign, fraction,
            exponent or leading zero. Nothing was changed.
            """
        case .invalidQuery:
            "A parameter behind the path's ? is unknown, repeated or out of range; \"field\" names it."
        case .twoKeys:
            """
            A key is given in one place: Authorization: Bearer, api-key, X-API-Key or, where the
            body has one, its "key" member. Which of two would count nobody should have to guess.
            """
        case .idRequired:
            """
            Every charge and hold bears an id chosen by the caller, so that a repeated request is
            done once. Send the header Idempotency-Key or the member "id"; a UUIDv7 is recommended.
            """
        case .notFound:
            "The path, or what its ids name, does not exist, or is none of the token's account."
        case .methodNotAllowed: "The path exists; the Allow header lists its methods."
        case .requestTimeout: "Headers must be complete within ten seconds of their first byte."
        case .contentTooLarge:
            """
            Bodies hold at most 1 MiB, those of /v1/charges 2 MiB and 10,000 charges, those of \
            /v1/imports 4 MiB and 10,000 keys, which may take 2 MiB of the log.
            """
        case .targetTooLong: "The line with method and path may hold 8 KiB."
        case .unsupportedMediaType: "Bodies are JSON in UTF-8: Content-Type: application/json."
        case .unknownExpectation: "Of the Expect header only 100-continue is understood."
        case .fieldsTooLarge: "A request may have 64 headers, 16 KiB in all."
        case .unsupportedVersion: "Use HTTP/1.1; HTTP/1.0 works with a connection per request."
        default:
            """
            The request breaks the rules of HTTP/1.1 or of JSON. Requests that two readers could
            understand differently are refused on purpose. "detail" says what was seen.
            """
        }
    }

    private var accessExplanation: StaticString {
        switch self {
        case .invalidKey:
            """
            The key is missing, mistyped, unknown, inactive, revoked or expired, or its user or
            account is gone. The answer is the same for all of these: why is shown only to those
            who may administer the key. Check the key, or ask an admin of the account.
            """
        case .invalidToken:
            """
            This path is for management tokens (kct_...), presented as Authorization: Bearer. An API
            key does not open it. The token may have been revoked, or its user removed.
            """
        case .forbidden:
            """
            The token is valid but its role does not allow the request: members and auditors only
            read, admins act within their account, and only operators on accounts and the cluster.
            """
        case .wrongAPI: "Every key opens one API. Use a key that was created for this one."
        case .creditsExhausted:
            """
            What is left of the user's limit for this API, or of the account's pool, does not cover
            the request: "remaining" says how much is left, what is held counted in. An admin may
            raise the limit, an operator the pool; with a period it starts anew.
            """
        default:
            "Many requests with unknown tokens came from one address. Wait, then use a valid one."
        }
    }

    private var conflictExplanation: StaticString {
        switch self {
        case .activeKeyLimit:
            """
            A user has at most so many active keys, over all APIs together ("limit", usually 3).
            Deactivate or revoke one, or create the new key with "active": false.
            """
        case .keyLimit: "A user has at most \"limit\" keys that are not revoked. Revoke some."
        case .tokenLimit: "An account has at most \"limit\" management tokens. Revoke some."
        case .duplicateEmail: "E-mail addresses are unique in an account; case does not matter."
        case .keyRevoked: "Revocation is final. Create a new key."
        case .holdEnded:
            """
            A hold ends once: settled, voided, or lapsed at its time-out. Repeating that very
            request gives the first answer again; all else comes too late. Place another hold.
            """
        case .holdExceeded:
            """
            A hold is settled for at most what it holds ("limit"). It is open still: settle it for
            that, and charge the rest by itself if it is owed.
            """
        case .holdLimit:
            "An account has at most \"limit\" open holds. Settle or void some, or wait until they lapse."
        case .importRefused:
            "Each of the faults names a key by its place, from zero on. Mend them; send all again."
        case .idempotencyConflict:
            """
            The id (Idempotency-Key or "id") was used before for a request with other content, so
            this is no repetition. Nothing was done. Use a new id for a new request.
            """
        case .idTooOld:
            """
            The time in this UUIDv7 lies before what is still remembered. Whether it was used can
            not be told any more, so it is refused rather than perhaps done twice.
            """
        case .idAhead: "The time in this UUIDv7 is more than five minutes ahead of the cluster's."
        default: "The present state of what the request names does not allow it."
        }
    }

    private var rotationExplanation: StaticString {
        switch self {
        case .keyRetiring:
            """
            A rotation with grace has given the key a successor. Until the grace ends it gives
            access, and can be renamed or revoked, which ends the grace at once. Everything else is
            done to its successor ("replaced_by").
            """
        case .keyExpired: "The key's expiry has come, which is final. Create a new key."
        case .keyInactive:
            """
            With grace the old key would give access again, which somebody has stopped. Rotate it
            with "grace_seconds": 0, or activate it first.
            """
        case .apiTaken: "Slugs are unique. GET /v1/apis lists those that there are."
        case .apiInUse:
            """
            An API is removed when nothing is left of it: revoke the keys that open it, and remove
            the limits for it, in every account.
            """
        default: "A cluster has at most \"limit\" APIs. Remove one that is not in use."
        }
    }

    private var memberExplanation: StaticString {
        switch self {
        case .notCaughtUp:
            """
            A learner becomes a voter once a leader has heard it and it holds nearly all of the log.
            GET /v1/cluster shows how far it is ("match"). Ask again in a while.
            """
        case .lastVoter: "Add another node, promote it, and then remove this one."
        case .noMajority:
            """
            The change would leave a cluster of whose voters no majority answers now: it could never
            be committed, nor anything after it. Bring nodes back first, or remove those that are
            gone.
            """
        case .changeUnderWay: "Members change one at a time. Ask again in a moment."
        default:
            """
            The id was a member's before, or a member of that id or with that address is there. Ids
            are never used again: format the node's directory anew, under a new id.
            """
        }
    }

    private var nodeExplanation: StaticString {
        switch self {
        case .idempotencyCapacity:
            """
            Ids that are not UUIDv7 are remembered for 24 hours, a bounded number for an account,
            and that many are live. Use UUIDv7 as ids, or wait. Nothing was changed.
            """
        case .noLeader:
            """
            A majority of nodes, or the way to it, is missing, or an election is going on. Nothing
            was changed. Repeat the request, best under the same id, here or at another node.
            """
        case .unavailable:
            """
            The node has not heard from the cluster lately, is starting or is stopping: what it
            knows may be out of date, and it does not guess. Ask another node, or again later.
            """
        case .overloaded: "More requests are waiting than the node takes. Repeat it later."
        case .diskFull: "The disk is full. Validations go on; changes wait for room."
        case .capacity: "A bound of the replicated state is reached. Nothing was changed."
        case .outcomeUnknown:
            """
            The request was handed to the leader and its outcome did not come back in time: it may
            or may not have been done. Repeat it with the same id to find out: it is not done twice.
            """
        default: "This is a mistake of the node, not of the request. Its log has more."
        }
    }
}
