import Basics
import HTTP
import KeyclaveClient
import Linux

/// The client of one command, with the credentials that the command line or the environment gave.
struct Session {
    let invocation: Invocation
    let surroundings: Surroundings
    var client: Client
    /// The same for every attempt of this command.
    let idempotencyKey: String

    init(invocation: Invocation, surroundings: Surroundings) throws {
        self.invocation = invocation
        self.surroundings = surroundings
        let endpoints = try invocation.texts("endpoint").map { text in
            guard let endpoint = Endpoint(text) else {
                // What a TLS front serves isn't for this program, which speaks plain HTTP.
                let way =
                    text.hasPrefix("https:")
                    ? ": TLS isn't spoken here. Ask a node itself, from its machine or network, or "
                        + "through a tunnel (ssh -L 7101:127.0.0.1:7101 n1)" : ""
                throw UsageError(
                    words: invocation.words,
                    message: "--endpoint must be like http://127.0.0.1:7101, not “\(text)”\(way)")
            }
            return endpoint
        }
        var settings = ClientSettings()
        settings.deadline = .seconds(invocation.number("timeout") ?? 30)
        client = Client(endpoints: endpoints, settings: settings)
        let hasOption = invocation.command.option("id") != nil
        idempotencyKey = (hasOption ? invocation.text("id") : nil) ?? IdempotencyKeys.next()
    }

    /// Sends a request; somebody at a terminal sees that it takes its time.
    func send(
        _ request: ClientRequest, saying label: String = "waiting for an answer"
    ) throws(ClientError) -> Response {
        try WaitingLine(surroundings).during(label) { () throws(ClientError) in
            try client.send(request)
        }
    }

    /// `Bearer` and the management token. On the command line `--token` and `--token-file`
    /// exclude each other; what the command line names beats what the environment names.
    func token() throws -> String { try Self.token(of: invocation) }

    static func token(of invocation: Invocation) throws -> String {
        if invocation.wasGiven("token"), invocation.wasGiven("token-file") {
            throw UsageError(
                words: invocation.words, message: "give --token or --token-file, not both")
        }
        let file = invocation.text("token-file")
        if let file, invocation.wasGiven("token-file") || invocation.text("token") == nil {
            return "Bearer " + (try secret(inFile: file))
        }
        if let token = invocation.text("token") {
            return "Bearer " + (try checked(token, "the token"))
        }
        throw UsageError(
            words: invocation.words,
            message: "a management token is needed: --token-file, --token or KEYCLAVE_TOKEN")
    }

    func apiKey() throws -> String {
        "Bearer " + (try Self.apiKey(of: invocation, in: surroundings))
    }

    static func apiKey(of invocation: Invocation, in surroundings: Surroundings) throws -> String {
        guard let key = invocation.text("key") else {
            throw UsageError(
                words: invocation.words, message: "an API key is needed: --key or KEYCLAVE_KEY")
        }
        guard key == "-" else { return try checked(key, "the key") }
        let text = String(decoding: surroundings.readInput(), as: UTF8.self)
        return try checked(trimmed(text), "the key on standard input")
    }

    /// The account named, or else the one that the token belongs to; nil if that is none and
    /// none is needed.
    mutating func account(isNeeded: Bool) throws -> String? {
        if let account = invocation.text("account") { return account }
        let request = ClientRequest(
            method: .get, path: "/v1/whoami", authorization: try token(), isSafe: true)
        let account = try send(request).json()?["account"]?.string
        guard account != nil || !isNeeded else {
            throw UsageError(
                words: invocation.words,
                message: "--account is needed: the token belongs to no account")
        }
        return account
    }

    /// The text of a secret's file, which nobody else may be able to read.
    static func secret(inFile path: String) throws -> String {
        let bytes = try PrivateFile.contents(of: path)
        return try checked(trimmed(String(decoding: bytes, as: UTF8.self)), "the text in \(path)")
    }

    private static func trimmed(_ text: String) -> String {
        text.split { $0.isWhitespace }.joined(separator: " ")
    }

    /// Printable ASCII without spaces: anything else is no secret of ours, and could break out of
    /// the header it travels in.
    private static func checked(_ secret: String, _ name: String) throws -> String {
        guard !secret.isEmpty, secret.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw LocalError(message: "\(name) is empty or holds characters that none has")
        }
        return secret
    }
}
