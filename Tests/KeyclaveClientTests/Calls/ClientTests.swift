import Basics
import HTTP
import Linux
import Testing

@testable import KeyclaveClient

@Suite struct ClientTests {
    static let unavailable = #"{"code":"no_leader","title":"No leader","status":503}"#
    static let unknown = #"{"code":"outcome_unknown","title":"Outcome unknown","status":504}"#

    static func client(_ servers: ScriptedServer...) throws -> Client {
        var settings = ClientSettings()
        settings.shortestPause = .milliseconds(1)
        settings.longestPause = .milliseconds(2)
        settings.answerTimeout = .milliseconds(200)
        settings.deadline = .seconds(5)
        let endpoints = try servers.map { try #require(Endpoint($0.endpoint)) }
        return Client(endpoints: endpoints, settings: settings)
    }

    static let read = ClientRequest(method: .get, path: "/v1/whoami", isSafe: true)
    static let charge = ClientRequest(
        method: .post, path: "/v1/charges", authorization: "Bearer kc_x",
        body: #"{"credits":5}"#, idempotencyKey: "id-1")

    @Test func `requests go out on one connection, whole and in order`() throws {
        let server = try ScriptedServer([.json(200, #"{"a":1}"#), .json(201, #"{"b":2}"#)])
        defer { server.stop() }
        let client = try Self.client(server)
        #expect(try client.send(Self.read).json() == .object([.init(name: "a", value: .number(1))]))
        #expect(try client.send(Self.charge).status == 201)
        let requests = server.requests
        #expect(requests.map(\.line) == ["GET /v1/whoami", "POST /v1/charges"])
        #expect(requests.map(\.connection) == [0, 0])
        #expect(requests[1].fields["authorization"] == "Bearer kc_x")
        #expect(requests[1].fields["idempotency-key"] == "id-1")
        #expect(requests[1].fields["content-type"] == "application/json")
        #expect(requests[1].fields["host"] == "\(server.address)")
        #expect(requests[1].body == #"{"credits":5}"#)
    }

    @Test func `an endpoint that refuses connections is passed over and then left alone`() throws {
        let closed = try ListeningSocket(at: .loopback()).address
        let server = try ScriptedServer([.json(200, "{}"), .json(200, "{}")])
        defer { server.stop() }
        let endpoints = try [
            #require(Endpoint("http://\(closed)")), #require(Endpoint(server.endpoint)),
        ]
        let client = Client(endpoints: endpoints)
        _ = try client.send(Self.charge)
        _ = try client.send(Self.charge)
        #expect(server.requests.map(\.connection) == [0, 0])
    }

    @Test func `nobody listening anywhere is said at once, with every endpoint's reason`() throws {
        let closed = try ListeningSocket(at: .loopback()).address
        let client = Client(endpoints: [try #require(Endpoint("http://\(closed)"))])
        let error = #expect(throws: ClientError.self) { try client.send(Self.charge) }
        #expect(
            error == .unreachable(["http://\(closed): connect: Connection refused"]))
        #expect(error?.isRefusal == false)
    }

    @Test func `a mutation without an answer is repeated elsewhere under the same id`() throws {
        let first = try ScriptedServer([.close])
        let second = try ScriptedServer([.json(200, #"{"charged":5}"#)])
        defer { first.stop(); second.stop() }
        let answer = try Self.client(first, second).send(Self.charge)
        #expect(answer.status == 200)
        #expect(first.requests.map(\.fields["idempotency-key"]) == ["id-1"])
        #expect(second.requests.map(\.fields["idempotency-key"]) == ["id-1"])
    }

    @Test func `a mutation without an id is never sent twice`() throws {
        let first = try ScriptedServer([.close])
        let second = try ScriptedServer([.json(200, "{}")])
        defer { first.stop(); second.stop() }
        var request = Self.charge
        request.idempotencyKey = nil
        let error = #expect(throws: ClientError.self) {
            try Self.client(first, second).send(request)
        }
        guard case .outcomeUnknown(nil, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(first.requests.count == 1)
        #expect(second.requests.isEmpty)
    }

    @Test func `a node that goes silent is left for the next one`() throws {
        let first = try ScriptedServer([.silence])
        let second = try ScriptedServer([.json(200, "{}")])
        defer { first.stop(); second.stop() }
        _ = try Self.client(first, second).send(Self.charge)
        #expect(first.requests.count == 1)
        #expect(second.requests.count == 1)
    }

    @Test func `an unknown outcome is asked for again until it is known`() throws {
        let server = try ScriptedServer([
            .problem(504, Self.unknown), .problem(503, Self.unavailable),
            .json(200, #"{"charged":5,"replayed":true}"#),
        ])
        defer { server.stop() }
        let answer = try Self.client(server).send(Self.charge)
        #expect(try answer.json()?["replayed"] == .bool(true))
        #expect(server.requests.map(\.fields["idempotency-key"]) == ["id-1", "id-1", "id-1"])
    }

    @Test func `an outcome that stays unknown is reported with its id`() throws {
        let replies = [ScriptedServer.Reply](
            repeating: .problem(504, Self.unknown), count: 10_000)
        let server = try ScriptedServer(replies)
        defer { server.stop() }
        var settings = ClientSettings()
        settings.shortestPause = .milliseconds(1)
        settings.deadline = .milliseconds(50)
        let client = Client(
            endpoints: [try #require(Endpoint(server.endpoint))], settings: settings)
        let error = #expect(throws: ClientError.self) { try client.send(Self.charge) }
        guard case .outcomeUnknown("id-1", _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.isRefusal == false)
    }

    @Test func `503 is asked for again at the other nodes`() throws {
        let first = try ScriptedServer([.problem(503, Self.unavailable), .json(200, "{}")])
        let second = try ScriptedServer([.problem(503, Self.unavailable)])
        defer { first.stop(); second.stop() }
        _ = try Self.client(first, second).send(Self.charge)
        #expect(first.requests.count == 2)
        #expect(second.requests.count == 1)
    }

    @Test func `503 is the answer for who doesn't want to wait`() throws {
        let first = try ScriptedServer([.problem(503, Self.unavailable)])
        let second = try ScriptedServer([.problem(503, Self.unavailable)])
        defer { first.stop(); second.stop() }
        var request = Self.charge
        request.waitsForService = false
        let error = #expect(throws: ClientError.self) {
            try Self.client(first, second).send(request)
        }
        #expect(error?.isRefusal == true)
        #expect(first.requests.count == 1)
        #expect(second.requests.count == 1)
    }

    @Test func `a problem is thrown with everything it says, and not repeated`() throws {
        let body =
            #"{"type":"/problems/active_key_limit","title":"Too many active keys","#
            + #""status":409,"detail":"A user has at most 3.","code":"active_key_limit","#
            + #""request_id":"req-7","limit":3}"#
        let server = try ScriptedServer([.problem(409, body)])
        defer { server.stop() }
        let error = #expect(throws: ClientError.self) {
            try Self.client(server).send(Self.charge)
        }
        guard case .refused(let problem)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(problem.status == 409)
        #expect(problem.code == "active_key_limit")
        #expect(problem.title == "Too many active keys")
        #expect(problem.detail == "A user has at most 3.")
        #expect(problem.requestID == "req-7")
        #expect(problem.members["limit"] == .number(3))
        #expect(
            "\(problem)"
                == "Too many active keys: A user has at most 3. (active_key_limit, request req-7)")
        #expect(server.requests.count == 1)
    }

    @Test func `a problem without a body is told by its status`() throws {
        let server = try ScriptedServer([
            .raw("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        ])
        defer { server.stop() }
        let error = #expect(throws: ClientError.self) { try Self.client(server).send(Self.read) }
        #expect(error == .refused(Problem(status: 404, body: nil)))
        #expect(
            "\(Problem(status: 404, body: nil))"
                == "The server answered with status 404 (status_404)")
    }

    @Test func `a connection closed while idle costs nothing but another one`() throws {
        let server = try ScriptedServer([
            .jsonAndClose(200, "{}"), .json(200, #"{"charged":5}"#),
        ])
        defer { server.stop() }
        let client = try Self.client(server)
        _ = try client.send(Self.read)
        _ = try client.send(Self.charge)
        #expect(server.requests.map(\.connection) == [0, 1])
    }

    /// What was sent on the kept connection may have been carried out, wherever the next attempt
    /// ends.
    @Test func `a charge that was sent isn't forgotten when nobody listens any more`() throws {
        let server = try ScriptedServer([.json(200, "{}"), .vanish])
        defer { server.stop() }
        let client = Client(endpoints: [try #require(Endpoint(server.endpoint))])
        client.settings.deadline = .milliseconds(300)
        _ = try client.send(Self.read)
        let error = #expect(throws: ClientError.self) { try client.send(Self.charge) }
        guard case .outcomeUnknown("id-1", _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(server.requests.map(\.connection) == [0, 0])
    }

    @Test func `what can't be sent twice goes out on a connection that still stands`() throws {
        let server = try ScriptedServer([.jsonAndClose(200, "{}"), .json(200, "{}")])
        defer { server.stop() }
        let client = Client(endpoints: [try #require(Endpoint(server.endpoint))])
        _ = try client.send(Self.read)
        while server.openConnections > 0 { Thread.sleep(.milliseconds(1)) }
        var request = Self.charge
        request.idempotencyKey = nil
        _ = try client.send(request)
        #expect(server.requests.map(\.connection) == [0, 1])
    }

    @Test func `an answer that isn't HTTP leads to the next node`() throws {
        let first = try ScriptedServer([.raw("SSH-2.0-OpenSSH\r\n\r\n")])
        let second = try ScriptedServer([.json(200, "{}")])
        defer { first.stop(); second.stop() }
        _ = try Self.client(first, second).send(Self.read)
        #expect(second.requests.count == 1)
    }

    @Test(arguments: [
        "http://127.0.0.1:7101", "127.0.0.1:7101", "http://localhost:7101/", "http://[::1]:7101",
    ])
    func `an endpoint is a host and a port`(text: String) {
        #expect(Endpoint(text) != nil)
    }

    @Test(arguments: [
        "", "http://", "https://127.0.0.1:7101", "http://127.0.0.1", "http://127.0.0.1:0",
        "http://127.0.0.1:7101/v1", "http://a b:1", "ftp://x:1", "http://u@h:1",
    ])
    func `what isn't one is refused`(text: String) {
        #expect(Endpoint(text) == nil)
    }
}
