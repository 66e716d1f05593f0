import Foundation
import Testing

@testable import peers

@Suite struct RowTests {
    @Test(
        arguments: [
            (0.0, "0"), (0.5678, "0.568"), (12.345, "12.3"), (99.96, "100"), (123.4, "123"),
            (999.4, "999"), (1_000, "1,000"), (1_234_567.8, "1,234,568"), (-4_200, "-4,200"),
        ] as [(Double, String)])
    func `numbers have three digits that say something`(number: Double, text: String) {
        #expect(number.brief == text)
    }

    @Test func `the middle one is the median`() {
        #expect([Double]().median == nil)
        #expect([7].median == 7)
        #expect([9, 1, 5].median == 5)
        #expect([9, 1, 5, 6].median == 5.5)
    }

    @Test func `a goal is about the ratio, or about our figure alone`() {
        let faster = Row(
            work: "w", peer: "p", theirs: 100, ours: 119, unit: "a second",
            goal: .ratio(atLeast: 1.2))
        #expect(faster.ratio == 1.19 && faster.isMet == false && faster.goalText == "≥ 1.2 ×")
        let same = Row(
            work: "w", peer: "p", theirs: 100, ours: 115, unit: "a second",
            goal: .ratio(atLeast: 0.85, atMost: 1.15))
        #expect(same.isMet == true && same.goalText == "≥ 0.85 ×, ≤ 1.15 ×")
        let alone = Row(work: "w", ours: 0.61, unit: "s", goal: .figure(atMost: 0.6))
        #expect(alone.ratio == nil && alone.isMet == false && alone.goalText == "≤ 0.6 s")
    }

    @Test func `what wasn't measured meets and misses nothing`() {
        let goal = Row.Goal.ratio(atLeast: 1)
        for row in [
            Row(work: "w", peer: "p", theirs: nil, ours: 5, unit: "s", goal: goal),
            Row(work: "w", peer: "p", theirs: 5, ours: nil, unit: "s", goal: goal),
            Row(work: "w", peer: "p", theirs: 0, ours: 5, unit: "s", goal: goal),
            Row(work: "w", peer: "p", theirs: 1, ours: 1, unit: "s"),
        ] {
            #expect(row.isMet == nil, "\(row)")
        }
    }

    @Test func `the table is aligned, and its notes stand once`() {
        let rows = [
            Row(
                work: "long work", peer: "peer", theirs: nil, ours: 2, unit: "s",
                note: "peer is missing"),
            Row(
                work: "µ", peer: "peer", theirs: 1, ours: 2_000, unit: "s", note: "peer is missing"),
            Row(work: "alone", ours: nil, unit: "ms"),
        ]
        #expect(
            Table(rows: rows, notes: ["of all"]).text == """
                | work      | unit | peer | the peer's   | ours         | ratio   | goal | met |
                |-----------|------|------|--------------|--------------|---------|------|-----|
                | long work | s    | peer | not measured | 2            | –       | –    | –   |
                | µ         | s    | peer | 1            | 2,000        | 2,000 × | –    | –   |
                | alone     | ms   | –    | –            | not measured | –       | –    | –   |

                - peer is missing
                - of all

                """)
    }

    @Test func `every row has the same members in JSON`() throws {
        let rows = [
            Row(work: "w", ours: nil, unit: "s"),
            Row(
                work: "w", peer: "p", theirs: 1, ours: 2, unit: "s", goal: .ratio(atLeast: 1),
                note: "n"),
        ]
        let text = try JSONText.text(rows)
        let found = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        let names: Set = [
            "work", "peer", "theirs", "ours", "unit", "at_least", "at_most", "is_absolute", "note",
            "ratio", "goal", "is_met",
        ]
        for row in found { #expect(Set(row.keys) == names) }
        #expect(found[0]["ours"] is NSNull && found[0]["is_met"] is NSNull)
        #expect(found[1]["ratio"] as? Double == 2 && found[1]["is_met"] as? Bool == true)
    }
}
