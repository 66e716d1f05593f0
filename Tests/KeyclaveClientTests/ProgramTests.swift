import HTTP
import Testing

@testable import keyclave

@Suite struct ProgramTests {
    static let token = "kct_operator_abc"

    /// Runs a line against a server that answers by the script.
    static func run(
        _ line: String, against script: [ScriptedServer.Reply],
        environment: [String: String] = ["KEYCLAVE_TOKEN": token], input: String = ""
    ) throws -> (code: ExitCode, console: CapturedConsole, requests: [ScriptedServer.Request]) {
        let server = try ScriptedServer(script)
        defer { server.stop() }
        var all = environment
        all["KEYCLAVE_ENDPOINTS"] = server.endpoint
        let console = CapturedConsole(environment: all, input: input)
        let code = console.run(line)
        return (code, console, server.requests)
    }

    @Test func `a list becomes a table with known columns first and dashes for nothing`() throws {
        let body = """
            {"items":[{"id":"key_1","name":"laptop","spent":5,"last_used_at":null,"extra":true},
            {"id":"key_22","name":"x","spent":12000,"last_used_at":"2026-11-23T10:00:00Z",
            "extra":false}],"next":null}
            """
        let (code, console, requests) = try Self.run(
            "key list --account acc_1", against: [.json(200, body)])
        #expect(code == .done)
        #expect(
            console.output == """
                ID      NAME    LAST_USED_AT          SPENT  EXTRA
                key_1   laptop  –                         5  yes
                key_22  x       2026-11-23T10:00:00Z  12000  no

                """)
        #expect(console.messages == "")
        #expect(requests.map(\.line) == ["GET /v1/accounts/acc_1/keys"])
        #expect(requests.map(\.fields["authorization"]) == ["Bearer \(Self.token)"])
        #expect(requests.map(\.fields["idempotency-key"]) == [nil])
    }

    @Test func `who names a TLS front is told how nodes are reached`() {
        let console = CapturedConsole(environment: ["KEYCLAVE_TOKEN": Self.token])
        #expect(console.run("whoami --endpoint https://keyclave.example.com:9443") == .localError)
        #expect(console.messages.contains("TLS isn't spoken here"), "\(console.messages)")
        #expect(console.messages.contains("through a tunnel"), "\(console.messages)")
    }

    @Test func `JSON is the server's, one member a line`() throws {
        let (code, console, _) = try Self.run(
            "whoami -o json", against: [.json(200, #"{"id":"tok_1","role":"operator"}"#)])
        #expect(code == .done)
        #expect(
            console.output == """
                {
                  "id": "tok_1",
                  "role": "operator"
                }

                """)
    }

    @Test(arguments: [
        ("\"n1\"", ""),
        (
            "\"n2\"",
            "n1 answered, which knows only itself; n2 leads and knows the others: "
                + "--endpoint http://10.0.0.2:7101\n"
        ),
        ("null", "n1 knows no leader at the moment, and of the others only who they are.\n"),
    ])
    func `who reads a follower's view of the cluster learns whom to ask`(
        leader: String, remark: String
    ) throws {
        let body = """
            {"node":"n1","leader":\(leader),"members":[{"id":"n1","http":null,"match":7},
            {"id":"n2","http":"10.0.0.2:7101","match":null}]}
            """
        let (code, console, _) = try Self.run("cluster status", against: [.json(200, body)])
        #expect(code == .done)
        #expect(console.messages == remark)
        #expect(console.output.contains("–"))
        let data = try Self.run("cluster status -o json", against: [.json(200, body)])
        #expect(data.console.messages == "")
    }

    @Test func `a record becomes one line a member, and its lists tables of their own`() throws {
        let body = """
            {"leader":"n1","term":4,"cluster_id":"c","members":[{"id":"n1","healthy":true},
            {"id":"n2","healthy":false}]}
            """
        let (_, console, _) = try Self.run("cluster status", against: [.json(200, body)])
        #expect(
            console.output == """
                cluster_id  c
                leader      n1
                term        4

                members
                ID  HEALTHY
                n1  yes
                n2  no

                """)
    }

    @Test func `an empty list says so`() throws {
        let (code, console, _) = try Self.run(
            "account list", against: [.json(200, #"{"items":[],"next":null}"#)])
        #expect(code == .done)
        #expect(console.output == "(none)\n")
    }

    @Test func `what could steer a terminal is replaced`() throws {
        let (_, console, _) = try Self.run(
            "whoami", against: [.json(200, #"{"name":"a\u001b[2Jb\u202ec\nd"}"#)])
        #expect(console.output == "name  a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d\n")
    }

    @Test func `a list is followed to its last page`() throws {
        let (code, console, requests) = try Self.run(
            "account list -o json",
            against: [
                .json(200, #"{"items":[{"id":"a"}],"next":"c/1"}"#),
                .json(200, #"{"items":[{"id":"b"}],"next":null}"#),
            ])
        #expect(code == .done)
        #expect(requests.map(\.line) == ["GET /v1/accounts", "GET /v1/accounts?cursor=c%2F1"])
        let value = try JSONValue(Array(console.output.utf8))
        #expect(value["items"]?.array?.map { $0["id"]?.string } == ["a", "b"])
        #expect(value["next"] == .null)
    }

    @Test func `one page says where the next begins`() throws {
        let (_, console, requests) = try Self.run(
            "account list --limit 1", against: [.json(200, #"{"items":[{"id":"a"}],"next":"c1"}"#)])
        #expect(requests.map(\.line) == ["GET /v1/accounts?limit=1"])
        #expect(console.output == "ID\na\n")
        #expect(console.messages == "There is more: --cursor c1\n")
    }

    @Test func `a creation sends its members, and the account comes from the token`() throws {
        let (code, console, requests) = try Self.run(
            "key create --user usr_1 --name \"my key\" --inactive --id abc",
            against: [
                .json(200, #"{"id":"tok_1","account":"acc_7"}"#),
                .json(201, #"{"id":"key_1","key":"kc_rest_x"}"#),
            ])
        #expect(code == .done)
        #expect(requests.map(\.line) == ["GET /v1/whoami", "POST /v1/accounts/acc_7/keys"])
        #expect(
            requests[1].body
                == #"{"api":"rest","name":"my key","user":"usr_1","active":false}"#)
        #expect(requests[1].fields["idempotency-key"] == "abc")
        #expect(console.output == "key  kc_rest_x\nid   key_1\n")
    }

    @Test func `a creation repeated after its answer was lost says that the text is gone`() throws {
        let (code, console, _) = try Self.run(
            "key create --user usr_1 --name x --account acc_1",
            against: [.json(200, #"{"id":"key_1"}"#)])
        #expect(code == .localError)
        #expect(console.output == "id  key_1\n")
        #expect(console.messages.hasPrefix("The key was created before"))
    }

    @Test(arguments: [
        ("key activate key_1", "PATCH /v1/accounts/a/keys/key_1", #"{"active":true}"#),
        ("key deactivate key_1", "PATCH /v1/accounts/a/keys/key_1", #"{"active":false}"#),
        ("key rename key_1 x", "PATCH /v1/accounts/a/keys/key_1", #"{"name":"x"}"#),
        ("key revoke key_1 --yes", "DELETE /v1/accounts/a/keys/key_1", ""),
        ("user revoke-keys usr_1 --yes", "POST /v1/accounts/a/users/usr_1/revoke-keys", ""),
        (
            "user update usr_1 --role admin", "PATCH /v1/accounts/a/users/usr_1",
            #"{"role":"admin"}"#
        ),
        (
            "limit set usr_1 rest --credits 5 --period month",
            "PUT /v1/accounts/a/users/usr_1/limits/rest",
            #"{"credits":5,"period":"month"}"#
        ),
        ("limit remove usr_1 rest", "DELETE /v1/accounts/a/users/usr_1/limits/rest", ""),
        (
            "token create --role auditor --name x", "POST /v1/tokens",
            #"{"role":"auditor","name":"x"}"#
        ),
        ("token revoke tok_1 --yes", "DELETE /v1/tokens/tok_1", ""),
        ("user get ../x", "GET /v1/accounts/a/users/..%2Fx", ""),
        ("user get ..", "GET /v1/accounts/a/users/%2E%2E", ""),
        ("settings set keys_per_user 50", "PATCH /v1/cluster/settings", #"{"keys_per_user":50}"#),
        ("key list --state active", "GET /v1/accounts/a/keys?state=active", ""),
        ("audit --before 17", "GET /v1/accounts/a/audit?before=17&limit=50", ""),
    ])
    func `each command sends its request`(line: String, request: String, body: String) throws {
        let (code, _, requests) = try Self.run(
            line, against: [.json(200, #"{"items":[],"token":"t"}"#)],
            environment: ["KEYCLAVE_TOKEN": Self.token, "KEYCLAVE_ACCOUNT": "a"])
        #expect(code == .done)
        #expect(requests.map(\.line) == [request])
        #expect(requests.map(\.body) == [body])
        let isMutation = !request.hasPrefix("GET")
        #expect((requests.first?.fields["idempotency-key"] != nil) == isMutation)
    }

    @Test func `a limit without its period is no command`() throws {
        let (code, console, requests) = try Self.run(
            "limit set usr_1 rest --credits 5 --account a", against: [])
        #expect(code == .localError)
        #expect(console.messages.contains("--period is missing"))
        #expect(requests.isEmpty)
    }

    @Test(arguments: [
        (#"{"role":"operator","account":null}"#, "GET /v1/audit?limit=50"),
        (#"{"role":"admin","account":"acc_7"}"#, "GET /v1/accounts/acc_7/audit?limit=50"),
    ])
    func `without an account the trail is the token's account's, or the whole cluster's`(
        identity: String, request: String
    ) throws {
        let (code, _, requests) = try Self.run(
            "audit", against: [.json(200, identity), .json(200, #"{"items":[],"next":null}"#)])
        #expect(code == .done)
        #expect(requests.map(\.line) == ["GET /v1/whoami", request])
    }

    @Test func `a refusal is told on standard error and by the code`() throws {
        let problem = #"{"code":"forbidden","title":"Not allowed","request_id":"r1"}"#
        let (code, console, _) = try Self.run("account list", against: [.problem(403, problem)])
        #expect(code == .refused)
        #expect(console.output == "")
        #expect(console.messages == "keyclave: Not allowed (forbidden, request r1)\n")
    }

    @Test func `for programs a refusal is printed as the server said it`() throws {
        let problem = #"{"code":"forbidden","title":"Not allowed","limit":3}"#
        for line in ["account list -o json", "export --account acc_1 -o json"] {
            let (code, console, _) = try Self.run(line, against: [.problem(403, problem)])
            #expect(code == .refused)
            #expect(try JSONValue(Array(console.output.utf8))["limit"]?.number == 3)
            #expect(console.messages == "keyclave: Not allowed (forbidden)\n")
        }
    }

    @Test func `a charge bears the key, the id and nothing of the token`() throws {
        let (code, console, requests) = try Self.run(
            "charge 5 --key - --id c-1", against: [.json(200, #"{"charged":5,"replayed":false}"#)],
            input: "kc_rest_abc\n")
        #expect(code == .done)
        #expect(requests.map(\.line) == ["POST /v1/charges"])
        #expect(requests[0].fields["authorization"] == "Bearer kc_rest_abc")
        #expect(requests[0].fields["idempotency-key"] == "c-1")
        #expect(requests[0].body == #"{"credits":5}"#)
        #expect(console.output == "charged   5\nreplayed  no\n")
    }

    @Test func `an outcome that isn't known names the option that finds it out`() throws {
        let (code, console, _) = try Self.run(
            "charge 5 --key - --id c-1",
            against: [
                .problem(504, ClientTests.unknown),
                .problem(401, #"{"code":"invalid_key","title":"No","status":401}"#),
            ], input: "kc_rest_abc\n")
        #expect(code == .localError)
        #expect(
            console.messages
                == "keyclave: the outcome isn't known (No (invalid_key)); ask again with --id c-1\n"
        )
    }

    @Test(arguments: [(true, ExitCode.done), (false, .refused)])
    func `a verdict is the exit code`(valid: Bool, expected: ExitCode) throws {
        let (code, console, requests) = try Self.run(
            "verify --api batch", against: [.json(200, #"{"valid":\#(valid),"code":"c"}"#)],
            environment: ["KEYCLAVE_KEY": "kc_batch_abc"])
        #expect(code == expected)
        #expect(requests[0].body == #"{"key":"kc_batch_abc","api":"batch","cost":0}"#)
        #expect(requests[0].fields["authorization"] == nil)
        #expect(console.output == "valid  \(valid ? "yes" : "no")\ncode   c\n")
    }

    @Test func `a token file must be private`() throws {
        let directory = try ScratchDirectory()
        let open = try directory.file("open", "kct_operator_x", mode: 0o644)
        let (code, console, requests) = try Self.run(
            "whoami --token-file \(open)", against: [], environment: [:])
        #expect(code == .localError)
        #expect(console.messages.contains("can be read by others: chmod 600 \(open)"))
        #expect(requests.isEmpty)
    }

    @Test func `a token file beats the environment's token`() throws {
        let directory = try ScratchDirectory()
        let file = try directory.file("private", "kct_operator_x\n")
        let (code, _, requests) = try Self.run(
            "whoami --token-file \(file)", against: [.json(200, "{}")])
        #expect(code == .done)
        #expect(requests.map(\.fields["authorization"]) == ["Bearer kct_operator_x"])
    }

    @Test(arguments: [
        ("whoami", "a management token is needed"),
        ("whoami --token a --token-file b", "--token or --token-file, not both"),
        ("verify", "an API key is needed"),
        ("user update usr_1 --account a --token x", "give at least one of --email, --name, --role"),
        ("whoami --token x --endpoint https://x:1", "must be like http://127.0.0.1:7101"),
        ("whoami --token x\u{7}", "holds characters that none has"),
        ("serve --config /nowhere.json", "/nowhere.json: No such file or directory"),
    ])
    func `what is wrong here is a local error`(line: String, message: String) {
        let console = CapturedConsole()
        #expect(console.run(line) == .localError)
        #expect(console.output == "")
        #expect(console.messages.contains(message))
    }

    @Test(arguments: ["--help", "-h", "help", "key --help", "help key", "help key create"])
    func `help goes to standard output`(line: String) {
        let console = CapturedConsole()
        #expect(console.run(line) == .done)
        #expect(console.output.contains("\nUSAGE\n"))
        #expect(console.messages == "")
    }

    @Test func `nothing at all is a usage error with the help`() {
        let console = CapturedConsole()
        #expect(console.run("") == .localError)
        #expect(console.messages.contains("\nCOMMANDS\n"))
    }

    @Test func `help for what isn't there is refused`() {
        let console = CapturedConsole()
        #expect(console.run("help key crate") == .localError)
        #expect(console.messages.contains("there is no command “crate”; did you mean create?"))
        #expect(CapturedConsole().run("help whoami more") == .localError)
    }

    @Test(arguments: [
        ("a", "/w/x/a"), ("./a", "/w/x/a"), ("/a//b/./c", "/a/b/c"), ("../a", "/w/x/../a"),
        ("/", "/"),
    ])
    func `paths are named from the root`(path: String, absolute: String) {
        let surroundings = Surroundings(
            environment: [:], workingDirectory: "/w/x", print: { _ in }, tell: { _ in },
            readInput: { [] })
        #expect(surroundings.absolutePath(path) == absolute)
    }

    @Test func `the version has one line`() {
        let console = CapturedConsole()
        #expect(console.run("--version") == .done)
        #expect(console.output == "keyclave \(Program.version)\n")
    }
}
