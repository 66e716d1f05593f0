import Basics
import Testing

/// Somebody who goes through what a cluster can do, by the commands of the program and by HTTP.
/// Each chapter is a file of its own.
final class Walk {
    let cluster: TestCluster
    let tenant: Tenant
    /// A member of the account, to whom most keys of the walk belong.
    let user: String
    let visitor: String
    /// Every key there has been, with what it opens or would: the last chapter asks for all.
    private(set) var ledger: [(text: String, api: String)] = []

    init(through cluster: TestCluster) throws {
        self.cluster = cluster
        func create(_ words: [String], in account: String? = nil) throws -> String {
            let place = account.map { ["KEYCLAVE_ACCOUNT": $0] } ?? [:]
            let made = try CommandRun(words + ["-o", "json"], by: cluster, place)
            return try #require(made.json["id"]?.text, "\(words): \(made)")
        }
        let account = try create(["account", "create", "Example Ltd"])
        tenant = Tenant(account: account)
        user = try create(
            ["user", "create", "--email", "ada@example.com", "--name", "Ada"], in: account)
        visitor = try create(
            ["user", "create", "--email", "vic@example.com", "--name", "Vic"], in: account)
    }

    // MARK: - Commands

    func keyclave(_ words: [String], key: String? = nil, input: String? = nil) throws -> CommandRun
    {
        var environment = ["KEYCLAVE_ACCOUNT": tenant.account]
        environment["KEYCLAVE_KEY"] = key
        return try CommandRun(words, by: cluster, environment, input: input)
    }

    /// What a command says that must succeed.
    func done(_ words: [String], key: String? = nil) throws -> JSONValue {
        let run = try keyclave(words + ["-o", "json"], key: key)
        try #require(run.end == .exited(0), "\(words): \(run)")
        return run.json
    }

    func done(_ words: String..., key: String? = nil) throws -> JSONValue {
        try done(words, key: key)
    }

    /// A server says no, by this code.
    func expectRefusal(
        _ code: String, _ words: String..., key: String? = nil,
        at place: SourceLocation = #_sourceLocation
    ) throws {
        let run = try keyclave(words, key: key)
        #expect(
            run.end == .exited(2) && run.output.isEmpty, "\(words): \(run)",
            sourceLocation: place)
        #expect(
            run.messages.contains("(\(code), request "), "\(words): \(run)",
            sourceLocation: place)
    }

    /// The records about something, oldest first.
    func trail(of subject: String) throws -> [JSONValue] {
        let items = try done("audit", "--subject", subject)["items"]?.list
        return try #require(items).reversed()
    }

    // MARK: - Keys

    /// Creates a key by the command.
    func createKey(
        _ api: String, of user: String? = nil, _ options: [String] = []
    ) throws -> IssuedKey {
        let owner = user ?? self.user
        let words = ["key", "create", "--user", owner, "--api", api, "--name", "\(api) key"]
        return try issued(by: try done(words + options), to: owner, api: api)
    }

    /// Reads what the command tells of a new key.
    func issued(by answer: JSONValue, to user: String, api: String) throws -> IssuedKey {
        let id = try #require(answer["id"]?.text)
        let text = try #require(answer["key"]?.text)
        #expect(text.hasPrefix("kc_\(api)_"))
        note(text, opening: api)
        let subject = answer["replaces"]?.text ?? id
        let index = try #require(try trail(of: subject).last?["index"]?.number)
        return IssuedKey(id: id, text: text, user: user, index: index)
    }

    func note(_ text: String, opening api: String) { ledger.append((text, api)) }

    func show(_ key: IssuedKey) throws -> JSONValue { try done("key", "get", key.id) }

    /// Every node must say so at once: what has been answered holds everywhere. Only that it can't
    /// say now is no answer.
    func expect(
        _ key: IssuedKey, opens api: String, at place: SourceLocation = #_sourceLocation
    ) throws {
        for (node, answer) in try verdicts(key.text, api) {
            #expect(
                answer.status == 200 && answer.body.isEmpty, "\(node): \(answer)",
                sourceLocation: place)
            let said = ["key", "user", "api"].map { answer.headers["x-keyclave-\($0)"] }
            #expect(said == [key.id, key.user, api], "\(node)", sourceLocation: place)
        }
    }

    func expect(
        _ key: IssuedKey, isRefusedFor api: String, _ code: String = "invalid_key",
        at place: SourceLocation = #_sourceLocation
    ) throws {
        let status = code == "invalid_key" ? 401 : 403
        for (node, answer) in try verdicts(key.text, api) {
            #expect(
                answer.status == status && answer.code == code, "\(node): \(answer)",
                sourceLocation: place)
        }
    }

    func verdicts(
        _ key: String, _ api: String, of nodes: [TestNode]? = nil
    ) throws -> [(node: String, answer: Answer)] {
        try (nodes ?? cluster.nodes).map { node in
            let answer = try eventually("\(node.id) to judge") {
                let answer = try node.send(.validation(of: key, api: api))
                return answer.status == 503 ? nil : answer
            }
            return (node.id, answer)
        }
    }
}
