import Basics
import HTTP
import Linux
import Testing

@testable import KeyclaveClient

/// Many calls at once over few connections, and how each of them ends.
@Suite struct PoolTests {
    static let valid =
        #"{"valid":true,"code":"valid","key_id":"key_1","account_id":"acc_1","user_id":"usr_1","#
        + #""api":"rest","credits":{"allowance":10,"remaining":7}}"#
    static let owner = KeyOwner(
        .object([
            .init(name: "key_id", value: .string("key_1")),
            .init(name: "user_id", value: .string("usr_1")),
            .init(name: "account_id", value: .string("acc_1")),
            .init(name: "api", value: .string("rest")),
            .init(
                name: "credits",
                value: .object([
                    .init(name: "allowance", value: .number(10)),
                    .init(name: "remaining", value: .number(7)),
                ])),
        ]))

    static func settings() -> Keyclave.Settings {
        var settings = Keyclave.Settings()
        settings.scouting = nil
        settings.validationDeadline = .seconds(20)
        return settings
    }

    static func outcome(_ body: () async throws -> some Sendable) async -> ClientError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? ClientError
        }
    }

    @Test func `any number of tasks share a bounded number of connections`() async throws {
        let server = try ScriptedServer([], otherwise: .json(200, Self.valid))
        defer { server.stop() }
        var settings = Self.settings()
        settings.connections = 3
        let keyclave = try Keyclave(nodes: [server.endpoint], settings: settings)
        let verdicts = try await withThrowingTaskGroup(of: Verdict.self) { group in
            for _ in 0..<200 { group.addTask { try await keyclave.verify("kc_x", api: "rest") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let owner = try #require(Self.owner)
        #expect(verdicts == Array(repeating: .valid(owner), count: 200))
        let requests = server.requests
        #expect(requests.count == 200)
        #expect(Set(requests.map(\.connection)).count <= 3)
        #expect(requests.allSatisfy { $0.line == "POST /v1/verify" })
        #expect(requests[0].body == #"{"key":"kc_x","api":"rest","cost":0}"#)
    }

    @Test func `a node that fails is left alone, and comes first again`() async throws {
        for (troubleTime, expected) in [(Swift.Duration.seconds(600), 1), (.nanoseconds(1), 2)] {
            let near = try ScriptedServer([.close], otherwise: .json(200, Self.valid))
            let far = try ScriptedServer([], otherwise: .json(200, Self.valid))
            defer { near.stop(); far.stop() }
            var settings = Self.settings()
            settings.troubleTime = troubleTime
            let keyclave = try Keyclave(nodes: [near.endpoint, far.endpoint], settings: settings)
            for _ in 0..<2 { _ = try await keyclave.verify("kc_x") }
            #expect(near.requests.count == expected)
            #expect(far.requests.count == 3 - expected)
        }
    }

    @Test func `a node that isn't ready is found out by nobody's call`() async throws {
        let unready = try ScriptedServer([], otherwise: .problem(503, ClientTests.unavailable))
        let ready = try ScriptedServer([], otherwise: .json(200, Self.valid))
        defer { unready.stop(); ready.stop() }
        var settings = Self.settings()
        settings.scouting = .milliseconds(1)
        let keyclave = try Keyclave(nodes: [unready.endpoint, ready.endpoint], settings: settings)
        while ready.requests.isEmpty { await Task.yield() }
        _ = try await keyclave.verify("kc_x")
        #expect(unready.requests.allSatisfy { $0.line == "GET /readyz" })
        #expect(ready.requests.contains { $0.line == "POST /v1/verify" })
    }

    @Test func `an unknown outcome is asked for until it is known, under the one id`() async throws
    {
        let receipt = #"{"charged":5,"spent":9,"remaining":1,"index":77,"replayed":true}"#
        let first = try ScriptedServer([
            .problem(504, ClientTests.unknown), .problem(504, ClientTests.unknown),
        ])
        let second = try ScriptedServer([.close, .json(200, receipt)])
        defer { first.stop(); second.stop() }
        let keyclave = try Keyclave(
            nodes: [first.endpoint, second.endpoint], settings: Self.settings())
        let outcome = try await keyclave.charge(5, key: "kc_x", id: "order-1")
        #expect(
            outcome
                == .charged(
                    ChargeReceipt(charged: 5, spent: 9, remaining: 1, index: 77, replayed: true)))
        let requests = first.requests + second.requests
        #expect(requests.count == 4)
        #expect(requests.allSatisfy { $0.fields["idempotency-key"] == "order-1" })
        #expect(requests.allSatisfy { $0.body == #"{"key":"kc_x","credits":5}"# })
    }

    @Test func `calls that name no id bear one each`() async throws {
        let receipt = #"{"charged":1,"spent":1,"remaining":null,"index":7,"replayed":false}"#
        let server = try ScriptedServer([], otherwise: .json(200, receipt))
        defer { server.stop() }
        let keyclave = try Keyclave(nodes: [server.endpoint], settings: Self.settings())
        for _ in 0..<2 { _ = try await keyclave.charge(1, key: "kc_x") }
        let ids = server.requests.compactMap { $0.fields["idempotency-key"] }
        #expect(Set(ids).count == 2)
    }

    @Test func `who is cancelled isn't kept, and isn't told that nothing was done`() async throws {
        for isCharge in [false, true] {
            let server = try ScriptedServer([], otherwise: .silence)
            defer { server.stop() }
            let keyclave = try Keyclave(nodes: [server.endpoint], settings: Self.settings())
            let task = Task {
                await Self.outcome {
                    if isCharge { _ = try await keyclave.charge(5, key: "kc_x", id: "order-1") }
                    _ = try await keyclave.verify("kc_x")
                }
            }
            while server.requests.isEmpty { await Task.yield() }
            let begun = Clocks.now()
            task.cancel()
            let error = await task.value
            #expect(Clocks.now() - begun < .seconds(10))
            if isCharge {
                guard case .outcomeUnknown("order-1", _)? = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
            } else {
                #expect(error == .cancelled)
            }
        }
    }

    @Test func `a connection that nobody uses is closed, and another is made`() async throws {
        let server = try ScriptedServer([], otherwise: .json(200, Self.valid))
        defer { server.stop() }
        var settings = Self.settings()
        settings.idleTime = .milliseconds(1)
        let keyclave = try Keyclave(nodes: [server.endpoint], settings: settings)
        for number in 0..<2 {
            _ = try await keyclave.verify("kc_x")
            while server.openConnections > 0 { await Task.yield() }
            #expect(server.requests.map(\.connection) == Array(0...number))
        }
    }

    @Test func `nobody is near who is never asked`() {
        var settings = Self.settings()
        settings.order = .nearest
        let error = #expect(throws: ClientError.self) {
            try Keyclave(nodes: ["127.0.0.1:1", "127.0.0.1:2"], settings: settings)
        }
        guard case .invalidSettings? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `an unknown outcome is told in words of no program`() {
        let error = ClientError.outcomeUnknown(id: "order-1", reason: "no answer in time")
        #expect(
            "\(error)"
                == "the outcome isn't known (no answer in time); ask again under the id order-1")
    }

    @Test func `whoever was cancelled before sends nothing`() async throws {
        let server = try ScriptedServer([], otherwise: .json(200, Self.valid))
        defer { server.stop() }
        let keyclave = try Keyclave(nodes: [server.endpoint], settings: Self.settings())
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await Self.outcome { try await keyclave.charge(5, key: "kc_x") }
        }
        task.cancel()
        #expect(await task.value == .cancelled)
        #expect(server.requests.isEmpty)
    }

    @Test(arguments: [
        [], ["https://127.0.0.1:1"], ["127.0.0.1:1", "http://127.0.0.1:1/"],
    ])
    func `what can't be followed is refused before anything is asked`(nodes: [String]) {
        let error = #expect(throws: ClientError.self) { try Keyclave(nodes: nodes) }
        guard case .invalidSettings? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
