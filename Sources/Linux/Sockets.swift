import CLinux
import Glibc

/// A TCP socket that listens, non-blocking.
public struct ListeningSocket: ~Copyable, Sendable {
    public let descriptor: Descriptor
    /// Where it listens; with port 0 asked for, the port that the kernel chose.
    public let address: SocketAddress

    /// Listens at `address`. With `shared`, other sockets of this process may listen there too
    /// and the kernel spreads connections over them (SO_REUSEPORT, socket(7)).
    ///
    /// Throws EADDRINUSE if somebody else listens there, EADDRNOTAVAIL, EACCES.
    public init(at address: SocketAddress, shared: Bool = false) throws(SystemError) {
        do throws(SystemError) {
            let made = Descriptor(
                owning: try systemCall("socket") { linux_socket(address.family) })
            let number = made.number
            infallible("setsockopt") { linux_set_option(number, SOL_SOCKET, SO_REUSEADDR, 1) }
            if shared {
                infallible("setsockopt") { linux_set_option(number, SOL_SOCKET, SO_REUSEPORT, 1) }
            }
            if address.family == AF_INET6 {
                // One family for one socket: `[::]` must not take IPv4's port along.
                let level = Int32(IPPROTO_IPV6)
                infallible("setsockopt") { linux_set_option(number, level, IPV6_V6ONLY, 1) }
            }
            _ = try systemCall("bind") { address.withKernelForm { Glibc.bind(number, $0, $1) } }
            _ = try systemCall("listen") { Glibc.listen(number, 1024) }
            self.address = try localAddress(of: number)
            descriptor = made
        } catch {
            throw error.about(address.description)
        }
    }

    /// The next connection waiting, non-blocking and with Nagle's delay off, or nil if there is
    /// none. A connection that was reset before it could be accepted is skipped.
    ///
    /// Throws EMFILE, ENFILE, ENOBUFS, ENOMEM: the caller should stop accepting for a while.
    public func accept() throws(SystemError) -> StreamSocket? {
        while true {
            do throws(SystemError) {
                let number = descriptor.number
                guard
                    let accepted = try nonBlockingCall(
                        "accept4", { linux_accept4(number, nil, nil) })
                else { return nil }
                let socket = StreamSocket(Descriptor(owning: accepted))
                socket.disableDelay()
                return socket
            } catch {
                // accept(2): errors of the new connection's network are reported here; they
                // concern that connection, not this socket.
                switch error.code {
                case ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, EHOSTUNREACH,
                    ENETUNREACH, EPERM:
                    continue
                default: throw error
                }
            }
        }
    }
}

/// What a non-blocking read or write came to.
public enum Transfer: Hashable, Sendable {
    /// So many bytes, at least one.
    case bytes(Int)
    /// Nothing now: wait for the poller.
    case wouldBlock
    /// The other side has sent all it will (reads only).
    case end
}

/// One end of a TCP connection, non-blocking.
public struct StreamSocket: ~Copyable, Sendable {
    public let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Begins to connect; the socket becomes writable when that has succeeded or failed, and
    /// `connectionOutcome` says which. Throws what fails at once (ENETUNREACH, EADDRNOTAVAIL).
    public static func connect(to address: SocketAddress) throws(SystemError) -> StreamSocket {
        do throws(SystemError) {
            let made = Descriptor(
                owning: try systemCall("socket") { linux_socket(address.family) })
            let number = made.number
            // Not `systemCall`: connect(2) interrupted by a signal goes on by itself, and a
            // second call would say EALREADY.
            let result = address.withKernelForm { Glibc.connect(number, $0, $1) }
            if result < 0 {
                let code = linux_errno()
                guard code == EINPROGRESS || code == EINTR else { throw failure("connect", code) }
            }
            let socket = StreamSocket(made)
            socket.disableDelay()
            return socket
        } catch {
            throw error.about(address.description)
        }
    }

    /// Throws the reason if the connection couldn't be made; to be asked when first writable.
    public func connectionOutcome() throws(SystemError) {
        var code: Int32 = 0
        let number = descriptor.number
        infallible("getsockopt") { linux_get_option(number, SOL_SOCKET, SO_ERROR, &code) }
        if code != 0 { throw SystemError(call: "connect", code: code) }
    }

    /// Reads what has arrived into `buffer`. Throws ECONNRESET, ETIMEDOUT and the like: the
    /// connection is gone.
    @inlinable
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Transfer {
        try receiveBytes(descriptor.number, buffer)
    }

    /// Writes as much of `bytes` as the kernel takes. Throws EPIPE, ECONNRESET: the connection
    /// is gone. Never raises SIGPIPE.
    @inlinable
    public func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Transfer {
        try sendBytes(descriptor.number, bytes)
    }

    /// Says that no more bytes will follow, and still reads.
    public func finishWriting() {
        _ = Glibc.shutdown(descriptor.number, Int32(SHUT_WR))
    }

    /// The other end, or nil if the connection is gone already.
    public var peerAddress: SocketAddress? {
        let number = descriptor.number
        return try? kernelAddress("getpeername") { Glibc.getpeername(number, $0, $1) }
    }

    public var localAddress: SocketAddress? { try? Linux.localAddress(of: descriptor.number) }

    /// Sends small writes at once (TCP_NODELAY): answers are whole when written.
    func disableDelay() {
        let number = descriptor.number
        // The other side may have reset the connection by now, so the result says nothing.
        _ = linux_set_option(number, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    }
}

@usableFromInline
func receiveBytes(
    _ number: Int32, _ buffer: UnsafeMutableRawBufferPointer
) throws(SystemError) -> Transfer {
    precondition(!buffer.isEmpty, "a read into nothing can't be told from the end")
    let result = try nonBlockingCall("recv") {
        Glibc.recv(number, buffer.baseAddress, buffer.count, 0)
    }
    guard let count = result else { return .wouldBlock }
    return count == 0 ? .end : .bytes(count)
}

@usableFromInline
func sendBytes(_ number: Int32, _ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Transfer {
    precondition(!bytes.isEmpty, "a write of nothing")
    let result = try nonBlockingCall("send") {
        Glibc.send(number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    }
    guard let count = result else { return .wouldBlock }
    return .bytes(count)
}

private func localAddress(of number: Int32) throws(SystemError) -> SocketAddress {
    try kernelAddress("getsockname") { Glibc.getsockname(number, $0, $1) }
}

private func kernelAddress(
    _ name: StaticString,
    _ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
) throws(SystemError) -> SocketAddress {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutableBytes(of: &storage) { raw in
        call(raw.assumingMemoryBound(to: sockaddr.self).baseAddress!, &length)
    }
    if result < 0 { throw failure(name, linux_errno()) }
    let address = withUnsafeBytes(of: storage) {
        SocketAddress(kernelForm: UnsafeRawBufferPointer(rebasing: $0[..<Int(length)]))
    }
    guard let address else { throw SystemError(call: name.description, code: EAFNOSUPPORT) }
    return address
}
