import Basics
import Testing

/// A real proxy with one of the shipped configurations, before a cluster and a service. Only ports
/// and the certificate's place are the test's own.
struct RunningProxy {
    enum Kind {
        case nginx(String)
        case caddy

        var file: String {
            switch self {
            case .nginx(let file): file
            case .caddy: "Caddyfile"
            }
        }
    }

    let port: UInt16
    /// Of the server that stands before the nodes themselves, where there is one.
    let nodesPort: UInt16
    let service: RecordingService
    private let directory: String

    /// Runs `body` while the proxy runs.
    static func run(
        _ kind: Kind, before cluster: TestCluster, _ body: (RunningProxy) throws -> Void
    ) throws {
        let directory = try Files.makeTemporaryDirectory()
        let warden = try Warden(directory: directory)
        let service = try RecordingService()
        defer {
            service.stop()
            try? warden.dismiss()
        }
        try makeCertificate(in: directory)
        let ports = try freePorts(2)
        let proxy = RunningProxy(
            port: ports[0], nodesPort: ports[1], service: service, directory: directory)
        let process = try proxy.start(kind, before: cluster)
        warden.entrust(process)
        defer {
            _ = try? process.destroy()
            warden.release(process)
        }
        do {
            try eventually("\(kind) to listen") {
                (try? Connection(port: proxy.port, within: .seconds(5))) != nil
            }
            try body(proxy)
        } catch {
            throw Failure(cause: error, log: Files.text(of: directory + "/log"))
        }
    }

    struct Failure: Error, CustomStringConvertible {
        var cause: any Error
        var log: String
        var description: String { "\(cause)\n\(log.suffix(2000))" }
    }

    private static func makeCertificate(in directory: String) throws {
        let names = "subjectAltName=DNS:api.example.com,DNS:keyclave.example.com"
        let made = try ChildProcess(
            try #require(ProxyProgram.openssl),
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                "/CN=api.example.com", "-addext", names, "-keyout", directory + "/privkey.pem",
                "-out", directory + "/fullchain.pem",
            ], environment: Program.environment, output: directory + "/openssl.log"
        ).wait()
        guard made == .exited(0) else {
            throw TimedOut(what: "openssl: " + Files.text(of: directory + "/openssl.log"))
        }
    }

    private func start(_ kind: Kind, before cluster: TestCluster) throws -> ChildProcess {
        var words = [
            ("8443", "\(port)"), ("127.0.0.1:8080", "127.0.0.1:\(service.port)"),
            ("/etc/keyclave/tls", directory),
        ]
        let text = try ShippedProxy.configuration(kind.file)
        for (index, node) in cluster.nodes.enumerated() {
            // One that is near has but one node.
            let standard = "127.0.0.1:\(7101 + index)"
            guard index == 0 || text.contains(standard) else { continue }
            words.append((standard, "127.0.0.1:\(node.httpPort)"))
        }
        if text.contains("9443") { words.append(("9443", "\(nodesPort)")) }
        let configuration = directory + "/" + kind.file
        try Files.write(try ShippedProxy.configuration(kind.file, words), to: configuration)
        var environment = Program.environment
        // Where Caddy would otherwise keep state.
        for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] { environment[name] = directory }
        let program: String?
        let arguments: [String]
        switch kind {
        case .nginx:
            let whole = directory + "/whole.conf"
            try Files.write(surroundings(of: kind.file), to: whole)
            program = ProxyProgram.nginx
            arguments = ["-p", directory, "-c", whole, "-e", directory + "/log"]
        case .caddy:
            program = ProxyProgram.caddy
            arguments = ["run", "--config", configuration, "--adapter", "caddyfile"]
        }
        return try ChildProcess(
            try #require(program), arguments, environment: environment, output: directory + "/log")
    }

    /// What stands around a file of `/etc/nginx/conf.d`. Without a master process: it would leave
    /// its workers behind when it is killed.
    private func surroundings(of file: String) -> String {
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \($0);" }.joined(separator: " ")
        return """
            daemon off; master_process off; pid pid; error_log log info;
            events {}
            http { access_log off; \(temporary) include \(file); }

            """
    }

    // MARK: Its clients

    /// Asks over TLS, with the certificate checked.
    func send(
        _ path: String, _ headers: [String] = [], body: String? = nil,
        host: String = "api.example.com"
    ) throws -> Answer {
        let port = host == "api.example.com" ? port : nodesPort
        let (head, content) = (directory + "/head", directory + "/content")
        var words = [
            "-sS", "--max-time", "20", "--http1.1", "--cacert", directory + "/fullchain.pem",
            "--resolve", "\(host):\(port):127.0.0.1", "-D", head, "-o", content,
        ]
        for header in headers { words += ["-H", header] }
        if let body { words += ["-d", body] }
        Files.remove(head)
        Files.remove(content)
        let end = try ChildProcess(
            try #require(ProxyProgram.curl), words + ["https://\(host):\(port)\(path)"],
            environment: Program.environment, output: directory + "/log"
        ).wait()
        guard end == .exited(0) else { throw TimedOut(what: "curl \(path): \(end)") }
        var answer = try HTTPClient.parseHead(Array(Files.text(of: head).utf8))
        answer.body = Array(Files.text(of: content).utf8)
        return answer
    }
}
