import Basics
import HTTP
import Linux
import Testing

@testable import KeyclaveClient

/// Calls that wait for a connection: whom they wait for, how long, and what gives their place back.
@Suite struct PoolWaitingTests {
    static func keyclave(_ server: ScriptedServer, waiting: Int = 8) throws -> Keyclave {
        var settings = PoolTests.settings()
        settings.connections = 1
        settings.changeConnections = 1
        settings.waiting = waiting
        return try Keyclave(nodes: [server.endpoint], settings: settings)
    }

    /// A change that may take as long as `time`.
    static func change(_ keyclave: Keyclave, for time: Duration) async -> ClientError? {
        var settings = ClientSettings()
        settings.deadline = time
        settings.answerTimeout = time
        return await PoolTests.outcome { try await keyclave.send(ClientTests.charge, settings) }
    }

    @Test func `a validation doesn't wait for changes`() async throws {
        let server = try ScriptedServer([.silence], otherwise: .json(200, PoolTests.valid))
        defer { server.stop() }
        let keyclave = try Self.keyclave(server)
        let charge = Task { await Self.change(keyclave, for: .seconds(600)) }
        while server.requests.isEmpty { await Task.yield() }
        // It is answered while the charge is out, and while another waits for that.
        let next = Task { await Self.change(keyclave, for: .seconds(600)) }
        for _ in 0..<3 { _ = try await keyclave.verify("kc_x") }
        #expect(server.requests.count == 4)
        charge.cancel()
        next.cancel()
        guard case .outcomeUnknown? = await charge.value else {
            Issue.record("the charge was out all the time")
            return
        }
        #expect(await next.value == .cancelled)
    }

    @Test func `who finds too many waiting is told so at once`() async throws {
        let server = try ScriptedServer([], otherwise: .silence)
        defer { server.stop() }
        let keyclave = try Self.keyclave(server, waiting: 2)
        let errors = await withTaskGroup(of: ClientError?.self) { group in
            group.addTask { await Self.change(keyclave, for: .seconds(600)) }
            while server.requests.isEmpty { await Task.yield() }
            for _ in 0..<5 { group.addTask { await Self.change(keyclave, for: .seconds(600)) } }
            var errors: [ClientError?] = []
            while errors.count < 3, let error = await group.next() { errors.append(error) }
            group.cancelAll()
            return await group.reduce(into: errors) { $0.append($1) }
        }
        // Three found no room; one was out; two waited.
        #expect(errors.prefix(3).allSatisfy { $0 == .overloaded }, "\(errors)")
        #expect(errors.count { $0 == .cancelled } == 2, "\(errors)")
        #expect(server.requests.count == 1)
    }

    @Test func `a call that waits ends when its time is over, whoever holds the connection`()
        async throws
    {
        let server = try ScriptedServer([], otherwise: .silence)
        defer { server.stop() }
        let keyclave = try Self.keyclave(server)
        let charge = Task { await Self.change(keyclave, for: .seconds(600)) }
        while server.requests.isEmpty { await Task.yield() }
        let begun = Clocks.now()
        let late = Task { await Self.change(keyclave, for: .milliseconds(300)) }
        let soon = Task { await Self.change(keyclave, for: .milliseconds(50)) }
        #expect(await soon.value == .overloaded)
        #expect(await late.value == .overloaded)
        #expect(Clocks.now() - begun < .seconds(100))
        #expect(server.requests.count == 1)
        charge.cancel()
        _ = await charge.value
    }

    @Test func `who is cancelled while waiting gives the place back`() async throws {
        let server = try ScriptedServer([.silence], otherwise: .json(200, "{}"))
        defer { server.stop() }
        let keyclave = try Self.keyclave(server, waiting: 2)
        let first = Task { await Self.change(keyclave, for: .seconds(600)) }
        while server.requests.isEmpty { await Task.yield() }
        for _ in 0..<4 {
            let waiting = Task { await Self.change(keyclave, for: .seconds(600)) }
            // Some have come to wait by then, and some haven't.
            for _ in 0..<100 { await Task.yield() }
            waiting.cancel()
            #expect(await waiting.value == .cancelled)
        }
        let next = Task { await Self.change(keyclave, for: .seconds(600)) }
        for _ in 0..<100 { await Task.yield() }
        server.hangUp()
        #expect(await next.value == nil)
        #expect(await first.value == nil)
    }
}
