import Basics
import HTTP
import Keyring

/// What this node says of a presented key. The order of the cases is the precedence: the first
/// that applies is said.
public enum Verdict: Hashable, Sendable {
    /// This node hasn't heard from the cluster lately, so it doesn't say.
    case unavailable
    /// Malformed, unknown, inactive or revoked, or its user or account is gone: the caller sees
    /// no difference.
    case invalid
    case wrongAPI
    /// Less is left than the caller asked for, by this node's knowledge.
    case creditsExhausted
    case valid

    /// As in the body of `/v1/verify`.
    var code: StaticString {
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

/// A validation: the verdict, the key if it was found, and the log index that both reflect.
struct Validation {
    var verdict: Verdict
    var key: KeyView?
    var index: LogIndex
}

extension Router {
    /// Judges the text of a key by this node's memory. One look-up, no allocation.
    ///
    /// The loads are in the order that makes the answer safe: index, states, freshness, and the
    /// clock last.
    func validate(
        _ text: UnsafeRawBufferPointer, api: API?, cost: UInt64, now: () -> Instant
    ) -> Validation {
        let image = reader.image
        let index = image.appliedIndex
        var key: KeyView?
        if KeyText.api(ofKey: text.bytes) != nil {
            key = image.key(KeyText.digest(of: text.bytes))
        }
        let freshUntil = reader.freshUntil
        let verdict: Verdict
        if now() >= freshUntil {
            verdict = .unavailable
        } else if let key, key.isAccepted {
            if let api, api != key.api {
                verdict = .wrongAPI
            } else if cost > 0, let credits = key.credits, credits.remaining.rawValue < cost {
                verdict = .creditsExhausted
            } else {
                verdict = .valid
            }
        } else {
            verdict = .invalid
        }
        return Validation(verdict: verdict, key: key, index: index)
    }

    /// Notes that the key was used, for `last_used_at`.
    func stamp(_ key: KeyView, date: HTTPDate) {
        reader.stamp(key, minute: UInt32(clamping: date.second / 60))
    }
}

extension ResponseWriter {
    /// `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), which count
    /// credits.
    mutating func rateLimit(_ credits: CreditView, date: HTTPDate) {
        let end = credits.periodEnd
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
            value.appendDecimal(credits.remaining.rawValue)
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
