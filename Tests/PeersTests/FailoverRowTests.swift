import Testing

@testable import peers

@Suite struct FailoverRowTests {
    private static let report = FailoverReport(
        writes: 9,
        outages: [
            outage(at: 1_000, lasts: 400, [300, 20, 10]), outage(at: 1_010, lasts: 100, []),
            outage(at: 5_000, lasts: 60, []),
        ])

    private static func outage(
        at time: Double, lasts length: Double, _ validations: [Double]
    ) -> FailoverReport.Outage {
        FailoverReport.Outage(
            beganAtMs: time, withoutWritesMs: length,
            nodes: validations.map { .init(withoutValidationsMs: $0) })
    }

    private func effect(_ time: Double, node: Int = 0) -> FailoverRow.Effect {
        FailoverRow.Effect(of: FailoverRow.Kill(time: time, node: node), in: Self.report)
    }

    @Test func `an outage is that of the kill that it began with`() {
        #expect(effect(1_005).withoutWrites == 400)
        #expect(effect(960).withoutWrites == 400)
        #expect(effect(5_001).withoutWrites == 60)
        #expect(effect(5_001).withoutValidations == nil)
    }

    @Test func `who was killed needn't validate`() {
        #expect(effect(1_005, node: 0).withoutValidations == 20)
        #expect(effect(1_005, node: 1).withoutValidations == 300)
    }

    @Test func `a kill that nobody noticed counts as the shortest outage`() {
        for time in [900.0, 1_500, 4_949, 5_061] {
            #expect(effect(time).withoutWrites == 50, "\(time)")
        }
    }

    @Test func `both programs say it alike`() throws {
        let report = try JSONText.value(FailoverReport.self, in: JSONText.text(Self.report))
        #expect(report.writes == 9 && report.outages.map(\.withoutWritesMs) == [400, 100, 60])
        let ours = """
            {"work": "failover", "writes": 3, "validations": 4, "outages": [{"began_at_ms": 1,
             "without_writes_ms": 2, "nodes": [{"endpoint": "x", "without_validations_ms": 5}]}]}
            """
        let outage = try JSONText.value(FailoverReport.self, in: ours).outages[0]
        #expect(outage.beganAtMs == 1 && outage.nodes[0].withoutValidationsMs == 5)
    }
}
