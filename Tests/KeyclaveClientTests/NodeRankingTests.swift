import Basics
import Testing

@testable import KeyclaveClient

@Suite struct NodeRankingTests {
    private let start = Instant(nanoseconds: 1_000)

    @Test func `the list decides until a node is in trouble, and again when that is over`() {
        var ranking = NodeRanking(count: 3, preference: .listed)
        #expect(ranking.order(at: start) == [0, 1, 2])
        ranking.noteTrouble(0, until: start + .seconds(5))
        #expect(ranking.order(at: start) == [1, 2, 0])
        ranking.noteTrouble(2, until: start + .seconds(1))
        #expect(ranking.order(at: start) == [1, 0, 2])
        #expect(ranking.order(at: start + .seconds(1)) == [1, 2, 0])
        #expect(ranking.order(at: start + .seconds(5)) == [0, 1, 2])
        ranking.noteTrouble(0, until: start + .seconds(9))
        ranking.note(0, answeredAfter: .milliseconds(1))
        #expect(ranking.order(at: start + .seconds(6)) == [0, 1, 2])
    }

    @Test func `a later trouble doesn't shorten an earlier one`() {
        var ranking = NodeRanking(count: 2, preference: .listed)
        ranking.noteTrouble(0, until: start + .seconds(5))
        ranking.noteTrouble(0, until: start + .seconds(2))
        #expect(ranking.order(at: start + .seconds(4)) == [1, 0])
    }

    @Test func `who lists in order isn't moved by what is measured`() {
        var ranking = NodeRanking(count: 2, preference: .listed)
        ranking.note(0, answeredAfter: .seconds(1))
        ranking.note(1, answeredAfter: .microseconds(1))
        #expect(ranking.order(at: start) == [0, 1])
    }

    @Test func `the nearest is first, and stays so until another is clearly nearer`() {
        var ranking = NodeRanking(count: 3, preference: .nearest)
        #expect(ranking.order(at: start) == [0, 1, 2])
        ranking.note(0, answeredAfter: .milliseconds(10))
        ranking.note(1, answeredAfter: .milliseconds(2))
        ranking.note(2, answeredAfter: .milliseconds(30))
        #expect(ranking.order(at: start) == [1, 0, 2])
        // Nearer, but not by a fifth.
        for _ in 0..<40 { ranking.note(0, answeredAfter: .microseconds(1_700)) }
        #expect(ranking.order(at: start) == [1, 0, 2])
        for _ in 0..<40 { ranking.note(0, answeredAfter: .microseconds(1_000)) }
        #expect(ranking.order(at: start) == [0, 1, 2])
        ranking.noteTrouble(0, until: start + .seconds(1))
        #expect(ranking.order(at: start) == [1, 2, 0])
    }

    @Test func `two that are very near don't take turns`() {
        var ranking = NodeRanking(count: 2, preference: .nearest)
        ranking.note(0, answeredAfter: .microseconds(250))
        ranking.note(1, answeredAfter: .microseconds(60))
        #expect(ranking.order(at: start) == [0, 1])
    }

    @Test func `one slow answer doesn't make a node far`() {
        var ranking = NodeRanking(count: 2, preference: .nearest)
        for _ in 0..<10 {
            ranking.note(0, answeredAfter: .milliseconds(1))
            ranking.note(1, answeredAfter: .milliseconds(5))
        }
        ranking.note(0, answeredAfter: .milliseconds(10))
        #expect(ranking.order(at: start) == [0, 1])
    }
}
