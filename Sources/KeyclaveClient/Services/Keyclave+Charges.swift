import HTTP

/// What became of a charge.
public enum ChargeOutcome: Hashable, Sendable {
    case charged(ChargeReceipt)
    /// The user had less left than that; nothing was spent.
    case creditsExhausted(remaining: UInt64?)
    /// The key is good no more; nothing was spent.
    case invalidKey
}

/// A charge that was made, once, however often it was asked for.
public struct ChargeReceipt: Hashable, Sendable {
    public var charged: UInt64
    /// By the user on the API in the period, right after this charge.
    public var spent: UInt64
    /// Nil if the user has no limit.
    public var remaining: UInt64?
    /// The log index of the charge.
    public var index: UInt64
    /// An earlier request under the same id made it.
    public var replayed: Bool
}

extension Keyclave {
    /// Spends `credits` of the key's user, exactly once under `id`, whichever nodes are asked and
    /// however often. Keep the id with the work that is charged for, and ask again under it after
    /// ``ClientError/outcomeUnknown(id:reason:)``, for up to 24 hours.
    public func charge(
        _ credits: UInt64, key: String, id: String = IdempotencyKeys.next()
    ) async throws(ClientError) -> ChargeOutcome {
        let body = JSONValue.object([
            .init(name: "key", value: .string(key)),
            .init(name: "credits", value: .number(credits)),
        ])
        let request = ClientRequest(
            method: .post, path: "/v1/charges", body: body.compactText, idempotencyKey: id)
        do throws(ClientError) {
            return .charged(try ChargeReceipt(try await send(request).json()))
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
}

extension ChargeReceipt {
    init(_ answer: JSONValue?) throws(ClientError) {
        guard let charged = answer?["charged"]?.number, let spent = answer?["spent"]?.number,
            let index = answer?["index"]?.number
        else { throw .malformedAnswer("a charge without its receipt") }
        self.charged = charged
        self.spent = spent
        self.index = index
        remaining = answer?["remaining"]?.number
        replayed = answer?["replayed"]?.bool ?? false
    }
}
