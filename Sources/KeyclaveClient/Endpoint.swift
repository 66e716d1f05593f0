import Linux

/// Where a node answers: a host and a port, written as `http://127.0.0.1:7101`.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    public var address: HostPort

    public init(address: HostPort) { self.address = address }

    /// Reads `http://host:port`, `http://host:port/` or `host:port`; nil for anything else, TLS
    /// (`https`) included: a TLS front's inner side is what this client speaks to.
    public init?(_ text: String) {
        var rest = text[...]
        if rest.hasPrefix("http://") { rest = rest.dropFirst(7) }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        guard let address = HostPort(String(rest)), address.port > 0 else { return nil }
        self.init(address: address)
    }

    public var description: String { "http://\(address)" }
}
