import Testing

@testable import peers

/// What other programs say of what they measured.
@Suite struct ForeignReportTests {
    @Test func `a report of redis-benchmark is read, whatever stands before it`() throws {
        let figures = try Redis.figures(
            inReport: """
                WARNING: Could not fetch server CONFIG
                "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
                "GET kkkk","61349.69","0.302","0.088","0.295","0.439","0.551","2.943"

                """)
        #expect(figures.perSecond == 61_349.69)
        #expect(figures.p50 == 295 && figures.p99 == 551)
    }

    @Test(arguments: [
        "", "Error: Connection refused", "\"test\",\"rps\"\n",
        "\"test\",\"rps\"\n\"GET\",\"1\"\n\"SET\",\"1\"\n", "\"test\",\"rps\"\n\"GET\",\"1\"\n",
    ])
    func `what is no report of redis-benchmark is trouble`(text: String) {
        #expect(throws: Trouble.self) { try Redis.figures(inReport: text) }
    }

    @Test func `a report of wrk is read, with all of its errors`() throws {
        let wrk = try Wrk(
            report: """
                Running 2s test @ http://127.0.0.1:1/
                  1 threads and 32 connections
                    Latency   551.50us  1.21ms  36.32ms   97.36%
                  143001 requests in 2.10s, 24.00MB read
                  Socket errors: connect 1, read 2, write 3, timeout 4
                  Non-2xx or 3xx responses: 100
                Requests/sec:  68096.63
                Transfer/sec:     11.43MB

                """)
        #expect(wrk.perSecond == 68_096.63 && wrk.errors == 110)
        #expect(throws: Trouble.self) { try Wrk(report: "unable to connect") }
    }

    @Test func `a report of our own is read`() throws {
        let report = try JSONText.value(
            BenchReport.self,
            in: """
                {"work": "charge", "answers": 5, "per_second": 10, "charges": {"per_second": 80},
                 "latency_us": {"mean": 1, "p50": 2, "p90": 3, "p99": 4, "p99_9": 5, "p99_99": 6},
                 "refusals": {"count": 6, "per_second": 3,
                  "latency_us": {"p50": 7, "p99": 8, "p99_9": 9}},
                 "errors": {"total": 7, "status_503": 6}}
                """)
        #expect(report.refusals.count == 6 && report.refusals.latencyUs.p99 == 8)
        #expect(report.errors.status503 == 6)
        let figures = report.figures
        #expect(figures.perSecond == 80 && figures.answers == 5 && figures.errors == 7)
        #expect(figures.p50 == 2 && figures.p99 == 4 && figures.p99_9 == 5)
        #expect(throws: Trouble.self) { try JSONText.value(BenchReport.self, in: "{}") }
    }
}
