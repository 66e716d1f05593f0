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
                while case .answer(let status, let end) = AnswerScanner.next(
                    in: raw, from: position)
                {
                    statuses.append(status)
                    position = end
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

    static func plan(_ endpoint: Endpoint) -> BenchPlan {
        BenchPlan(
            work: .charge, endpoints: [endpoint], addresses: [], key: "kc_rest_x", api: "rest",
            connections: 5, threads: 2, warmUp: .zero, measured: .seconds(1), rate: 1_000,
            pipeline: 1)
    }

    @Test func `every charge has an id of its own, which is a UUIDv7 of now`() throws {
        let endpoint = try #require(Endpoint("127.0.0.1:7101"))
        let request = BenchRequest(Self.plan(endpoint), to: endpoint)
        let place = try #require(request.idPlace)
        var ids = BenchIDs(random: [UInt8](repeating: 0xFF, count: 10))
        var seen: Set<IdempotencyKey> = []
        for _ in 0..<1_000 {
            var buffer: [UInt8] = [1, 2]
            request.append(to: &buffer, id: &ids, at: Timestamp(milliseconds: 1_700_000_000_000))
            let text = String(decoding: buffer[(2 + place)...].prefix(36), as: UTF8.self)
            let key = try #require(IdempotencyKey(text))
            #expect(key.time == Timestamp(milliseconds: 1_700_000_000_000))
            #expect(key.description == text)
            seen.insert(key)
        }
        #expect(seen.count == 1_000)
    }

    @Test func `connections and rate are shared by the threads`() throws {
        let plan = Self.plan(try #require(Endpoint("127.0.0.1:7101")))
        #expect((0..<2).map { plan.connections(ofThread: $0) } == [3, 2])
        #expect(plan.interval == 2_000_000)
    }

    @Test func `rates and times are written exactly`() {
        #expect(BenchReport.perSecond(12_345, in: .milliseconds(500)) == 24_690)
        #expect(BenchReport.perSecond(5, in: .zero) == 5_000)
        #expect(BenchReport.milliseconds(1_234_567) == "1.234")
        #expect(BenchReport.milliseconds(7_000) == "0.007")
    }

    @Test(arguments: ["", " --rate 200", " --pipeline 4 --threads 2"])
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
            report["errors"]?.members?.map(\.name) == ["total", "connection", "status_403"])
        #expect(report["errors"]?["total"] == .number(1))
        // Those that were still on the way at the end aren't counted.
        #expect(server.requests.count >= Int(answers) + 1)
        #expect(server.requests.count <= Int(answers) + 1 + 8)
        if options.contains("rate") { #expect((190...200).contains(answers)) }
        let ids = server.requests.map(\.fields["idempotency-key"])
        #expect(Set(ids).count == ids.count)
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
