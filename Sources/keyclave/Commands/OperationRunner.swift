import HTTP
import KeyclaveClient
import Linux

/// Sends the request of a command and prints the answer.
struct OperationRunner {
    var invocation: Invocation
    var operation: Operation
    var surroundings: Surroundings

    func run() throws -> ExitCode {
        var session = try Session(invocation: invocation, surroundings: surroundings)
        let names = try pathNames(&session)
        let path = Self.fill(pathPattern(names)) { Self.percentEncoded(names[$0] ?? "") }
        let body = try self.body()
        let request = ClientRequest(
            method: operation.method, path: path + (try query()),
            authorization: try authorization(session),
            body: body?.compactText,
            idempotencyKey: operation.isMutation ? session.idempotencyKey : nil,
            isSafe: !operation.isMutation, waitsForService: operation.waitsForService)
        let answer: JSONValue?
        if case .list = operation.answer, invocation.text("limit") == nil {
            answer = try allPages(request, &session)
        } else {
            answer = try session.send(request).json()
        }
        return try show(answer, names)
    }

    // MARK: - The request

    private func authorization(_ session: Session) throws -> String? {
        switch operation.credential {
        case .token: try session.token()
        case .apiKey: try session.apiKey()
        case .none: nil
        }
    }

    /// What stands for the names in braces in the path and in messages.
    private func pathNames(_ session: inout Session) throws -> [String: String] {
        var names: [String: String] = [:]
        for argument in invocation.command.arguments {
            names[argument.name] = invocation.text(argument.name)
        }
        if operation.path.contains("{account}"), names["account"] == nil {
            names["account"] = try session.account(isNeeded: operation.pathWithoutAccount == nil)
        }
        return names
    }

    private func pathPattern(_ names: [String: String]) -> String {
        guard names["account"] == nil, let path = operation.pathWithoutAccount else {
            return operation.path
        }
        return path
    }

    /// Replaces `{name}` by what `value` says.
    static func fill(_ text: String, _ value: (String) -> String) -> String {
        var filled = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            filled += rest[..<open] + value(String(rest[rest.index(after: open)..<close]))
            rest = rest[rest.index(after: close)...]
        }
        return filled + rest
    }

    static func percentEncoded(_ text: String) -> String { PercentEncoding.segment(text) }

    private func query() throws -> String {
        let members = try operation.query.compactMap(member)
        let pairs = members.map { member in
            member.name + "=" + Self.percentEncoded(TableText.cell(member.value))
        }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
    }

    private func body() throws -> JSONValue? {
        guard let wanted = operation.body else { return nil }
        let members = try wanted.compactMap(member)
        if members.isEmpty, operation.method == .patch {
            let options = invocation.command.options.filter { option in
                wanted.contains { $0.name == option.name }
            }
            let names = options.map { "--\($0.name)" }.joined(separator: ", ")
            throw UsageError(words: invocation.words, message: "give at least one of \(names)")
        }
        return .object(members)
    }

    private func member(_ member: Operation.Member) throws -> JSONValue.Member? {
        switch member.source {
        case .text(let name):
            guard let text = invocation.text(name) else { return nil }
            return .init(member.name, .string(text))
        case .number(let name):
            guard let number = invocation.number(name) else { return nil }
            return .init(member.name, .number(UInt64(number)))
        case .time(let name):
            guard let text = invocation.text(name) else { return nil }
            return .init(member.name, text == "never" ? .null : .string(text))
        case .unless(let name): return .init(member.name, .bool(!invocation.has(name)))
        case .constant(let value): return .init(member.name, value)
        case .apiKey:
            let key = try Session.apiKey(of: invocation, in: surroundings)
            return .init(member.name, .string(key))
        case .named(let name, let value):
            return .init(
                invocation.required(name), .number(UInt64(invocation.required(value)) ?? 0))
        }
    }

    // MARK: - The answer

    /// All pages of a list as one.
    private func allPages(
        _ request: ClientRequest, _ session: inout Session
    ) throws -> JSONValue {
        var items: [JSONValue] = []
        var rest: [JSONValue.Member] = []
        var request = request
        let firstPath = request.path
        while true {
            let label = items.isEmpty ? "waiting for an answer" : "\(items.count) so far"
            guard case .object(let members)? = try session.send(request, saying: label).json()
            else {
                throw ClientError.malformedAnswer("a list isn't an object")
            }
            let page = JSONValue.object(members)
            items += page["items"]?.array ?? []
            if rest.isEmpty { rest = members.filter { $0.name != "items" && $0.name != "next" } }
            guard let next = page["next"]?.string else { break }
            let separator = firstPath.contains("?") ? "&" : "?"
            request.path = firstPath + separator + "cursor=" + Self.percentEncoded(next)
        }
        return .object([.init("items", .array(items))] + rest + [.init("next", .null)])
    }

    /// The answer as data. What was done stays done if it can't be shown.
    private func print(_ answer: JSONValue?) throws(LocalError) {
        do throws(LocalError) {
            if invocation.required("output") == "json" {
                try surroundings.print((answer ?? .object([])).prettyText + "\n")
            } else if let answer, !isEmpty(answer) {
                try surroundings.print(TableText(columns: operation.columns).text(of: answer))
                if let remark = operation.remark?(answer) { surroundings.tell(remark + "\n") }
            }
        } catch {
            guard let secret = operation.secret, let answer, answer[secret]?.string != nil else {
                throw error
            }
            let id = answer["id"]?.string ?? "it"
            throw LocalError(
                message: "\(error.message); \(id) was created and its \(secret) is lost: revoke it")
        }
    }

    private func show(
        _ answer: JSONValue?, _ names: [String: String]
    ) throws(LocalError) -> ExitCode {
        try print(answer)
        switch operation.answer {
        case .done(let message):
            surroundings.tell(Self.fill(message) { names[$0] ?? "it" } + "\n")
        case .verdict where answer?["valid"] != .bool(true): return .refused
        case .list:
            if let next = answer?["next"]?.string {
                let option = invocation.command.option("cursor") == nil ? "before" : "cursor"
                surroundings.tell("There is more: --\(option) \(next)\n")
            }
        case .record, .verdict:
            if let secret = operation.secret, answer?[secret]?.string == nil {
                surroundings.tell(
                    "The \(secret) was created before, and its text was in that answer only. "
                        + "Revoke it and create another if nobody has it.\n")
                return .localError
            }
        }
        return .done
    }

    private func isEmpty(_ value: JSONValue) -> Bool { value == .object([]) }
}
