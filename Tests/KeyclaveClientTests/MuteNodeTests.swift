import Basics
import KeyclaveClient
import Linux
import Testing

/// Nodes that say nothing: the kernel takes connections and requests for a stopped process, too.
@Suite struct MuteNodeTests {
    /// Listens, and never takes a connection.
    final class MuteNode {
        private let socket: ListeningSocket

        init() throws { socket = try ListeningSocket(at: .loopback()) }

        var endpoint: String { "http://\(socket.address)" }
    }

    /// Where a wait is too long it is so by minutes.
    static func client(
        _ endpoints: [String], silence: Duration = .milliseconds(150),
        answer: Duration = .seconds(300), deadline: Duration = .seconds(600)
    ) throws -> Client {
        var settings = ClientSettings()
        settings.shortestPause = .milliseconds(1)
        settings.longestPause = .milliseconds(2)
        settings.silenceTimeout = silence
        settings.answerTimeout = answer
        settings.deadline = deadline
        return Client(
            endpoints: try endpoints.map { try #require(Endpoint($0)) }, settings: settings)
    }

    static func time(_ body: () throws -> Void) rethrows -> Duration {
        let begun = Clocks.now()
        try body()
        return Clocks.now() - begun
    }

    @Test(arguments: [ClientTests.read, ClientTests.charge])
    func `a mute node is soon left for one that answers`(request: ClientRequest) throws {
        let mute = [try MuteNode(), try MuteNode()]
        let server = try ScriptedServer([.json(200, "{}"), .json(200, "{}")])
        defer { server.stop() }
        try withExtendedLifetime(mute) {
            let client = try Self.client(mute.map(\.endpoint) + [server.endpoint])
            let taken = try Self.time { _ = try client.send(request) }
            #expect((.milliseconds(300)...(.seconds(100))).contains(taken), "\(taken)")
            // And isn't asked again as long as that does.
            _ = try client.send(request)
        }
        #expect(
            server.requests.map(\.fields["idempotency-key"]) == [
                request.idempotencyKey, request.idempotencyKey,
            ])
    }

    @Test func `the last node that is left may take its time`() throws {
        let mute = try MuteNode()
        let server = try ScriptedServer([.silence])
        defer { server.stop() }
        try withExtendedLifetime(mute) {
            let client = try Self.client(
                [mute.endpoint, server.endpoint], silence: .milliseconds(50),
                answer: .milliseconds(600), deadline: .milliseconds(700))
            let taken = Self.time {
                #expect(throws: ClientError.self) { try client.send(ClientTests.read) }
            }
            #expect(taken >= .milliseconds(600), "\(taken)")
        }
    }

    @Test func `what can't be asked again gets the whole time for its answer`() throws {
        let mute = try MuteNode()
        let server = try ScriptedServer([.json(200, "{}")])
        defer { server.stop() }
        var request = ClientTests.charge
        request.idempotencyKey = nil
        withExtendedLifetime(mute) {
            let taken = Self.time {
                let error = #expect(throws: ClientError.self) {
                    let client = try Self.client(
                        [mute.endpoint, server.endpoint], silence: .milliseconds(20),
                        answer: .milliseconds(400))
                    _ = try client.send(request)
                }
                guard case .outcomeUnknown(nil, _)? = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
            }
            #expect(taken >= .milliseconds(400), "\(taken)")
        }
        #expect(server.requests.isEmpty)
    }

    @Test func `who doesn't wait for service hears at once what the living node says`() throws {
        let mute = [try MuteNode(), try MuteNode()]
        let server = try ScriptedServer([.problem(503, ClientTests.unavailable)])
        defer { server.stop() }
        var request = ClientTests.read
        request.waitsForService = false
        try withExtendedLifetime(mute) {
            let client = try Self.client(
                [mute[0].endpoint, server.endpoint, mute[1].endpoint],
                answer: .milliseconds(300))
            let error = #expect(throws: ClientError.self) { try client.send(request) }
            guard case .refused(let problem)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(problem.code == "no_leader")
        }
        #expect(server.requests.count == 1)
    }

    @Test func `what a node said isn't hidden by the silence of later rounds`() throws {
        let server = try ScriptedServer(
            [.problem(503, ClientTests.unavailable)], otherwise: .silence)
        defer { server.stop() }
        let client = try Self.client(
            [server.endpoint], answer: .milliseconds(100), deadline: .milliseconds(500))
        let error = #expect(throws: ClientError.self) { try client.send(ClientTests.read) }
        guard case .refused(let problem)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(problem.code == "no_leader")
        #expect(server.requests.count > 1)
    }

    @Test func `no attempt begins when the time is over`() throws {
        let mute = try MuteNode()
        let server = try ScriptedServer([.json(200, "{}")])
        defer { server.stop() }
        try withExtendedLifetime(mute) {
            let client = try Self.client(
                [mute.endpoint, server.endpoint], silence: .seconds(100),
                deadline: .milliseconds(200))
            let error = #expect(throws: ClientError.self) { try client.send(ClientTests.read) }
            #expect(error == .unreachable(["\(mute.endpoint): no answer in time"]))
        }
        #expect(server.requests.isEmpty)
    }

    @Test func `a retry that is refused for its sender doesn't tell that nothing was done`() throws
    {
        let mute = try MuteNode()
        let server = try ScriptedServer([
            .problem(401, #"{"code":"invalid_token","title":"No","status":401}"#)
        ])
        defer { server.stop() }
        try withExtendedLifetime(mute) {
            let client = try Self.client([mute.endpoint, server.endpoint])
            let error = #expect(throws: ClientError.self) { try client.send(ClientTests.charge) }
            guard case .outcomeUnknown("id-1", _)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }
}
