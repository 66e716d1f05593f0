import HTTP
import Server
import Testing

@testable import keyclave

/// Whatever the interface can do, the command line can.
@Suite struct VerbTests {
    /// A path with each parameter, whatever its name, as `{}`.
    private static func shape(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("{") ? "{}" : String($0) }.joined(separator: "/")
    }

    /// Everything that commands ask, as method and shape of the path.
    private static let asked: Set<String> = Set(
        Command.root.everyCommand().flatMap { _, command -> [String] in
            var requests = command.requests
            if case .request(let operation) = command.action {
                requests.append("\(operation.method.name) \(operation.path)")
                if let path = operation.pathWithoutAccount {
                    requests.append("\(operation.method.name) \(path)")
                }
            }
            return requests.map { request in
                let words = request.split(separator: " ")
                return "\(words[0]) \(shape(String(words[1])))"
            }
        })

    @Test func `every endpoint has its verb`() {
        var found: Set<Endpoint> = []
        for route in Endpoint.table.routes {
            let methods = Method.allCases.filter { route.methods.contains($0) }
            if methods.contains(where: {
                Self.asked.contains("\($0.name) \(Self.shape(route.pattern))")
            }) {
                found.insert(route.name)
            }
        }
        for endpoint in Endpoint.allCases {
            #expect(found.contains(endpoint), "\(endpoint) has no command")
        }
    }

    @Test func `no command asks for what isn't there`() {
        let served = Set(
            Endpoint.table.routes.flatMap { route in
                Method.allCases.filter { route.methods.contains($0) }
                    .map { "\($0.name) \(Self.shape(route.pattern))" }
            })
        #expect(Self.asked.subtracting(served).isEmpty)
    }
}
