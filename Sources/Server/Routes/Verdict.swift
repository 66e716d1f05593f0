import Basics
import HTTP
import Keyring
import Replica

extension Validation.Verdict {
    /// As in the body of `/v1/verify`.
    var text: StaticString {
        switch self {
        case .unavailable: "unavailable"
        case .invalid: "invalid"
        case .wrongAPI: "wrong_api"
        case .creditsExhausted: "credits_exhausted"
        case .valid: "valid"
        }
    }

    /// As an answer of `/v1/auth`; nil if it allows.
    var problem: ProblemCode? {
        switch self {
        case .unavailable: .unavailable
        case .invalid: .invalidKey
        case .wrongAPI: .wrongAPI
        case .creditsExhausted: .creditsExhausted
        case .valid: nil
        }
    }
}

extension Router {
    /// Looks a key up in this node's memory, or has the leader asked where it must.
    func look(_ question: ValidationQuestion?, _ context: AnswerContext) -> Routed {
        if let question, reader.isConfirming { return .submit(.validation(question), context) }
        return .looked(lookUp(question), context)
    }

    func lookUp(_ question: ValidationQuestion?) -> LookedUp {
        LookedUp(question, reader: reader)
    }

    /// Judges what was looked up, and notes that a good key was used, for `last_used_at`.
    func judge(_ looked: LookedUp, now: SteadyInstant, date: HTTPDate) -> Validation {
        let validation = looked.judge(at: now)
        if let key = validation.key, validation.verdict == .valid {
            reader.stamp(key, minute: UInt32(clamping: date.second / 60))
        }
        return validation
    }
}

extension ResponseWriter {
    /// `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), which count
    /// credits. The policy is the user's limit; without one there is none. What remains is what a
    /// charge could spend, and where the account's pool holds less than the limit, the end of the
    /// limit's period isn't when there is more.
    mutating func rateLimit(_ key: KeyView, date: HTTPDate) {
        guard let credits = key.credits else { return }
        let remaining = key.spendable ?? credits.remaining
        let end = remaining < credits.remaining ? nil : credits.periodEnd
        field("RateLimit-Policy") { value in
            value.append("\"credits\";q=")
            value.appendDecimal(credits.allowance.rawValue)
            value.append(";qu=\"credits\"")
            guard let window = credits.windowSeconds else { return }
            value.append(";w=")
            value.appendDecimal(window)
        }
        field("RateLimit") { value in
            value.append("\"credits\";r=")
            value.appendDecimal(remaining.rawValue)
            guard let end else { return }
            value.append(";t=")
            value.appendDecimal(UInt64(max(0, end.milliseconds / 1_000 - date.second)))
        }
    }

    /// An id in a field, without making a string of it.
    mutating func field<ID: Identifier>(_ name: StaticString, id: ID) {
        field(name) { $0.append(id: id) }
    }
}

extension CreditView {
    /// How long the period is; nil if it never ends.
    var windowSeconds: UInt64? {
        switch period {
        case .none: return nil
        case .day: return 86_400
        case .month:
            // The last moment of a month tells how many days it has.
            guard let end = periodEnd else { return nil }
            let last = Timestamp(milliseconds: end.milliseconds - 1)
            return UInt64(RFC3339.dayOfMonth(last)) * 86_400
        }
    }
}

extension [UInt8] {
    mutating func append<ID: Identifier>(id: ID) {
        append(contentsOf: ID.prefix.utf8)
        Base62.append(id.rawValue, width: Base62.fullWidth, to: &self)
    }

    /// An API's slug; the two that exist from the start without making a string.
    mutating func append(slugOf api: API) {
        if api == .rest {
            append("rest")
        } else if api == .batch {
            append("batch")
        } else {
            append(contentsOf: api.slug.utf8)
        }
    }
}
