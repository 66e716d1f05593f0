import Basics
import HTTP
import Testing

@testable import keyclave

@Suite struct TopTests {
    /// A node's page after so many validations, of which each took at most a bound.
    private static func page(
        validations: UInt64, fast: UInt64, failures: UInt64 = 0, uptime: UInt64 = 5,
        applied: UInt64 = 90
    ) -> String {
        """
        # HELP keyclave_validations_total Keys judged.
        # TYPE keyclave_validations_total counter
        keyclave_validations_total{verdict="valid"} \(validations - 1)
        keyclave_validations_total{verdict="invalid"} 1
        keyclave_responses_total{status="200"} \(validations)
        keyclave_responses_total{status="503"} \(failures)
        keyclave_submitted_requests_total \(validations / 10)
        keyclave_connections 3
        keyclave_answer_duration_seconds_bucket{le="0.000001"} \(fast)
        keyclave_answer_duration_seconds_bucket{le="0.000128"} \(validations)
        keyclave_answer_duration_seconds_bucket{le="+Inf"} \(validations)
        keyclave_answer_duration_seconds_sum 0.1
        keyclave_answer_duration_seconds_count \(validations)
        keyclave_raft_commit_index 100
        keyclave_raft_applied_index \(applied)
        keyclave_ready 1
        keyclave_lease{state="held"} 1
        keyclave_lease{state="none"} 0
        keyclave_uptime_seconds \(uptime)

        """
    }

    private static func sample(_ page: String, at milliseconds: Int64) -> NodeSample {
        NodeSample(page, takenAt: .zero + .milliseconds(milliseconds))
    }

    private static let member = JSONValue.object([
        .init("id", .string("n1")), .init("role", .string("voter")),
    ])

    private static func report(_ before: NodeSample?, _ now: NodeSample?) -> JSONValue? {
        let status = JSONValue.object([
            .init("leader", .string("n1")), .init("commit_index", .number(95)),
        ])
        let node = TopReport.Node(id: "n1", member: member, before: before, now: now)
        return TopReport(status: status, nodes: [node]).value["members"]?.array?.first
    }

    @Test func `a second's differences are rates, whatever the second's length`() {
        let before = Self.sample(Self.page(validations: 1_000, fast: 900), at: 10_000)
        let now = Self.sample(
            Self.page(validations: 3_000, fast: 1_900, failures: 4, uptime: 7), at: 12_000)
        let row = Self.report(before, now)
        #expect(row?["validations_s"] == .number(1_000))
        #expect(row?["changes_s"] == .number(100))
        #expect(row?["failures_s"] == .number(2))
        // Half of the second's 2,000 were fast; not quite all of all were.
        #expect(row?["p50_us"] == .number(1))
        #expect(row?["p99_us"] == .number(128))
        #expect(row?["agreed_p99_us"] == .null)
        #expect(row?["lag"] == .number(10))
        #expect(row?["lease"] == .string("held"))
        #expect(row?["role"] == .string("leader") && row?["state"] == .string("ready"))
        #expect(row?["connections"] == .number(3))
    }

    @Test func `with one sample, or over a restart, nothing is known of the second`() {
        let before = Self.sample(Self.page(validations: 1_000, fast: 900, uptime: 90), at: 0)
        let now = Self.sample(Self.page(validations: 20, fast: 10, uptime: 1), at: 1_000)
        for row in [Self.report(nil, now), Self.report(before, now)] {
            #expect(row?["validations_s"] == .null && row?["p50_us"] == .null)
            #expect(row?["lag"] == .number(10))
        }
    }

    @Test func `a node that gives no answer keeps its line`() {
        let row = Self.report(Self.sample(Self.page(validations: 9, fast: 9), at: 0), nil)
        #expect(row?["state"] == .string("no answer") && row?["lag"] == .null)
        let now = Self.sample(Self.page(validations: 9, fast: 9), at: 0)
        #expect(row?.members?.map(\.name) == Self.report(now, now)?.members?.map(\.name))
    }

    @Test func `a status that is old says so, and why there is no newer one`() {
        var report = TopReport(status: .object([.init("leader", .string("n1"))]), nodes: [])
        #expect(report.value["status_age_s"] == .number(0) && report.value["trouble"] == .null)
        report.statusAge = .milliseconds(4_900)
        report.trouble = "no answer"
        #expect(report.value["status_age_s"] == .number(4))
        #expect(report.value["trouble"] == .string("no answer"))
    }

    /// The cluster names an address that nobody reaches from here; the command line names another.
    @Test func `a node that is reached where the command line says counts as itself`() throws {
        let status = """
            {"leader":"n1","members":[{"id":"n1","role":"voter","http":"127.0.0.1:1"}]}
            """
        let page = Self.page(validations: 9, fast: 9)
        let metrics = ScriptedServer.Reply.raw(
            "HTTP/1.1 200 OK\r\nX-Keyclave-Node: n1\r\nContent-Length: \(page.utf8.count)\r\n\r\n"
                + page)
        let (code, console, requests) = try ProgramTests.run(
            "top --once -o json",
            against: [.json(200, status), metrics, .json(200, status), metrics])
        #expect(code == .done, "\(console.messages)")
        #expect(
            requests.map(\.line)
                == ["GET /v1/cluster", "GET /metrics", "GET /v1/cluster", "GET /metrics"])
        let report = try JSONValue(Array(console.output.utf8))
        let member = report["members"]?.array?.first
        #expect(member?["state"] == .string("ready"), "\(console.output)")
        #expect(member?["http"] == .string("127.0.0.1:1"))
        // The next time nobody answers, and the first picture is told to be old.
        let (_, late, _) = try ProgramTests.run(
            "top --once -o json", against: [.json(200, status), metrics])
        let old = try JSONValue(Array(late.output.utf8))
        #expect(old["trouble"]?.string != nil, "\(late.output)")
        #expect(old["status_age_s"]?.number ?? 0 >= 1)
    }

    @Test func `seconds are read to the nanosecond`() {
        let texts: [(Substring, UInt64?)] = [
            ("0.000001", 1_000), ("0.5", 500_000_000), ("3", 3_000_000_000), ("+Inf", nil),
            ("0.000000001", 1), ("1.0000000001", nil), ("", nil), ("1.", nil), ("-1", nil),
        ]
        for (text, expected) in texts {
            #expect(NodeSample.nanoseconds(text) == expected, "\(text)")
        }
    }

    @Test func `a picture has no more lines and columns than the screen`() {
        let text = "abcdefgh\n12345678\nlast"
        #expect(
            TopScreen.picture(of: text, (columns: 4, rows: 3))
                == "\u{1B}[Habcd\u{1B}[K\r\n1234\u{1B}[K\r\n\u{1B}[J")
    }
}
