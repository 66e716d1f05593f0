import Basics
import HTTP
import Keyring
import Replica

/// The members of the bodies about holds. To settle, `credits` is what is charged.
private enum HoldField: String, CaseIterable { case key, credits, timeout_seconds, id }
private enum SettleField: String, CaseIterable { case key, credits, id }
private enum VoidField: String, CaseIterable { case key, id }

private let holdFields = JSONFields<HoldField>()
private let settleFields = JSONFields<SettleField>()
private let voidFields = JSONFields<VoidField>()

/// What every one of them may say, and where else it may be said.
private struct HoldRequest {
    var key: KeyReference?
    var id: IdempotencyKey?
    var credits: UInt64?
    var timeout = Bounds.usualHoldSeconds
}

extension Router {
    mutating func holdRequest(
        _ request: IncomingRequest, _ endpoint: Endpoint
    ) throws(ProblemDetails) -> ClientRequest.Body {
        let parameters = try QueryParameters(request, allowed: keyParameter)
        let presented = try presentedKey(request, inQuery: parameters.key)
        let header = try request.idempotencyKey()
        let asked =
            switch endpoint {
            case .placeHold: try placement(request)
            case .settleHold: try settlement(request)
            default: try voiding(request)
            }
        if asked.key != nil, presented != nil { throw ProblemDetails(.twoKeys) }
        if let header, let member = asked.id, header != member {
            throw ProblemDetails(
                .invalidField, detail: "\"id\" must be that of Idempotency-Key.", field: "id")
        }
        let id = asked.id ?? header
        var key = asked.key
        if let presented { key = reference(presented) }
        guard let key else { throw ProblemDetails(.invalidKey) }
        guard endpoint != .placeHold else {
            guard let id else { throw ProblemDetails(.idRequired, field: "id") }
            return .hold(
                .place(
                    NewHold(
                        key: key, credits: asked.credits ?? 0, timeoutSeconds: asked.timeout,
                        id: id)))
        }
        guard let hold = IdempotencyKey(try request.segment(0)) else {
            throw ProblemDetails(.notFound)
        }
        guard let credits = asked.credits else {
            return .hold(.void(Voiding(key: key, hold: hold, id: id)))
        }
        return .hold(.settle(Settlement(key: key, hold: hold, credits: credits, id: id)))
    }

    private func placement(_ request: IncomingRequest) throws(ProblemDetails) -> HoldRequest {
        var asked = HoldRequest()
        try request.readObject(holdFields, required: [.credits]) {
            field, reader throws(JSONRefusal) in
            switch field {
            case .key: asked.key = try key(from: &reader)
            case .credits: asked.credits = try reader.number(in: 1...Bounds.charge)
            case .timeout_seconds: asked.timeout = try reader.number(in: Bounds.holdSeconds)
            case .id: asked.id = try id(from: &reader)
            }
        }
        return asked
    }

    private func settlement(_ request: IncomingRequest) throws(ProblemDetails) -> HoldRequest {
        var asked = HoldRequest()
        try request.readObject(settleFields, required: [.credits]) {
            field, reader throws(JSONRefusal) in
            switch field {
            case .key: asked.key = try key(from: &reader)
            case .credits: asked.credits = try reader.number(in: 0...Bounds.charge)
            case .id: asked.id = try id(from: &reader)
            }
        }
        return asked
    }

    private func voiding(_ request: IncomingRequest) throws(ProblemDetails) -> HoldRequest {
        var asked = HoldRequest()
        try request.readObject(voidFields, mayBeEmpty: true) {
            field, reader throws(JSONRefusal) in
            switch field {
            case .key: asked.key = try key(from: &reader)
            case .id: asked.id = try id(from: &reader)
            }
        }
        return asked
    }
}

extension JSONWriter {
    mutating func receipt(_ receipt: HoldReceipt) {
        object { json in
            json.member("id", receipt.hold.description)
            json.member("state", receipt.standing.text)
            json.member("held", receipt.held)
            json.member("charged", receipt.charged)
            json.member("spent", receipt.spent)
            json.member("remaining", receipt.remaining)
            json.member("expires_at", receipt.expiresAt)
            json.member("index", receipt.index.rawValue)
            json.member("replayed", receipt.replayed)
        }
    }

    mutating func members(of pool: PoolDetail) {
        member("account", id: pool.account)
        member("api", pool.api.slug)
        member("credits", pool.credits)
        member("period", pool.period.text)
        member("spent", pool.spent)
        member("held", pool.held)
        member("remaining", pool.remaining)
        member("resets_at", pool.resetsAt)
    }
}
