import Basics
import HTTP
import Keyring
import Replica

// Validations, answered by the thread that read them.
extension Router {
    /// `/v1/auth`: a gateway asks whether its client's request may pass.
    mutating func authorize(
        _ request: IncomingRequest, _ form: inout AnswerForm
    ) throws(ProblemDetails) -> Routed {
        let query: AuthQuery
        do throws(ProblemDetails) {
            query = try AuthQuery(request, keyAllowed: settings.acceptsKeyInQuery)
        } catch {
            // What is wrong may stand before the wish.
            form.foldsRefusals = AuthQuery.foldsRefusals(
                QueryString(request.head.query, in: request.bytes))
            throw error
        }
        form.foldsRefusals = query.foldsRefusals
        // No key at all is refused like one that can't be any.
        let text = try presentedKey(request, inQuery: query.key) ?? Router.noText
        let question = ValidationQuestion(
            text: text.bytes, api: query.api, cost: Credits(clamping: query.cost),
            foreign: reader.image.foreignKeys)
        return look(question, form)
    }

    /// Writes what is said of a key, as its endpoint says it.
    mutating func write(
        _ validation: Validation, _ form: AnswerForm, date: HTTPDate,
        to response: inout ResponseWriter
    ) -> Status {
        if form.endpoint == .auth {
            return writePermission(validation, form, date: date, to: &response)
        }
        if validation.verdict == .unavailable {
            return write(
                ProblemDetails(.unavailable), form, index: validation.index, date: date,
                to: &response)
        }
        return writeVerdict(validation, form, date: date, to: &response)
    }

    private mutating func writePermission(
        _ validation: Validation, _ form: AnswerForm, date: HTTPDate,
        to response: inout ResponseWriter
    ) -> Status {
        if let code = validation.verdict.problem {
            var problem = ProblemDetails(code)
            if code == .creditsExhausted {
                problem.remaining = validation.key?.spendable?.rawValue
            }
            return write(problem, form, index: validation.index, date: date, to: &response)
        }
        begin(.ok, form, index: validation.index, date: date, to: &response)
        if let key = validation.key {
            response.field("X-Keyclave-Account", id: key.account)
            response.field("X-Keyclave-User", id: key.user)
            response.field("X-Keyclave-Key", id: key.id)
            response.field("X-Keyclave-Api") { $0.append(slugOf: key.api) }
            response.rateLimit(key, date: date)
        }
        response.end()
        return .ok
    }

    private static var noText: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// The parameter that may present a key, where the configuration lets one.
    var keyParameter: [QueryParameters.Name] { settings.acceptsKeyInQuery ? [.apiKey] : [] }

    /// The key that is presented there, of a request that may have no other parameter.
    func keyInQuery(
        of request: IncomingRequest
    ) throws(ProblemDetails) -> UnsafeRawBufferPointer? {
        // Hardly any has a query.
        guard !request.head.query.isEmpty else { return nil }
        return try QueryParameters(request, allowed: keyParameter).key
    }

    /// The one key that the request presents; nil if it presents none.
    func presentedKey(
        _ request: IncomingRequest, inQuery: UnsafeRawBufferPointer? = nil
    ) throws(ProblemDetails) -> UnsafeRawBufferPointer? {
        switch request.head.presentedSecret(in: request.bytes) {
        case .several: throw ProblemDetails(.twoKeys)
        case .one(let place):
            if inQuery != nil { throw ProblemDetails(.twoKeys) }
            return place.slice(of: request.bytes)
        case .none: return inQuery
        }
    }

    /// `POST /v1/verify`: a back-end asks about a key that its client gave it.
    mutating func verify(
        _ request: IncomingRequest, _ form: AnswerForm
    ) throws(ProblemDetails) -> Routed {
        let presented = try presentedKey(request, inQuery: keyInQuery(of: request))
        try request.requireJSON()
        let asked: VerifyQuestion
        do throws(JSONRefusal) {
            asked = try VerifyQuestion(request.body)
        } catch {
            throw error.problem
        }
        if asked.key != nil, presented != nil { throw ProblemDetails(.twoKeys) }
        let question: ValidationQuestion?
        if let key = asked.key, key.hasEscapes {
            var text = key.string
            question = text.withUTF8 { bytes in
                asked.about(UnsafeRawBufferPointer(bytes), reader.image.foreignKeys)
            }
        } else if let key = asked.key {
            question = asked.about(key.raw, reader.image.foreignKeys)
        } else {
            guard let presented else {
                throw JSONRefusal(path: "key", reason: .missing).problem
            }
            question = asked.about(presented, reader.image.foreignKeys)
        }
        return look(question, form)
    }

    private mutating func writeVerdict(
        _ validation: Validation, _ form: AnswerForm, date: HTTPDate,
        to response: inout ResponseWriter
    ) -> Status {
        let isValid = validation.verdict == .valid
        json.removeAll()
        json.beginObject()
        json.member("valid", isValid)
        json.member("code", validation.verdict.text)
        if let key = validation.key, isValid {
            json.member("key_id", id: key.id)
            json.member("account_id", id: key.account)
            json.member("user_id", id: key.user)
            json.name("api")
            json.plainString { $0.append(slugOf: key.api) }
        }
        if let key = validation.key, isValid || validation.verdict == .creditsExhausted {
            json.name("credits")
            json.beginObject()
            json.member("allowance", key.credits?.allowance.rawValue)
            // What a charge could spend: the account's pool may hold less than the user's limit.
            json.member("remaining", key.spendable?.rawValue)
            json.endObject()
        }
        json.endObject()
        begin(.ok, form, index: validation.index, date: date, to: &response)
        if isValid, let key = validation.key { response.rateLimit(key, date: date) }
        response.end(json.written, type: "application/json")
        return .ok
    }
}

/// The parameters of `/v1/auth`. Others are passed over: behind `/v1/auth/` stands the address
/// that the gateway's client asked for, with its own. Nothing is read behind `to=`: there stands
/// that address where the gateway can do no more than put something before it.
struct AuthQuery {
    var api: API?
    var cost: UInt64 = 0
    var key: UnsafeRawBufferPointer?
    /// `deny=403`.
    var foldsRefusals = false

    init(_ request: IncomingRequest, keyAllowed: Bool) throws(ProblemDetails) {
        var query = QueryString(request.head.query, in: request.bytes)
        var costSeen = false
        while let parameter = query.next() {
            if parameter.name.equals("api") {
                guard api == nil else { throw QueryParameters.problem("api", "is given twice") }
                guard let named = API(slug: parameter.encodedValue.bytes)
                else { throw QueryParameters.problem("api", "must be the slug of an API") }
                api = named
            } else if parameter.name.equals("cost") {
                guard !costSeen, let number = AuthQuery.cost(parameter.encodedValue) else {
                    throw QueryParameters.problem(
                        "cost", "must be given once, from 0 to \(Bounds.charge)")
                }
                costSeen = true
                cost = number
            } else if parameter.name.equals("to") {
                return
            } else if parameter.name.equals("deny") {
                guard !foldsRefusals, parameter.encodedValue.equals("403") else {
                    throw QueryParameters.problem("deny", "must be 403, once")
                }
                foldsRefusals = true
            } else if keyAllowed, parameter.name.equals("api_key") {
                guard key == nil else { throw ProblemDetails(.twoKeys) }
                key = parameter.encodedValue
            }
        }
    }

    /// Whether `deny=403` stands in a query that may be wrong otherwise.
    static func foldsRefusals(_ query: QueryString) -> Bool {
        var query = query
        while let parameter = query.next(), !parameter.name.equals("to") {
            if parameter.name.equals("deny"), parameter.encodedValue.equals("403") { return true }
        }
        return false
    }

    /// The query of a request to `/v1/auth` of which the first line is there, whatever is wrong
    /// with the rest; nil if it isn't one.
    static func query(ofUnfinished request: UnsafeRawBufferPointer) -> QueryString? {
        let line = request.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        guard let space = line.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        let target = line[(space + 1)...].prefix { $0 != UInt8(ascii: " ") }
        let path = target.prefix { $0 != UInt8(ascii: "?") }
        guard path.elementsEqual("/v1/auth".utf8) || path.starts(with: "/v1/auth/".utf8)
        else { return nil }
        let start = min(path.endIndex + 1, target.endIndex)
        return QueryString(ByteRange(start..<target.endIndex), in: request)
    }

    private static func cost(_ digits: UnsafeRawBufferPointer) -> UInt64? {
        guard (1...10).contains(digits.count) else { return nil }
        var value: UInt64 = 0
        for byte in digits {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + UInt64(byte & 15)
        }
        return value <= Bounds.charge ? value : nil
    }
}

/// The body of `/v1/verify`.
struct VerifyQuestion {
    enum Field: String, CaseIterable { case key, api, cost }

    var key: JSONText?
    var api: API?
    var cost: UInt64 = 0

    private static let fields = JSONFields<Field>()

    /// The question about the key's text; nil if that is no key's.
    func about(
        _ text: UnsafeRawBufferPointer, _ foreign: @autoclosure () -> ForeignKeyForm
    ) -> ValidationQuestion? {
        ValidationQuestion(
            text: text.bytes, api: api, cost: Credits(clamping: cost), foreign: foreign())
    }

    init(_ body: UnsafeRawBufferPointer) throws(JSONRefusal) {
        var reader = JSONReader(body)
        var seen = JSONFieldSet()
        try reader.beginObject()
        while let field = try reader.nextMember(of: VerifyQuestion.fields, seen: &seen) {
            switch field {
            case .key: key = try reader.text()
            case .cost: cost = try reader.number(in: 0...Bounds.charge)
            case .api:
                if try reader.takeNull() { continue }
                let slug = try reader.text()
                guard let named = API(slug: slug.raw.bytes)
                else { throw reader.refusal(.unacceptable("the slug of an API")) }
                api = named
            }
        }
        try reader.finish()
    }
}
