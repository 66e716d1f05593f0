import Basics
import Linux

/// One question to the system's resolver, which may block for as long as it likes: asked from a
/// thread of its own, so that whoever wants the answer can give up.
final class NameLookup: Sendable {
    typealias Answer = Result<[SocketAddress], SystemError>

    private let answer: Mailbox<Answer>

    init(
        _ resolve: @escaping @Sendable () throws(SystemError) -> [SocketAddress]
    ) throws(SystemError) {
        let answer = try Mailbox<Answer>()
        self.answer = answer
        _ = try Thread(name: "keyclave-names") {
            do throws(SystemError) {
                answer.send(.success(try resolve()))
            } catch {
                answer.send(.failure(error))
            }
        }
    }

    /// The answer, once; nil if it hasn't come by the deadline.
    func wait(until deadline: Instant) -> Answer? {
        var arrived: [Answer] = []
        answer.wait(into: &arrived, timeout: deadline - Clocks.now())
        return arrived.first
    }
}

/// Finds addresses by deadlines.
///
/// Law: no name is asked for while an earlier question for it is open, so however often one is
/// given up, a resolver that doesn't answer costs one thread a name.
struct AddressBook {
    private let resolve: @Sendable (HostPort) throws(SystemError) -> [SocketAddress]
    private var open: [HostPort: NameLookup] = [:]

    init(
        resolve: @escaping @Sendable (HostPort) throws(SystemError) -> [SocketAddress] = {
            host throws(SystemError) in try host.resolve()
        }
    ) {
        self.resolve = resolve
    }

    /// The addresses behind `host`, at once for a literal; nil if the resolver is silent until the
    /// deadline.
    mutating func addresses(
        of host: HostPort, until deadline: Instant
    ) throws(SystemError) -> [SocketAddress]? {
        if let literal = SocketAddress(literal: host.host, port: host.port) { return [literal] }
        let lookup: NameLookup
        if let asked = open[host] {
            lookup = asked
        } else {
            let resolve = resolve
            lookup = try NameLookup { () throws(SystemError) in try resolve(host) }
        }
        open[host] = lookup
        guard let answer = lookup.wait(until: deadline) else { return nil }
        open[host] = nil
        return try answer.get()
    }
}
