import HTTP

/// What became of placing a hold.
public enum HoldOutcome: Hashable, Sendable {
    case held(HoldReceipt)
    /// The user had less left than that; nothing is held.
    case creditsExhausted(remaining: UInt64?)
    /// The key is good no more; nothing is held.
    case invalidKey
}

/// What became of settling or voiding a hold.
public enum HoldEnding: Hashable, Sendable {
    /// The hold ended this way, now or when this was first asked for.
    case ended(HoldReceipt)
    /// More was to be charged than is held. The hold stands.
    case exceeded(held: UInt64?)
    /// It was settled for another number, or voided, or has lapsed.
    case endedOtherwise
    /// The key's user has no such hold, or it ended so long ago that nobody remembers.
    case notFound
    /// The key is good no more. The hold stands.
    case invalidKey
}

/// How a hold stands.
public struct HoldReceipt: Hashable, Sendable {
    public enum State: String, Hashable, Sendable { case open, settled, voided }

    /// Under which it was placed, and is settled or voided.
    public var id: String
    public var state: State
    public var held: UInt64
    /// What it was settled for.
    public var charged: UInt64
    /// By the user on the API in the period, right after this.
    public var spent: UInt64
    /// Nil if the user has no limit.
    public var remaining: UInt64?
    /// When it lapses, or would have: RFC 3339, in UTC.
    public var expiresAt: String
    /// The log index of what this tells.
    public var index: UInt64
    /// An earlier request did it.
    public var replayed: Bool
}

extension Keyclave {
    /// Reserves credits of the key's user for work whose cost is known only afterwards. They count
    /// like a charge until the hold is settled, voided or lapses, after `timeoutSeconds` (at most
    /// 604,800, a week).
    ///
    /// Keep the id with the work, before this is called: a hold goes by it, so whoever never learns
    /// what became of this can end it all the same.
    public func placeHold(
        _ credits: UInt64, key: String, timeoutSeconds: UInt64 = 3_600,
        id: String = IdempotencyKeys.next()
    ) async throws(ClientError) -> HoldOutcome {
        let body = JSONValue.object([
            .init(name: "key", value: .string(key)),
            .init(name: "credits", value: .number(credits)),
            .init(name: "timeout_seconds", value: .number(timeoutSeconds)),
        ])
        let request = ClientRequest(
            method: .post, path: "/v1/holds", body: body.compactText, idempotencyKey: id)
        do throws(ClientError) {
            return .held(try HoldReceipt(try await send(request).json()))
        } catch {
            guard case .refused(let problem) = error else { throw error }
            switch problem.code {
            case "credits_exhausted":
                return .creditsExhausted(remaining: problem.members["remaining"]?.number)
            case "invalid_key": return .invalidKey
            default: throw error
            }
        }
    }

    /// Charges what the work has cost, at most what is held, and releases the rest. Any good key of
    /// the hold's user will do. A hold ends once: asked for again, it is the same answer.
    public func settleHold(
        _ hold: String, credits: UInt64, key: String
    ) async throws(ClientError) -> HoldEnding {
        try await end(
            hold, "settle",
            body: [
                .init(name: "key", value: .string(key)),
                .init(name: "credits", value: .number(credits)),
            ])
    }

    /// Releases a hold without a charge. Any good key of the hold's user will do.
    public func voidHold(_ hold: String, key: String) async throws(ClientError) -> HoldEnding {
        try await end(hold, "void", body: [.init(name: "key", value: .string(key))])
    }

    private func end(
        _ hold: String, _ verb: String, body: [JSONValue.Member]
    ) async throws(ClientError) -> HoldEnding {
        // The id is of this request; the hold's own keeps it from ending twice.
        let request = ClientRequest(
            method: .post, path: PercentEncoding.path("v1", "holds", hold, verb),
            body: JSONValue.object(body).compactText, idempotencyKey: IdempotencyKeys.next())
        do throws(ClientError) {
            return .ended(try HoldReceipt(try await send(request).json()))
        } catch {
            guard case .refused(let problem) = error else { throw error }
            switch problem.code {
            case "hold_exceeded": return .exceeded(held: problem.members["limit"]?.number)
            case "hold_ended": return .endedOtherwise
            case "not_found": return .notFound
            case "invalid_key": return .invalidKey
            default: throw error
            }
        }
    }
}

extension HoldReceipt {
    init(_ answer: JSONValue?) throws(ClientError) {
        let answer = AnswerMembers(answer, of: "a hold")
        id = try answer.text("id")
        state = try answer.word("state")
        held = try answer.number("held")
        charged = try answer.number("charged")
        spent = try answer.number("spent")
        remaining = answer.value?["remaining"]?.number
        expiresAt = try answer.text("expires_at")
        index = try answer.number("index")
        replayed = answer.value?["replayed"]?.bool ?? false
    }
}
