import Basics
import HTTP
import KeyclaveClient
import Keyring
import Linux

/// `keyclave bench load-keys`: fills a cluster with keys, by imports of their digests.
struct LoadKeysRun {
    var invocation: Invocation
    var surroundings: Surroundings

    /// A node hears no heartbeat while it applies an entry: where processors are scarce, imports as
    /// large as may be cost an election each.
    private static let keysPerImport = 1_000

    /// What is made, and for whom.
    private struct Load {
        var keys: LoadedKeys
        var account: String
        /// As many keys as a user may have that are active.
        var keysPerUser: UInt64
        var token: String

        var userCount: Int { Int((keys.count + keysPerUser - 1) / keysPerUser) }
        var importCount: Int {
            Int((keys.count - 1) / UInt64(LoadKeysRun.keysPerImport)) + 1
        }
    }

    func run() throws -> ExitCode {
        let session = try Session(invocation: invocation, surroundings: surroundings)
        guard let api = API(slug: invocation.required("api")) else {
            throw UsageError(
                words: invocation.words, message: "--api must be the slug of an API")
        }
        let seed = Entropy.bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
        let token = try session.token()
        let keysPerUser = try activeKeysPerUser(session, token)
        let load = Load(
            keys: LoadedKeys(count: UInt64(invocation.number("keys") ?? 1), seed: seed, api: api),
            account: try invocation.text("account") ?? makeAccount(session, token),
            keysPerUser: keysPerUser, token: token)
        let begin = Clocks.now()
        do {
            try fill(load, session.client)
        } catch {
            surroundings.tell(
                "keyclave: not all keys are loaded; what is there belongs to \(load.account)\n")
            throw error
        }
        try show(load, took: Clocks.now() - begin)
        return .done
    }

    private func fill(_ load: Load, _ client: Client) throws {
        let isQuiet = invocation.has("quiet")
        let sending = ParallelSending(
            endpoints: client.endpoints, settings: client.settings,
            threads: Int(invocation.number("threads") ?? 1))
        var progress = Progress("made", surroundings)
        try sending.send(load.userCount, request: { Self.user($0, load) }) { done in
            guard !isQuiet else { return }
            progress.tell(done, of: load.userCount, unit: "users")
        }
        // One builds its text while another's is applied; more would only wait for each other.
        let importing = ParallelSending(
            endpoints: client.endpoints, settings: client.settings,
            threads: min(2, sending.threads))
        progress = Progress("loaded", surroundings)
        let all = Int(load.keys.count)
        try importing.send(load.importCount, request: { Self.part($0, load) }) { done in
            guard !isQuiet else { return }
            progress.tell(min(all, done * Self.keysPerImport), of: all, unit: "keys")
        }
    }

    // MARK: - Requests

    private func activeKeysPerUser(_ session: Session, _ token: String) throws -> UInt64 {
        let settings = try session.client.send(
            ClientRequest(
                method: .get, path: "/v1/cluster/settings", authorization: token, isSafe: true)
        ).json()
        guard let cap = settings?["active_keys_per_user"]?.number, cap > 0 else {
            throw ClientError.malformedAnswer("the settings don't say how many keys a user has")
        }
        return cap
    }

    private func makeAccount(_ session: Session, _ token: String) throws -> String {
        let answer = try session.client.send(
            ClientRequest(
                method: .post, path: "/v1/accounts", authorization: token,
                body: #"{"name":"bench load"}"#, idempotencyKey: IdempotencyKeys.next())
        ).json()
        guard let id = answer?["id"]?.string else {
            throw ClientError.malformedAnswer("a new account has no id")
        }
        return id
    }

    /// Of this load and no other: an account may be loaded more than once.
    private static func email(_ user: UInt64, _ load: Load) -> String {
        "u\(user).\(String(load.keys.seed, radix: 16))@bench.invalid"
    }

    private static func user(_ number: Int, _ load: Load) -> ClientRequest {
        let email = email(UInt64(number), load)
        return ClientRequest(
            method: .post, path: "/v1/accounts/\(load.account)/users", authorization: load.token,
            body: #"{"email":"\#(email)","name":"bench","role":"member"}"#,
            idempotencyKey: IdempotencyKeys.next())
    }

    /// The import of one part. Written as bytes: a tree of values for each key would take longer
    /// than the cluster does.
    private static func part(_ number: Int, _ load: Load) -> ClientRequest {
        let first = UInt64(number * Self.keysPerImport)
        let end = min(load.keys.count, first + UInt64(Self.keysPerImport))
        var body = Array(#"{"account":"\#(load.account)","keys":["#.utf8)
        body.reserveCapacity(Int(end - first) * 192)
        let tail = Array(#"","api":"\#(load.keys.api.slug)","name":"bench","digest":""#.utf8)
        for key in first..<end {
            if key > first { body.append(UInt8(ascii: ",")) }
            body.append(contentsOf: #"{"user":""#.utf8)
            body.append(contentsOf: email(key / load.keysPerUser, load).utf8)
            body.append(contentsOf: tail)
            body.append(contentsOf: SHA256.digest(of: load.keys.text(key)).hex.utf8)
            body.append(contentsOf: #""}"#.utf8)
        }
        body.append(contentsOf: "]}".utf8)
        return ClientRequest(
            method: .post, path: "/v1/imports", authorization: load.token,
            body: String(decoding: body, as: UTF8.self), idempotencyKey: IdempotencyKeys.next())
    }

    private func show(_ load: Load, took: Duration) throws(LocalError) {
        let report = JSONValue.object([
            .init("account", .string(load.account)),
            .init("users", .number(UInt64(load.userCount))),
            .init("keys", .number(load.keys.count)),
            .init("loaded", .string(load.keys.handle)),
            .init("milliseconds", .number(UInt64(max(0, took.milliseconds)))),
            .init("per_second", .number(BenchReport.perSecond(load.keys.count, in: took))),
        ])
        try BenchScreen(invocation: invocation, surroundings: surroundings).end(with: report)
    }
}
