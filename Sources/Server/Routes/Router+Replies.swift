import Basics
import HTTP
import Keyring
import Replica

// The node's replies, as answers.
extension Router {
    /// Writes the answer to a request that was submitted.
    public mutating func render(
        _ reply: ClientReply, _ context: AnswerContext, date: HTTPDate,
        to response: inout ResponseWriter
    ) -> Status {
        if reply.isUnauthenticated, !context.endpoint.takesKey {
            failedLogins.note(context.origin, now: context.arrival)
        }
        switch reply {
        case .failed(let failure):
            // The node tells no index with a failure; where a key was judged, the front's own
            // memory has one.
            let index = context.endpoint.takesKey ? reader.image.appliedIndex : nil
            return write(
                failure.problem(context), context.form, index: index, date: date, to: &response)
        case .outcome(let outcome, let index):
            return render(outcome, context, index: index, date: date, to: &response)
        case .answer(.refused(let refusal), let index):
            return write(
                refusal.problem(context), context.form, index: index, date: date, to: &response)
        case .answer(.importFaults(let faults), let index):
            json.removeAll()
            json.faults(faults, of: context.importSize)
            return writeJSON(context, status: .ok, index: index, date: date, to: &response)
        case .answer(let answer, let index):
            json.removeAll()
            json.answer(answer, context.endpoint)
            return writeJSON(context, index: index, date: date, to: &response)
        case .validation(let validation):
            return write(validation, context.form, date: date, to: &response)
        case .status(let status):
            json.removeAll()
            json.cluster(status, version: settings.version)
            return writeJSON(
                context, index: status.appliedIndex, date: date, to: &response)
        case .done(let index):
            json.removeAll()
            json.beginObject()
            json.member("index", index.rawValue)
            json.endObject()
            return writeJSON(context, index: index, date: date, to: &response)
        }
    }

    private mutating func render(
        _ outcome: Outcome, _ context: AnswerContext, index: LogIndex, date: HTTPDate,
        to response: inout ResponseWriter
    ) -> Status {
        switch outcome {
        case .refused(let refusal):
            return write(
                refusal.problem(context), context.form, index: index, date: date, to: &response)
        case .malformed, .noted:
            return write(
                ProblemDetails(.internalError), context.form, index: index, date: date,
                to: &response)
        case .charged(let outcomes):
            return render(outcomes, context, index: index, date: date, to: &response)
        case .held(let receipt):
            json.removeAll()
            json.receipt(receipt)
            return writeJSON(context, index: index, date: date, to: &response)
        case .changed(let change):
            json.removeAll()
            json.change(change, context)
            return writeJSON(
                context, index: max(index, change.index), replayed: change.replayed, date: date,
                to: &response)
        }
    }

    private mutating func render(
        _ outcomes: [ChargeOutcome], _ context: AnswerContext, index: LogIndex, date: HTTPDate,
        to response: inout ResponseWriter
    ) -> Status {
        json.removeAll()
        if context.isBatch {
            json.beginObject()
            json.name("charges")
            json.beginArray()
            for outcome in outcomes {
                switch outcome {
                case .charged(let receipt): json.receipt(receipt)
                case .refused(let refusal): refusal.problem(context).write(to: &json)
                }
            }
            json.endArray()
            json.endObject()
            return writeJSON(context, index: index, date: date, to: &response)
        }
        switch outcomes.first {
        case .charged(let receipt):
            json.receipt(receipt)
            return writeJSON(context, index: index, date: date, to: &response)
        case .refused(let refusal):
            return write(
                refusal.problem(context), context.form, index: index, date: date, to: &response)
        case nil:
            return write(
                ProblemDetails(.internalError), context.form, index: index, date: date,
                to: &response)
        }
    }

    /// Writes the body that is in `json`, or none where the success says it all.
    private mutating func writeJSON(
        _ context: AnswerContext, status: Status? = nil, index: LogIndex, replayed: Bool = false,
        date: HTTPDate, to response: inout ResponseWriter
    ) -> Status {
        let status = status ?? context.endpoint.successStatus
        begin(status, context.form, index: index, date: date, to: &response)
        if replayed { response.field("Idempotency-Replayed", "true") }
        if status == .noContent {
            response.end()
        } else {
            response.end(json.written, type: "application/json")
        }
        return status
    }
}

extension ClientReply {
    fileprivate var isUnauthenticated: Bool {
        switch self {
        case .failed(.unauthenticated), .answer(.refused(.unauthenticated), _),
            .outcome(.refused(.unauthenticated), _):
            true
        default: false
        }
    }
}

extension ClientFailure {
    func problem(_ context: AnswerContext) -> ProblemDetails {
        switch self {
        case .unauthenticated:
            return ProblemDetails(context.endpoint.takesKey ? .invalidKey : .invalidToken)
        case .forbidden: return ProblemDetails(.forbidden)
        case .noLeader: return ProblemDetails(.noLeader)
        case .overloaded: return ProblemDetails(.overloaded)
        case .diskFull: return ProblemDetails(.diskFull)
        case .unavailable: return ProblemDetails(.unavailable)
        case .cannotLead:
            return ProblemDetails(
                .invalidField, detail: "\"to\" must be a member that votes.", field: "to")
        case .changeUnderWay: return ProblemDetails(.changeUnderWay)
        case .notMember:
            return ProblemDetails(
                .unavailable,
                detail: "This node is no member of the cluster; nothing was changed.")
        case .transferFailed:
            return ProblemDetails(
                .unavailable, detail: "Leadership could not be handed over in time.")
        case .outcomeUnknown: return ProblemDetails(.outcomeUnknown)
        }
    }
}

extension Refusal {
    /// The problem that tells of the refusal.
    func problem(_ context: AnswerContext) -> ProblemDetails {
        switch self {
        case .unauthenticated:
            ProblemDetails(context.endpoint.takesKey ? .invalidKey : .invalidToken)
        case .forbidden: ProblemDetails(.forbidden)
        case .accountNotFound: .missing("No such account.")
        case .userNotFound: .missing("No such user.")
        case .keyNotFound: .missing("No such key.")
        case .tokenNotFound: .missing("No such token.")
        case .limitNotFound: .missing("No limit is set.")
        case .apiNotFound where context.endpoint == .createKey: .wrong("api", "names no API")
        case .apiNotFound: .missing("No such API.")
        case .duplicateEmail: ProblemDetails(.duplicateEmail, field: "email")
        case .activeKeyLimit(let limit): ProblemDetails(.activeKeyLimit, limit: UInt64(limit))
        case .keyLimit(let limit): ProblemDetails(.keyLimit, limit: UInt64(limit))
        case .tokenLimit(let limit): ProblemDetails(.tokenLimit, limit: UInt64(limit))
        case .keyRevoked: ProblemDetails(.keyRevoked)
        case .roleMismatch: .wrong("role", "doesn't go with that account and user")
        case .lastOperator:
            ProblemDetails(.conflict, detail: "The last operator token can not be revoked.")
        case .settingRefused(let setting): setting.problem
        case .memberRefused(let refusal): refusal.problem
        case .importRefused(let faults): faults.problem
        case .identifierTaken: ProblemDetails(.unavailable)
        case .capacity: ProblemDetails(.capacity)
        case .invalidKey: ProblemDetails(.invalidKey)
        case .creditsExhausted(let remaining, let allowance):
            ProblemDetails(
                .creditsExhausted, remaining: remaining.rawValue, limit: allowance.rawValue)
        case .chargeOutOfRange: .wrong("credits", "must be from 1 to \(Bounds.charge)")
        case .holdNotFound: .missing("No such hold.")
        case .holdEnded: ProblemDetails(.holdEnded)
        case .holdExceeded(let held): ProblemDetails(.holdExceeded, limit: held.rawValue)
        case .holdLimit(let limit): ProblemDetails(.holdLimit, limit: UInt64(limit))
        case .holdTimeoutOutOfRange:
            .wrong("timeout_seconds", "must be \(Bounds.holdSeconds.words)")
        case .poolNotFound: .missing("No pool is set.")
        case .idempotencyConflict: ProblemDetails(.idempotencyConflict)
        case .idempotencyTooOld: ProblemDetails(.idTooOld)
        case .idempotencyTooNew: ProblemDetails(.idAhead)
        case .idempotencyCapacity: ProblemDetails(.idempotencyCapacity)
        case .cursorMalformed:
            QueryParameters.problem("cursor", "must be the \"next\" of a page of this list")
        case .keyRetiring: ProblemDetails(.keyRetiring)
        case .keyExpired: ProblemDetails(.keyExpired)
        case .keyInactive: ProblemDetails(.keyInactive)
        case .expiryPassed: .wrong("expires_at", "must lie in the future")
        case .graceTooLong: .wrong("grace_seconds", "must be at most \(Bounds.graceSeconds)")
        case .apiTaken: ProblemDetails(.apiTaken, field: "slug")
        case .apiInUse: ProblemDetails(.apiInUse)
        case .apiLimit(let limit): ProblemDetails(.apiLimit, limit: UInt64(limit))
        }
    }
}

extension ProblemDetails {
    fileprivate static func missing(_ detail: String) -> ProblemDetails {
        ProblemDetails(.notFound, detail: detail)
    }

    fileprivate static func wrong(_ field: String, _ complaint: String) -> ProblemDetails {
        ProblemDetails(.invalidField, detail: "\"\(field)\" \(complaint).", field: field)
    }
}

extension ClosedRange {
    fileprivate var words: String { "from \(lowerBound) to \(upperBound)" }
}

extension Setting {
    /// Why no such value of it can be.
    fileprivate var problem: ProblemDetails {
        let detail =
            self == .leaseWaitMilliseconds
            ? "The wait is fixed when the cluster is formed, and covers no longer lease."
            : "\"\(name)\" contradicts another setting."
        return ProblemDetails(.invalidField, detail: detail, field: name)
    }
}
