import Basics
import HTTP
import Keyring
import KeyclaveClient
import Linux
import Testing

@testable import keyclave

@Suite struct BenchTests {
    static func found(_ text: String, from start: Int = 0) -> AnswerScanner.Found {
        Array(text.utf8).withUnsafeBytes { AnswerScanner.next(in: $0, from: start) }
    }

    @Test func `answers are found where the parser finds them, at every cut`() throws {
        let text =
            ScriptedServer.answer(200, "application/json", "{}")
            + ScriptedServer.answer(503, "application/problem+json", "")
            + "HTTP/1.1 200 OK\r\ncontent-length:  3\r\nX: y\r\n\r\nabc"
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            var parser = ResponseParser()
            parser.append(bytes[..<cut])
            var expected: [Int] = []
            while let answer = try parser.next() { expected.append(Int(answer.status)) }
            var statuses: [Int] = []
            var position = 0
            bytes[..<cut].withUnsafeBytes { raw in
                while case .answer(let status, let body) = AnswerScanner.next(
                    in: raw, from: position)
                {
                    statuses.append(status)
                    position = body.upperBound
                }
                #expect(AnswerScanner.next(in: raw, from: position) == .incomplete)
            }
            #expect(statuses == expected)
        }
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.2p1 Debian\r\n\r\n", "HTTP/1.1 x00 No\r\n\r\n",
        "HTTP/1.1 200 OK\r\nServer: without a length\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    ])
    func `what isn't an answer of the server is unreadable`(text: String) {
        #expect(Self.found(text) == .unreadable)
    }

    @Test func `rates and times are written exactly`() {
        #expect(BenchReport.perSecond(12_345, in: .milliseconds(500)) == 24_690)
        #expect(BenchReport.perSecond(5, in: .zero) == 5_000)
        #expect(BenchReport.milliseconds(1_234_567) == "1.234")
        #expect(BenchReport.milliseconds(7_000) == "0.007")
    }

    @Test(arguments: ["", " --rate 200", " --pipeline 4 --threads 2", " --rate 200 --pipeline 4"])
    func `a measurement counts every answer, and refusals apart`(options: String) throws {
        let server = try ScriptedServer(
            [.problem(403, "{}")], otherwise: .json(200, #"{"charged":1}"#))
        defer { server.stop() }
        let console = CapturedConsole()
        let code = console.run(
            "bench charge --key kc_rest_x -c 2 -s 1 --warm-up 0 -q --json "
                + "--endpoint \(server.endpoint)" + options)
        #expect(code == .done)
        let report = try JSONValue(Array(console.output.utf8))
        let answers = try #require(report["answers"]?.number)
        #expect(answers > 0)
        #expect(report["milliseconds"] == .number(1_000))
        #expect(report["per_second"] == .number(answers))
        #expect(
            report["errors"]?.members?.map(\.name) == [
                "total", "connection", "refused", "status_403",
            ])
        #expect(report["errors"]?["total"] == .number(1))
        #expect(report["refusals"]?["count"] == .number(1))
        // Those that were still on the way at the end aren't counted.
        #expect(server.requests.count >= Int(answers) + 1)
        #expect(server.requests.count <= Int(answers) + 1 + 8)
        if options.contains("rate") { #expect((190...200).contains(answers)) }
        let ids = server.requests.map(\.fields["idempotency-key"])
        #expect(Set(ids).count == ids.count)
    }

    @Test(arguments: [
        ("verify", #"{"valid":true}"#, #"{"valid":false}"#, 1),
        (
            "charge --batch 2", #"{"charges":[{"charged":1},{"charged":1}]}"#,
            #"{"charges":[{"charged":1},{"code":"credits_exhausted"}]}"#, 2
        ),
    ])
    func `what an answer of 200 refuses is an error`(
        work: String, good: String, bad: String, each: UInt64
    ) throws {
        let server = try ScriptedServer([.json(200, bad)], otherwise: .json(200, good))
        defer { server.stop() }
        let console = CapturedConsole()
        let code = console.run(
            "bench \(work) --key kc_rest_x -c 1 -s 1 --warm-up 0 -q --json "
                + "--endpoint \(server.endpoint)")
        #expect(code == .done)
        let report = try JSONValue(Array(console.output.utf8))
        let answers = try #require(report["answers"]?.number)
        #expect(report["errors"]?["refused"] == .number(1))
        #expect(report["errors"]?["total"] == .number(1))
        if each == 2 {
            // Of the first batch one charge was made.
            #expect(report["charges"]?["count"] == .number(2 * answers - 1))
        }
    }

    @Test func `a measurement that only fails fails`() throws {
        let server = try ScriptedServer([], otherwise: .json(200, #"{"valid":false}"#))
        defer { server.stop() }
        let console = CapturedConsole()
        let code = console.run(
            "bench verify --key kc_rest_x -c 1 -s 1 --warm-up 0 -q --json "
                + "--endpoint \(server.endpoint)")
        #expect(code == .localError)
        let report = try JSONValue(Array(console.output.utf8))
        #expect(report["answers"] == .number(0))
        #expect(report["latency_us"]?["max"] == .number(0))
        #expect(try #require(report["errors"]?["refused"]?.number) > 0)
    }

    @Test func `mixed work tells validations from charges`() throws {
        let server = try ScriptedServer([], otherwise: .json(200, #"{"charged":1}"#))
        defer { server.stop() }
        let console = CapturedConsole()
        let code = console.run(
            "bench mixed --charges 25 --key kc_rest_x -c 1 -s 1 --warm-up 0 -q --json "
                + "--endpoint \(server.endpoint)")
        #expect(code == .done)
        let report = try JSONValue(Array(console.output.utf8))
        let validations = try #require(report["validations"]?["count"]?.number)
        let charges = try #require(report["charges"]?["count"]?.number)
        #expect(charges > 0 && (3 * charges...3 * charges + 3).contains(validations))
        #expect(report["answers"] == .number(validations + charges))
        #expect(
            server.requests.prefix(4).map(\.line) == [
                "GET /v1/auth?api=rest", "GET /v1/auth?api=rest", "GET /v1/auth?api=rest",
                "POST /v1/charges",
            ])
    }

    @Test func `a key is made for the measurement and removed with its account`() throws {
        let server = try ScriptedServer(
            [
                .json(200, #"{"role":"operator","account":null}"#), .json(201, #"{"id":"acc_1"}"#),
                .json(201, #"{"id":"usr_1"}"#), .json(201, #"{"id":"key_1","key":"kc_rest_new"}"#),
            ], otherwise: .json(200, "{}"))
        defer { server.stop() }
        let console = CapturedConsole(environment: ["KEYCLAVE_TOKEN": "kct_operator_x"])
        let code = console.run(
            "bench validate -c 1 -s 1 --warm-up 0 -q --endpoint \(server.endpoint)")
        #expect(code == .done)
        let requests = server.requests
        #expect(
            requests.prefix(4).map(\.line) == [
                "GET /v1/whoami", "POST /v1/accounts", "POST /v1/accounts/acc_1/users",
                "POST /v1/accounts/acc_1/keys",
            ])
        #expect(requests[4].line == "GET /v1/auth?api=rest")
        #expect(requests[4].fields["authorization"] == "Bearer kc_rest_new")
        #expect(requests.last?.line == "DELETE /v1/accounts/acc_1")
    }

    @Test func `a key of its own is switched off and on and charged, in turn`() throws {
        let server = try ScriptedServer(
            [
                .json(201, #"{"id":"usr_1"}"#), .json(201, #"{"id":"key_1","key":"kc_rest_new"}"#),
            ], otherwise: .json(200, "{}"))
        defer { server.stop() }
        let console = CapturedConsole(
            environment: ["KEYCLAVE_TOKEN": "kct_operator_x", "KEYCLAVE_KEY": "kc_rest_other"])
        let code = console.run(
            "bench revoke -s 1 --warm-up 0 --json --account acc_1 --endpoint \(server.endpoint)")
        #expect(code == .done)
        let requests = server.requests
        let round = requests.dropFirst(2).prefix(3).map { "\($0.line) \($0.body)" }
        #expect(
            round == [
                #"PATCH /v1/accounts/acc_1/keys/key_1 {"active":false}"#,
                #"PATCH /v1/accounts/acc_1/keys/key_1 {"active":true}"#,
                #"POST /v1/charges {"credits":1}"#,
            ])
        #expect(requests[4].fields["authorization"] == "Bearer kc_rest_new")
        #expect(requests.last?.line == "DELETE /v1/accounts/acc_1/users/usr_1")
        let ids = requests.map(\.fields["idempotency-key"])
        #expect(Set(ids).count == ids.count)

        let report = try JSONValue(Array(console.output.utf8))
        let rows = try #require(report["latency_us"]?.array)
        let names = ["deactivate", "activate", "charge"].map { JSONValue.string($0) }
        #expect(rows.map { $0["request"] } == names)
        let answers = rows.compactMap { $0["answers"]?.number }
        #expect(answers.allSatisfy { $0 > 0 })
        #expect(answers.reduce(0, +) == requests.count - 3)
    }

    @Test func `a change that fails for good ends the measurement, and the key goes`() throws {
        let server = try ScriptedServer(
            [
                .json(201, #"{"id":"usr_1"}"#), .json(201, #"{"id":"key_1","key":"kc_rest_new"}"#),
                .json(200, "{}"), .problem(403, "{}"),
            ], otherwise: .json(200, "{}"))
        defer { server.stop() }
        let console = CapturedConsole(environment: ["KEYCLAVE_TOKEN": "kct_operator_x"])
        let code = console.run(
            "bench revoke -s 5 --account acc_1 --endpoint \(server.endpoint)")
        #expect(code == .refused)
        #expect(server.requests.count == 5)
        #expect(server.requests.last?.line == "DELETE /v1/accounts/acc_1/users/usr_1")
    }
}
