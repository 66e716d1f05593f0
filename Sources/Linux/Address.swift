import CLinux
import Glibc

/// An IPv4 or IPv6 address with a port: where a socket listens or connects to.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    enum Host: Hashable, Sendable {
        /// In network byte order, as the kernel wants it.
        case v4(UInt32)
        case v6(high: UInt64, low: UInt64, scope: UInt32)
    }

    let host: Host
    public var port: UInt16

    init(host: Host, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads a literal such as `127.0.0.1` or `::1`, without a port; nil for a name.
    public init?(literal: String, port: UInt16) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, literal, &four) == 1 {
            self.init(host: .v4(four.s_addr), port: port)
        } else if inet_pton(AF_INET6, literal, &six) == 1 {
            self.init(host: SocketAddress.host(six, scope: 0), port: port)
        } else {
            return nil
        }
    }

    public static func loopback(port: UInt16 = 0) -> SocketAddress {
        SocketAddress(host: .v4(UInt32(0x7F00_0001).bigEndian), port: port)
    }

    /// True for addresses that no other machine can reach: 127.0.0.0/8 and ::1.
    public var isLoopback: Bool {
        switch host {
        case .v4(let address): UInt32(bigEndian: address) >> 24 == 127
        case .v6(let high, let low, _): high == 0 && UInt64(bigEndian: low) == 1
        }
    }

    /// A number for who is behind the address, as far as one can tell: the IPv4 address, or the
    /// network part of an IPv6 address (64 bits; whoever has one of its addresses has them all).
    public var network: UInt64 {
        switch host {
        case .v4(let address): UInt64(UInt32(bigEndian: address))
        case .v6(let high, _, _): UInt64(bigEndian: high)
        }
    }

    var family: Int32 {
        switch host {
        case .v4: AF_INET
        case .v6: AF_INET6
        }
    }

    /// `127.0.0.1:7101` or `[::1]:7101`.
    public var description: String {
        switch host {
        case .v4: "\(hostText):\(port)"
        case .v6: "[\(hostText)]:\(port)"
        }
    }

    /// The address without port and brackets.
    public var hostText: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch host {
        case .v4(let address):
            var four = in_addr(s_addr: address)
            inet_ntop(AF_INET, &four, &buffer, socklen_t(buffer.count))
        case .v6(let high, let low, _):
            var words = (high, low)
            inet_ntop(AF_INET6, &words, &buffer, socklen_t(buffer.count))
        }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension SocketAddress {
    private static func host(_ six: in6_addr, scope: UInt32) -> Host {
        withUnsafeBytes(of: six) { raw in
            .v6(
                high: raw.loadUnaligned(as: UInt64.self),
                low: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self), scope: scope)
        }
    }

    /// Calls `body` with the kernel's form of the address.
    func withKernelForm<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        switch host {
        case .v4(let address):
            var form = sockaddr_in()
            form.sin_family = sa_family_t(AF_INET)
            form.sin_port = port.bigEndian
            form.sin_addr.s_addr = address
            return withUnsafeBytes(of: &form) {
                body($0.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t($0.count))
            }
        case .v6(let high, let low, let scope):
            var form = sockaddr_in6()
            form.sin6_family = sa_family_t(AF_INET6)
            form.sin6_port = port.bigEndian
            form.sin6_scope_id = scope
            withUnsafeMutableBytes(of: &form.sin6_addr) {
                $0.storeBytes(of: high, as: UInt64.self)
                $0.storeBytes(of: low, toByteOffset: 8, as: UInt64.self)
            }
            return withUnsafeBytes(of: &form) {
                body($0.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t($0.count))
            }
        }
    }

    /// Reads what the kernel filled in; nil for a family other than IPv4 and IPv6.
    init?(kernelForm raw: UnsafeRawBufferPointer) {
        guard raw.count >= MemoryLayout<sockaddr>.size else { return nil }
        switch Int32(raw.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET where raw.count >= MemoryLayout<sockaddr_in>.size:
            let form = raw.loadUnaligned(as: sockaddr_in.self)
            self.init(host: .v4(form.sin_addr.s_addr), port: UInt16(bigEndian: form.sin_port))
        case AF_INET6 where raw.count >= MemoryLayout<sockaddr_in6>.size:
            let form = raw.loadUnaligned(as: sockaddr_in6.self)
            self.init(
                host: SocketAddress.host(form.sin6_addr, scope: form.sin6_scope_id),
                port: UInt16(bigEndian: form.sin6_port))
        default:
            return nil
        }
    }
}

/// A host, by literal or by name, and a port: what configuration files and endpoints hold.
public struct HostPort: Hashable, Sendable, CustomStringConvertible {
    /// Without brackets.
    public var host: String
    public var port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port`, with IPv6 literals in brackets; nil for anything else. A name may hold
    /// letters, digits, dots, hyphens and underscores only, so that it can't smuggle anything
    /// into a log line or a header.
    public init?(_ text: String) {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits)
        else { return nil }
        let head = text[..<colon]
        if head.hasPrefix("[") && head.hasSuffix("]") && head.utf8.count > 2 {
            let literal = String(head.dropFirst().dropLast())
            guard literal.utf8.contains(UInt8(ascii: ":")),
                SocketAddress(literal: literal, port: port) != nil
            else { return nil }
            self.init(host: literal, port: port)
        } else {
            guard (1...253).contains(head.utf8.count), head.utf8.allSatisfy(Self.isNameByte) else {
                return nil
            }
            self.init(host: String(head), port: port)
        }
    }

    public var description: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// The addresses behind it: at once for a literal, else from the system's resolver, which may
    /// block for seconds. Throws `SystemError` with the resolver's code negated in `code`.
    public func resolve() throws(SystemError) -> [SocketAddress] {
        if let address = SocketAddress(literal: host, port: port) { return [address] }
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            throw SystemError(call: "getaddrinfo", code: code, subject: host)
        }
        defer { freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next {
            let raw = UnsafeRawBufferPointer(
                start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen))
            if var address = SocketAddress(kernelForm: raw) {
                address.port = port
                if !found.contains(address) { found.append(address) }
            }
            next = entry.pointee.ai_next
        }
        return found
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
