import Basics
import HTTP
import Keyring
import Replica

/// The members of `POST /v1/charges`: one charge, or many under `charges`.
private enum ChargeField: String, CaseIterable { case key, credits, id, charges }
private enum BatchField: String, CaseIterable { case key, credits, id }

private let chargeFields = JSONFields<ChargeField>()
private let batchFields = JSONFields<BatchField>()

/// A charge as its object says.
private struct ChargeRequest {
    var key: KeyReference?
    var credits: UInt64?
    var id: IdempotencyKey?
}

extension Router {
    mutating func chargeRequest(
        _ request: IncomingRequest, _ context: inout AnswerContext
    ) throws(ProblemDetails) -> ClientRequest.Body {
        let inQuery = try keyInQuery(of: request)
        try request.requireJSON()
        var shared = ChargeRequest()
        if let text = try presentedKey(request, inQuery: inQuery) {
            shared.key = reference(text)
        }
        shared.id = try request.idempotencyKey()
        var charges: [Charge] = []
        do throws(JSONRefusal) {
            charges = try readCharges(request.body, shared, &context)
        } catch {
            if case .unacceptable(Self.oneKey) = error.reason { throw ProblemDetails(.twoKeys) }
            if case .missing = error.reason { throw missing(error) }
            throw error.problem
        }
        return .charge(charges)
    }

    private static var oneKey: String { "given in one place" }

    /// What is missing has problems of its own: a charge without a key is by nobody, and one
    /// without an id could be made twice.
    private func missing(_ refusal: JSONRefusal) -> ProblemDetails {
        if refusal.path == "key" || refusal.path.hasSuffix(".key") {
            return ProblemDetails(.invalidKey)
        }
        guard refusal.path == "id" || refusal.path.hasSuffix(".id") else { return refusal.problem }
        return ProblemDetails(.idRequired, field: refusal.path)
    }

    private func readCharges(
        _ body: UnsafeRawBufferPointer, _ shared: ChargeRequest, _ context: inout AnswerContext
    ) throws(JSONRefusal) -> [Charge] {
        var reader = JSONReader(body)
        var seen = JSONFieldSet()
        var single = ChargeRequest()
        var batch: [ChargeRequest]?
        try reader.beginObject()
        while let field = try reader.nextMember(of: chargeFields, seen: &seen) {
            switch field {
            case .key: single.key = try key(from: &reader)
            case .credits: single.credits = try reader.number(in: 1...Bounds.charge)
            case .id: single.id = try id(from: &reader)
            case .charges: batch = try readBatch(from: &reader)
            }
        }
        try reader.finish()
        if single.key != nil, shared.key != nil {
            throw reader.refusal(of: "key", .unacceptable(Self.oneKey))
        }
        let key = single.key ?? shared.key
        guard let batch else {
            if let header = shared.id, let member = single.id, header != member {
                throw reader.refusal(of: "id", .unacceptable("that of Idempotency-Key"))
            }
            single.key = key
            single.id = single.id ?? shared.id
            return [try charge(single, at: nil, reader)]
        }
        context.isBatch = true
        for (name, isGiven) in [
            ("credits", single.credits != nil), ("id", single.id != nil),
            ("Idempotency-Key", shared.id != nil),
        ] where isGiven {
            throw reader.refusal(of: name, .unacceptable("absent beside \"charges\""))
        }
        var charges: [Charge] = []
        charges.reserveCapacity(batch.count)
        for (position, item) in batch.enumerated() {
            if item.key != nil, key != nil {
                throw reader.refusal(
                    of: "charges[\(position)].key", .unacceptable(Self.oneKey))
            }
            var item = item
            item.key = item.key ?? key
            charges.append(try charge(item, at: position, reader))
        }
        return charges
    }

    private func readBatch(
        from reader: inout JSONReader
    ) throws(JSONRefusal) -> [ChargeRequest] {
        var batch: [ChargeRequest] = []
        try reader.beginArray()
        while try reader.nextElement() {
            guard batch.count < Bounds.chargesPerEntry else {
                throw reader.refusal(
                    .unacceptable("one of at most \(Bounds.chargesPerEntry) charges"))
            }
            var item = ChargeRequest()
            var seen = JSONFieldSet()
            try reader.beginObject()
            while let field = try reader.nextMember(of: batchFields, seen: &seen) {
                switch field {
                case .key: item.key = try key(from: &reader)
                case .credits: item.credits = try reader.number(in: 1...Bounds.charge)
                case .id: item.id = try id(from: &reader)
                }
            }
            batch.append(item)
        }
        guard !batch.isEmpty else { throw reader.refusal(.unacceptable("filled")) }
        return batch
    }

    private func charge(
        _ request: ChargeRequest, at position: Int?, _ reader: JSONReader
    ) throws(JSONRefusal) -> Charge {
        func missing(_ name: String) -> JSONRefusal {
            let path = position.map { "charges[\($0)].\(name)" } ?? name
            return reader.refusal(of: path, .missing)
        }
        guard let credits = request.credits else { throw missing("credits") }
        guard let id = request.id else { throw missing("id") }
        guard let key = request.key else { throw missing("key") }
        return Charge(key: key, credits: credits, id: id)
    }

    func id(from reader: inout JSONReader) throws(JSONRefusal) -> IdempotencyKey {
        let text = try reader.text()
        let key = text.hasEscapes ? IdempotencyKey(text.string) : IdempotencyKey(utf8: text.raw)
        guard let key else { throw reader.refusal(.unacceptable("a text of 1 to 64 bytes")) }
        return key
    }

    func key(from reader: inout JSONReader) throws(JSONRefusal) -> KeyReference {
        let text = try reader.text()
        guard text.hasEscapes else { return reference(text.raw) }
        var string = text.string
        return string.withUTF8 { reference(UnsafeRawBufferPointer($0)) }
    }

    /// What the log is told instead of the text. A text that can't be a key has a digest that no
    /// key has: among the charges of a batch it is refused like any unknown one.
    func reference(_ text: UnsafeRawBufferPointer) -> KeyReference {
        let digest = SHA256.digest(of: text.bytes)
        return reader.image.key(digest).map { .id($0.id) } ?? .digest(digest)
    }
}
