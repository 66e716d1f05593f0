import HTTP
import KeyclaveClient
import Testing

@testable import keyclave

/// What the store says to an import, and what is made of it.
@Suite struct ImportAnswerTests {
    private static func run(
        _ script: [ScriptedServer.Reply], _ file: String, _ options: String = ""
    ) throws -> (
        code: keyclave.ExitCode, console: CapturedConsole, requests: [ScriptedServer.Request]
    ) {
        let server = try ScriptedServer(script)
        defer { server.stop() }
        let console = CapturedConsole(
            environment: ["KEYCLAVE_TOKEN": "kct_operator_x"], input: file)
        let code = console.run(
            "import - --account acc_1 --endpoint \(server.endpoint) \(options)")
        return (code, console, server.requests)
    }

    private static func row(_ number: Int) -> String {
        let digits = String(number + 1, radix: 16)
        let digest = String(repeating: "0", count: 64 - digits.count) + digits
        return "ada@example.com,rest,\(longName),\(digest)\n"
    }

    private static let longName = String(repeating: "🗝", count: 200)
    private static let head = "user,api,name,digest\n"

    private static func check(_ count: Int, _ faults: [(Int, String)] = []) -> ScriptedServer.Reply
    {
        let items = faults.map { #"{"place": \#($0.0), "reason": "\#($0.1)"}"# }
        return .json(
            200,
            #"{"keys": \#(count), "fault_count": \#(faults.count), "faults": ["#
                + items.joined(separator: ", ") + "]}")
    }

    /// More than an entry takes by their bytes, and so parts as the program cuts them.
    private static let rows = (0..<2_400).map(row)
    private static let parts = ImportPart.cut(
        ImportFile(Array((head + rows.joined()).utf8), form: .csv, areForeign: false).rows)

    @Test func `a refusal in the middle tells which lines are in and which are wrong`() throws {
        let (first, second) = (Self.parts[0].rows.count, Self.parts[1].rows.count)
        let refused = #"{"code": "import_refused", "status": 422, "faults": []}"#
        // The check of the whole takes two requests.
        let script: [ScriptedServer.Reply] = [
            Self.check(2_000), Self.check(400), .json(201, "{}"), .problem(422, refused),
            Self.check(second, [(1, "user_not_found"), (2, "key_limit")]),
        ]
        let run = try Self.run(script, Self.head + Self.rows.joined(), "--in-parts")
        #expect(run.code == .refused, "\(run.console.messages)")
        let line = Self.parts[1].lines.lowerBound + 1
        #expect(
            run.console.output
                == """
                line \(line): the account has no such user
                line \(line + 1): the user would have more keys than are allowed

                """)
        #expect(
            run.console.messages
                == "2 lines can't be imported; \(first) keys were imported (lines 2 to \(first + 1)), "
                + "and none of the other lines.\n")
    }

    @Test func `what can't be an answer to the question isn't taken for one`() throws {
        for answer in [
            "{}", #"{"keys": 1}"#, #"{"keys": 1, "fault_count": 0}"#,
            #"{"keys": 2, "fault_count": 0, "faults": []}"#,
            #"{"keys": 1, "fault_count": 1, "faults": []}"#,
            #"{"keys": 1, "fault_count": 1, "faults": [{"place": 1, "reason": "key_limit"}]}"#,
            #"{"keys": 1, "fault_count": 1, "faults": [{"place": 0}]}"#,
        ] {
            let run = try Self.run([.json(200, answer)], Self.head + Self.row(1))
            #expect(run.code == .localError, "\(answer)")
            #expect(run.console.messages.contains("can't be understood"), "\(answer)")
            #expect(run.requests.count == 1)
        }
    }

    @Test func `a key that the server can't read is told with its line`() throws {
        let problem = #"{"code": "invalid_field", "field": "keys[1].name", "detail": "No."}"#
        let run = try Self.run(
            [.problem(400, problem)], Self.head + Self.row(1) + Self.row(2))
        #expect(run.code == .refused)
        #expect(run.console.output == "line 3: No.\n")
    }

    @Test func `an import whose outcome isn't known says which lines are in doubt`() throws {
        let problem = #"{"code": "outcome_unknown"}"#
        let run = try Self.run(
            [Self.check(1)] + [ScriptedServer.Reply](repeating: .problem(504, problem), count: 9),
            Self.head + Self.row(1), "--timeout 1")
        #expect(run.code == .localError)
        #expect(
            run.console.messages.contains("whether lines 2 to 2 are in isn't known"),
            "\(run.console.messages)")
        let ids = Set(run.requests.dropFirst().map { $0.fields["idempotency-key"] })
        #expect(ids.count == 1 && ids.first??.count == 64)
    }

    @Test func `a given id is the id of a single part, and makes those of several`() throws {
        let store = { (given: String?) in
            { (body: String) in ImportStore.id(of: body, given: given, attempt: 0) }
        }
        #expect(store("a")("x") != store(nil)("x"))
        #expect(store("a")("x") != store("a")("y"))
        let run = try Self.run(
            [Self.check(1), .json(201, "{}")], Self.head + Self.row(1), "--id mine")
        #expect(run.code == .done, "\(run.console.messages)")
        #expect(run.requests[1].fields["idempotency-key"] == "mine")
    }

    /// A second copy of a slow import costs what the first does, and does nothing.
    @Test func `a node that takes its time over an import isn't left for another`() throws {
        let slow = try ScriptedServer([], otherwise: .silence)
        let other = try ScriptedServer([], otherwise: .silence)
        defer {
            slow.stop()
            other.stop()
        }
        let console = CapturedConsole(
            environment: ["KEYCLAVE_TOKEN": "kct_operator_x"], input: Self.head + Self.row(1))
        let line = "import - --account a --timeout 4 --endpoint \(slow.endpoint),\(other.endpoint)"
        #expect(console.run(line) == .localError)
        #expect(slow.requests.count == 1 && other.requests.isEmpty)
    }

    @Test func `for programs a refusal has its codes, and a dry run says that it is one`() throws {
        let run = try Self.run(
            [Self.check(1, [(0, "user_not_found")])], Self.head + Self.row(1), "-o json")
        #expect(run.code == .refused)
        for part in [#""code": "user_not_found""#, #""line": 2"#, #""fault_count": 1"#] {
            #expect(run.console.output.contains(part), "\(run.console.output)")
        }
        let dry = try Self.run([Self.check(1)], Self.head + Self.row(1), "-o json --dry-run")
        #expect(dry.code == .done)
        #expect(dry.console.output.contains(#""dry_run": true"#))
    }

    @Test func `whatever a file holds, a terminal isn't steered by it`() throws {
        let run = try Self.run([], "user,api,name,digest\n\u{1B}[31m,rest,a,1\n,\u{1B}c\n")
        #expect(run.code == .refused)
        #expect(!run.console.output.contains("\u{1B}"))
        let column = try Self.run([], "user,\u{1B}[31m\n")
        #expect(column.code == .refused)
        #expect(!column.console.output.contains("\u{1B}"), "\(column.console.output)")
    }
}
