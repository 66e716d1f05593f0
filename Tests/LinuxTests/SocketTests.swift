import Basics
import Glibc
import Testing

@testable import Linux

struct SocketTests {
    /// A connected pair over loopback, accepted by a listener of its own.
    struct Pair: ~Copyable {
        let near: StreamSocket
        let far: StreamSocket

        init() throws {
            let listener = try ListeningSocket(at: .loopback())
            let dialled = try StreamSocket.connect(to: listener.address)
            SocketTests.wait(dialled.descriptor, .write)
            try dialled.connectionOutcome()
            SocketTests.wait(listener.descriptor, .read)
            guard let accepted = try listener.accept() else { fatalError("nothing to accept") }
            near = dialled
            far = accepted
        }
    }

    static func wait(_ descriptor: borrowing Descriptor, _ interest: Interest) {
        do {
            let poller = try Poller(batch: 1)
            try poller.add(descriptor, interest, token: 0)
            #expect(poller.wait(.seconds(10)) == 1)
        } catch {
            Issue.record(error)
        }
    }

    static func read(_ socket: borrowing StreamSocket, _ count: Int = 100) throws -> (
        Transfer, [UInt8]
    ) {
        var bytes = [UInt8](repeating: 0, count: count)
        var transfer = Transfer.wouldBlock
        var trouble: SystemError?
        bytes.withUnsafeMutableBytes {
            do throws(SystemError) { transfer = try socket.read(into: $0) } catch {
                trouble = error
            }
        }
        if let trouble { throw trouble }
        if case .bytes(let some) = transfer { return (transfer, Array(bytes.prefix(some))) }
        return (transfer, [])
    }

    static func write(_ socket: borrowing StreamSocket, _ bytes: [UInt8]) throws -> Transfer {
        var trouble: SystemError?
        var transfer = Transfer.wouldBlock
        bytes.withUnsafeBytes {
            do throws(SystemError) { transfer = try socket.write($0) } catch { trouble = error }
        }
        if let trouble { throw trouble }
        return transfer
    }

    @Test func theKernelChoosesThePortIfNoneIsAskedFor() throws {
        let listener = try ListeningSocket(at: .loopback())
        #expect(listener.address.port != 0)
        #expect(listener.address.isLoopback)
        if try listener.accept() != nil { Issue.record("accepted nobody") }
    }

    @Test func bytesArriveAndTheEndIsSeen() throws {
        let pair = try Pair()
        #expect(try Self.read(pair.far).0 == .wouldBlock)
        #expect(try Self.write(pair.near, [1, 2, 3]) == .bytes(3))
        Self.wait(pair.far.descriptor, .read)
        #expect(try Self.read(pair.far).1 == [1, 2, 3])
        pair.near.finishWriting()
        Self.wait(pair.far.descriptor, .read)
        #expect(try Self.read(pair.far).0 == .end)
        #expect(try Self.write(pair.far, [4]) == .bytes(1))
        Self.wait(pair.near.descriptor, .read)
        #expect(try Self.read(pair.near).1 == [4])
    }

    @Test func bothEndsKnowEachOther() throws {
        let pair = try Pair()
        #expect(pair.near.localAddress == pair.far.peerAddress)
        #expect(pair.near.peerAddress == pair.far.localAddress)
    }

    @Test func aFullPipeSaysWouldBlock() throws {
        let pair = try Pair()
        let block = [UInt8](repeating: 7, count: 1 << 20)
        var written = 0
        while case .bytes(let some) = try Self.write(pair.near, block) { written += some }
        #expect(written > 0)
        #expect(try Self.write(pair.near, block) == .wouldBlock)
        var received = 0
        while received < written {
            Self.wait(pair.far.descriptor, .read)
            received += try Self.read(pair.far, 1 << 20).1.count
        }
        #expect(received == written)
    }

    @Test func writingToAClosedConnectionIsAnErrorAndNoSignal() throws {
        let listener = try ListeningSocket(at: .loopback())
        let near = try StreamSocket.connect(to: listener.address)
        Self.wait(listener.descriptor, .read)
        do {
            let far = try listener.accept()
            // Unread bytes at close make the kernel answer with a reset.
            #expect(try Self.write(near, [1]) == .bytes(1))
            if let far {
                Self.wait(far.descriptor, .read)
            } else {
                Issue.record("nothing to accept")
            }
        }
        Self.wait(near.descriptor, .read)
        let first = #expect(throws: SystemError.self) { _ = try Self.read(near) }
        #expect(first?.code == ECONNRESET)
        let second = #expect(throws: SystemError.self) { _ = try Self.write(near, [2]) }
        #expect(second?.code == EPIPE)
    }

    @Test func aRefusedConnectionSaysSo() throws {
        // Bound, so that nobody else gets the port, but not listening.
        let bound = Descriptor(owning: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        let number = bound.number
        #expect(SocketAddress.loopback().withKernelForm { Glibc.bind(number, $0, $1) } == 0)
        let holder = StreamSocket(bound)
        let known = holder.localAddress
        let address = try #require(known)
        do throws(SystemError) {
            let socket = try StreamSocket.connect(to: address)
            Self.wait(socket.descriptor, .write)
            try socket.connectionOutcome()
            Issue.record("connected to \(address)")
        } catch {
            #expect(error.code == ECONNREFUSED)
        }
    }

    @Test func aPortIsSharedOnlyIfBothSay() throws {
        let first = try ListeningSocket(at: .loopback(), shared: true)
        let second = try ListeningSocket(at: first.address, shared: true)
        #expect(second.address == first.address)
        do {
            _ = try ListeningSocket(at: first.address)
            Issue.record("took a port that is in use")
        } catch {
            #expect(error.code == EADDRINUSE)
            #expect(error.description == "bind \(first.address): Address already in use")
        }
    }

    @Test func anIPv6SocketLeavesIPv4Alone() throws {
        let six = try ListeningSocket(at: #require(SocketAddress(literal: "::1", port: 0)))
        var only: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        let level = Int32(IPPROTO_IPV6)
        #expect(getsockopt(six.descriptor.number, level, IPV6_V6ONLY, &only, &length) == 0)
        #expect(only == 1)
        let client = try StreamSocket.connect(to: six.address)
        Self.wait(client.descriptor, .write)
        try client.connectionOutcome()
    }
}
