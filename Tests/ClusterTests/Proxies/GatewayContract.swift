/// A request as a gateway got it, and would pass it on.
struct GatewayRequest: Hashable, Sendable {
    var method: String
    /// With the query.
    var target: String
    /// By name in lower case.
    var headers: [String: String]
}

/// The names that a service may take for this one: to CGI and its like `_` and `-` are the same.
func spellings(of name: String) -> [String] {
    name.split(separator: "-").reduce(into: [""]) { names, word in
        names = names.flatMap { start in
            start.isEmpty ? [String(word)] : ["\(start)-\(word)", "\(start)_\(word)"]
        }
    }
}

/// What a gateway does with its client's request.
enum GatewayOutcome: Hashable, Sendable {
    case passedOn(GatewayRequest)
    case refused(status: Int, headers: [String: String])
}

/// What a gateway that isn't run here sends to a node, and does with the answer, by its own
/// documentation and the configuration that is shipped.
protocol GatewayContract {
    func question(about request: GatewayRequest) -> Request
    /// Nil stands for no answer.
    func outcome(of answer: Answer?, for request: GatewayRequest) -> GatewayOutcome
}

/// The lines of a shipped YAML file, as far as the contracts need them.
struct YAMLText {
    private let lines: [(indent: Int, text: String)]

    init(_ text: String) {
        lines = text.split(separator: "\n").compactMap { line in
            let content = line.drop { $0 == " " }
            guard !content.isEmpty, !content.hasPrefix("#") else { return nil }
            return (line.count - content.count, String(content))
        }
    }

    /// The value that stands behind a name, which must be there once.
    func value(of name: String) throws -> String {
        let values = lines.compactMap { line in
            line.text.hasPrefix(name + ": ") ? String(line.text.dropFirst(name.count + 2)) : nil
        }
        guard values.count == 1 else { throw TimedOut(what: "one value of \(name)") }
        return values[0]
    }

    /// The items of the list below a name, in lower case: of `- exact: x` and `- remove: x` the
    /// `x`, of `- x` as well, and of `x: ""` the name.
    func names(below name: String) throws -> Set<String> {
        guard let start = lines.firstIndex(where: { $0.text == name + ":" }) else {
            throw TimedOut(what: name)
        }
        let indent = lines[start].indent
        let block = lines[(start + 1)...].prefix { line in
            line.indent > indent || line.indent == indent && line.text.hasPrefix("- ")
        }
        return Set(
            block.compactMap { line in
                guard !line.text.hasSuffix(":") else { return nil }
                if line.text.hasPrefix("- ") {
                    return line.text.split(separator: " ").last?.lowercased()
                }
                return line.text.split(separator: ":").first?.lowercased()
            })
    }
}

/// Envoy's filter `ext_authz` with an HTTP service.
///
/// The check has the client's method, the path prefix with the client's path and query behind it,
/// `Host`, `Content-Length: 0`, and of the client's headers those that are allowed. 200 lets the
/// request on, with the answer's allowed headers in place of those of the same name; 5xx and no
/// answer give the status for errors; anything else is passed to the client, with the headers
/// allowed for it. A route's removals are made by the router, which comes behind. A request with an
/// underscore in a header's name is refused before, as the connection manager is told.
struct EnvoyContract: GatewayContract {
    private let prefix: String
    private let asked: Set<String>
    private let upstream: Set<String>
    private let client: Set<String>
    private let removedBefore: Set<String>
    private let removedBehind: Set<String>
    private let statusOnError = 503

    init() throws {
        let yaml = YAMLText(try ShippedProxy.configuration("envoy.yaml"))
        prefix = try yaml.value(of: "path_prefix")
        asked = try yaml.names(below: "allowed_headers")
        upstream = try yaml.names(below: "allowed_upstream_headers")
        client = try yaml.names(below: "allowed_client_headers").union(["www-authenticate"])
        removedBefore = try yaml.names(below: "request_mutations")
        removedBehind = try yaml.names(below: "request_headers_to_remove")
        guard try yaml.value(of: "status_on_error") == "{code: ServiceUnavailable}",
            try yaml.value(of: "failure_mode_allow") == "false",
            try yaml.value(of: "headers_with_underscores_action") == "REJECT_REQUEST"
        else { throw TimedOut(what: "what Envoy says of its own") }
    }

    func question(about request: GatewayRequest) -> Request {
        var question = Request(request.method, prefix + request.target)
        question.headers = request.headers.filter { asked.contains($0.key) }.map { ($0, $1) }
        question.body = []
        return question
    }

    func outcome(of answer: Answer?, for request: GatewayRequest) -> GatewayOutcome {
        // Before any filter.
        if request.headers.keys.contains(where: { $0.contains("_") }) {
            return .refused(status: 400, headers: [:])
        }
        guard let answer, answer.status < 500 else {
            return .refused(status: statusOnError, headers: [:])
        }
        guard answer.status == 200 else {
            return .refused(
                status: answer.status, headers: answer.headers.filter { client.contains($0.key) })
        }
        var passed = request
        for name in removedBefore { passed.headers[name] = nil }
        for name in upstream {
            if let value = answer.headers[name] { passed.headers[name] = value }
        }
        for name in removedBehind { passed.headers[name] = nil }
        return .passedOn(passed)
    }
}

/// Traefik's middleware `forwardAuth`, with `headers` behind it.
///
/// The question is a GET of the address, with `X-Forwarded-*` about the request and those of the
/// client's headers that are listed. 2xx lets the request on: the listed headers of the answer
/// replace the client's, which are dropped in any case. Anything else is the client's answer.
struct TraefikContract: GatewayContract {
    private let address: String
    private let asked: Set<String>
    private let upstream: Set<String>
    private let removed: Set<String>

    init() throws {
        let yaml = YAMLText(try ShippedProxy.configuration("traefik.yaml"))
        let url = try yaml.value(of: "address")
        guard let node = url.firstRange(of: "127.0.0.1:7101") else { throw TimedOut(what: url) }
        address = String(url[node.upperBound...])
        asked = try yaml.names(below: "authRequestHeaders")
        upstream = try yaml.names(below: "authResponseHeaders")
        removed = try yaml.names(below: "customRequestHeaders")
    }

    func question(about request: GatewayRequest) -> Request {
        var question = Request("GET", address)
        question.headers = request.headers.filter { asked.contains($0.key) }.map { ($0, $1) }
        question.headers += [
            ("X-Forwarded-Method", request.method), ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "api.example.com"), ("X-Forwarded-Uri", request.target),
            ("X-Forwarded-For", "192.0.2.7"), ("Accept-Encoding", "gzip"),
        ]
        return question
    }

    func outcome(of answer: Answer?, for request: GatewayRequest) -> GatewayOutcome {
        guard let answer else { return .refused(status: 500, headers: [:]) }
        guard answer.isSuccess else {
            return .refused(status: answer.status, headers: answer.headers)
        }
        var passed = request
        for name in upstream { passed.headers[name] = answer.headers[name] }
        for name in removed { passed.headers[name] = nil }
        return .passedOn(passed)
    }
}
