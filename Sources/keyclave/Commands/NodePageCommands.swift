import Basics
import HTTP
import KeyclaveClient

// What a node serves as text or by headers, for gateways, monitors and readers.
extension Command {
    static let auth = Command(
        name: "auth", summary: "ask what a gateway asks, and show whom it would let in",
        notes: ["Exits with 0 if the request would pass and with 2 if it wouldn't."],
        options: [
            .apiKey, .api,
            CommandOption(
                name: "cost", value: .number(0...1_000_000_000), placeholder: "N",
                meaning: "also ask whether so many credits are left; nothing is spent",
                fallback: "0"),
        ],
        example: "keyclave auth --key - --api rest --cost 1",
        requests: ["GET /v1/auth"], action: .run { try AuthRun($0, $1).run() })

    static let problem = Command(
        name: "problem", summary: "explain the code of a problem",
        arguments: [Argument(name: "code", meaning: "as in an answer, active_key_limit say")],
        example: "keyclave problem active_key_limit",
        requests: ["GET /problems/{code}"],
        action: .run { invocation, surroundings in
            let code = OperationRunner.percentEncoded(invocation.required("code"))
            return try PageRun(invocation, surroundings).show("/problems/\(code)")
        })

    static let metrics = Command(
        name: "metrics", summary: "show what a node counts, as Prometheus reads it",
        example: "keyclave cluster metrics --endpoint http://127.0.0.1:7102",
        requests: ["GET /metrics"],
        action: .run { try PageRun($0, $1).show("/metrics") })

    static let health = Command(
        name: "health", summary: "ask each end point whether it lives and may answer",
        notes: ["Exits with 0 if every one of them may, and with 2 if not."],
        example: "keyclave cluster health --endpoint http://127.0.0.1:7101",
        requests: ["GET /livez", "GET /readyz"], action: .run { try HealthRun($0, $1).run() })
}

/// A page of text, from the first node that serves it.
private struct PageRun {
    let session: Session

    init(_ invocation: Invocation, _ surroundings: Surroundings) throws {
        session = try Session(invocation: invocation, surroundings: surroundings)
    }

    func show(_ path: String) throws -> ExitCode {
        let request = ClientRequest(method: .get, path: path, isSafe: true)
        let text = String(decoding: try session.send(request).body, as: UTF8.self)
        if session.invocation.required("output") == "json" {
            let value = JSONValue.object([.init("text", .string(text))])
            try session.surroundings.print(value.prettyText + "\n")
        } else {
            try session.surroundings.print(text.hasSuffix("\n") ? text : text + "\n")
        }
        return .done
    }
}

/// A gateway's question, whose answer stands in the headers.
private struct AuthRun {
    let session: Session

    init(_ invocation: Invocation, _ surroundings: Surroundings) throws {
        session = try Session(invocation: invocation, surroundings: surroundings)
    }

    func run() throws -> ExitCode {
        let invocation = session.invocation
        let api = OperationRunner.percentEncoded(invocation.required("api"))
        let request = ClientRequest(
            method: .get, path: "/v1/auth?api=\(api)&cost=\(invocation.required("cost"))",
            authorization: try session.apiKey(), isSafe: true)
        let answer = try session.send(request)
        let members = ["account", "user", "key", "api", "node"].map { name in
            JSONValue.Member(
                name, answer.field("x-keyclave-\(name)").map { .string($0) } ?? .null)
        }
        let value = JSONValue.object(members)
        try session.surroundings.print(
            invocation.required("output") == "json"
                ? value.prettyText + "\n" : TableText(columns: []).text(of: value))
        return .done
    }
}

/// One line for each end point.
private struct HealthRun {
    let session: Session

    init(_ invocation: Invocation, _ surroundings: Surroundings) throws {
        session = try Session(invocation: invocation, surroundings: surroundings)
    }

    func run() throws -> ExitCode {
        var settings = ClientSettings()
        settings.deadline = min(.seconds(3), session.client.settings.deadline)
        var areReady = true
        let rows = session.client.endpoints.map { endpoint in
            let client = Client(endpoints: [endpoint], settings: settings)
            func answers(_ path: String) -> Bool {
                let request = ClientRequest(
                    method: .get, path: path, isSafe: true, waitsForService: false)
                return (try? client.send(request)) != nil
            }
            let (isAlive, isReady) = (answers("/livez"), answers("/readyz"))
            areReady = areReady && isReady
            return JSONValue.object([
                .init("endpoint", .string("\(endpoint)")), .init("alive", .bool(isAlive)),
                .init("ready", .bool(isReady)),
            ])
        }
        let value = JSONValue.object([.init("items", .array(rows)), .init("next", .null)])
        try session.surroundings.print(
            session.invocation.required("output") == "json"
                ? value.prettyText + "\n" : TableText(columns: []).text(of: value))
        return areReady ? .done : .refused
    }
}
