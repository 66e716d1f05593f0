import Basics
import Linux
import Testing

@testable import KeyclaveClient

/// A resolver that may be silent for as long as it likes.
@Suite struct NameLookupTests {
    /// Answers when it is told to.
    private final class Resolver: Sendable {
        private let gate: Mailbox<Void>
        private let questions = Locked(0)

        init() throws { gate = try Mailbox() }

        var count: Int { questions.withLock { $0 } }
        func release() { gate.send(()) }

        func answer() throws(SystemError) -> [SocketAddress] {
            questions.withLock { $0 += 1 }
            var arrived: [Void] = []
            gate.wait(into: &arrived)
            return [.loopback(port: 7101)]
        }
    }

    @Test func `a silent resolver is given up at the deadline, and asked once at a time`() throws {
        let resolver = try Resolver()
        var book = AddressBook { _ throws(SystemError) in try resolver.answer() }
        let host = HostPort(host: "node.example", port: 7101)
        for _ in 0..<3 {
            let begun = Clocks.now()
            #expect(try book.addresses(of: host, until: begun + .milliseconds(20)) == nil)
            #expect(Clocks.now() - begun < .seconds(100))
        }
        resolver.release()
        let late = Clocks.now() + .seconds(100)
        #expect(try book.addresses(of: host, until: late) == [.loopback(port: 7101)])
        #expect(resolver.count == 1)
        // Answered, so that the next question is a new one.
        resolver.release()
        #expect(try book.addresses(of: host, until: late) == [.loopback(port: 7101)])
        #expect(resolver.count == 2)
    }

    @Test func `a literal needs no resolver`() throws {
        let resolver = try Resolver()
        var book = AddressBook { _ throws(SystemError) in try resolver.answer() }
        let host = HostPort(host: "127.0.0.1", port: 7101)
        #expect(try book.addresses(of: host, until: Clocks.now()) == [.loopback(port: 7101)])
        #expect(resolver.count == 0)
    }

    @Test func `what the resolver says is thrown`() {
        let error = SystemError(call: "getaddrinfo", code: -2, subject: "node.example")
        var book = AddressBook { _ throws(SystemError) in throw error }
        let host = HostPort(host: "node.example", port: 7101)
        #expect(throws: error) {
            try book.addresses(of: host, until: Clocks.now() + .seconds(100))
        }
    }

    @Test func `a node may be named`() throws {
        let server = try ScriptedServer([.json(200, "{}")])
        defer { server.stop() }
        let endpoint = try #require(Endpoint("http://localhost:\(server.address.port)"))
        #expect(try Client(endpoints: [endpoint]).send(ClientTests.read).status == 200)
    }
}
