import Basics
import Replica
import Testing

@testable import Server

struct MetricsTests {
    @Test(arguments: [
        (0, 0), (1, 0), (1_000, 0), (1_001, 1), (2_000, 1), (2_001, 2), (4_000, 2), (4_001, 3),
        (1_000_000, 10), (1_024_000, 10), (1_024_001, 11), (16_777_216_000, 24),
        (16_777_216_001, 25), (UInt64.max / 2, 25),
    ])
    func aDurationFallsIntoTheFirstBucketThatHoldsIt(nanoseconds: UInt64, bucket: Int) {
        #expect(LatencyHistogram.bucket(of: nanoseconds) == bucket)
    }

    @Test func histogramsOfSeveralThreadsAreAdded() {
        let first = LatencyHistogram()
        first.note(.nanoseconds(500), count: 3)
        first.note(.microseconds(3))
        let second = LatencyHistogram()
        second.note(.seconds(100))
        second.note(.nanoseconds(-1))
        var exposition = Exposition()
        exposition.histogram("x_seconds", "Help.", [first, second])
        let lines = exposition.text.split(separator: "\n")
        #expect(lines[0] == "# HELP keyclave_x_seconds Help.")
        #expect(lines[1] == "# TYPE keyclave_x_seconds histogram")
        #expect(lines[2] == #"keyclave_x_seconds_bucket{le="0.000001"} 4"#)
        #expect(lines[3] == #"keyclave_x_seconds_bucket{le="0.000002"} 4"#)
        #expect(lines[4] == #"keyclave_x_seconds_bucket{le="0.000004"} 5"#)
        #expect(lines[26] == #"keyclave_x_seconds_bucket{le="16.777216"} 5"#)
        #expect(lines[27] == #"keyclave_x_seconds_bucket{le="+Inf"} 6"#)
        #expect(lines[28] == "keyclave_x_seconds_sum 100.0000045")
        #expect(lines[29] == "keyclave_x_seconds_count 6")
        #expect(lines.count == 30)
    }

    @Test func everyVerdictHasItsCounter() {
        let metrics = ServerMetrics(fronts: 2, log: Log(node: NodeID(1), threshold: .error))
        for (position, verdict) in Validation.Verdict.allCases.enumerated() {
            for _ in 0...position { metrics.fronts[position % 2].note(verdict) }
        }
        metrics.fronts[1].note(.valid)
        let lines = metrics.page(lease: .absent, remaining: .zero).split(separator: "\n")
            .filter { $0.hasPrefix("keyclave_validations_total") }
        #expect(
            lines == [
                #"keyclave_validations_total{verdict="valid"} 2"#,
                #"keyclave_validations_total{verdict="invalid"} 2"#,
                #"keyclave_validations_total{verdict="wrong_api"} 3"#,
                #"keyclave_validations_total{verdict="credits_exhausted"} 4"#,
                #"keyclave_validations_total{verdict="unavailable"} 5"#,
            ])
    }

    @Test func countersAndLabelsAreWritten() {
        let counter = Counter()
        counter.add()
        counter.add(41)
        var exposition = Exposition()
        exposition.counter("a_total", "A.", counter.value)
        exposition.counters("b_total", "B.", label: "code", [("x", 1), ("y", 0)])
        let expected = """
            # HELP keyclave_a_total A.
            # TYPE keyclave_a_total counter
            keyclave_a_total 42
            # HELP keyclave_b_total B.
            # TYPE keyclave_b_total counter
            keyclave_b_total{code="x"} 1
            keyclave_b_total{code="y"} 0

            """
        #expect(exposition.text == expected)
    }
}
