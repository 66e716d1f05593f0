import Foundation
import Testing

@testable import peers

@Suite struct TurnsTests {
    /// One that is there on every machine is none of the peers: theirs is only a name here.
    private static let present = Peer.allCases.first { $0.lack == nil }
    private static let absent = Peer.allCases.first { $0.lack != nil }

    private func bench(times: Int) -> Bench {
        var options = Options()
        options.times = times
        options.isQuiet = true
        return Bench(options, KeyclaveProgram(path: "/nonexistent"), in: "/nonexistent")
    }

    @Test(.enabled(if: present != nil, "no peer is installed"))
    func `contenders take turns, and whoever began comes last the next time`() throws {
        let peer = try #require(Self.present)
        var order: [String] = []
        var rates = [3.0, 1, 2].makeIterator()
        let turns = Turns(
            work: "w",
            ours: {
                order.append("ours")
                return Figures(perSecond: rates.next(), errors: 2)
            },
            peers: [
                (
                    peer,
                    {
                        order.append("theirs")
                        return Figures(perSecond: 4, loaderShare: Double(order.count) / 10)
                    }
                )
            ])
        let bench = bench(times: 3)
        let results = try turns.run(bench)
        #expect(order == ["ours", "theirs", "theirs", "ours", "ours", "theirs"])
        #expect(results.ours[\.perSecond] == 2 && results.ours.errors == 6)
        #expect(bench.loaderShare == 0.6)
        let rows = results.rows(\.perSecond, unit: "s", against: [peer: "name"])
        #expect(rows.count == 1 && rows[0].ratio == 0.5 && rows[0].peer == "name")
        #expect(rows[0].note == "ours had 6 errors in “w”, which are in no figure")
    }

    @Test(.enabled(if: present != nil, "no peer is installed"))
    func `a peer that fails keeps what it had, and isn't tried again`() throws {
        let peer = try #require(Self.present)
        var count = 0
        let turns = Turns(
            work: "w", ours: { Figures(perSecond: 1) },
            peers: [
                (
                    peer,
                    {
                        count += 1
                        if count > 1 { throw Trouble("it broke") }
                        return Figures(perSecond: 8)
                    }
                )
            ])
        let rows = try turns.run(bench(times: 5)).rows(
            \.perSecond, unit: "s", against: [peer: "name"])
        #expect(count == 2)
        #expect(rows[0].theirs == 8)
        #expect(rows[0].note == "\(peer.rawValue) is not measured for “w”: it broke")
    }

    @Test func `without ours there is nothing to compare`() {
        let turns = Turns(work: "w", ours: { throw Trouble("it broke") })
        #expect(throws: Trouble("it broke")) { try turns.run(bench(times: 1)) }
    }

    @Test(.enabled(if: absent != nil, "every peer is installed"))
    func `a peer that isn't there is left out`() throws {
        let peer = try #require(Self.absent)
        let turns = Turns(
            work: "w", ours: { Figures(perSecond: 1) },
            peers: [
                (
                    peer,
                    {
                        Issue.record("it is measured")
                        return Figures()
                    }
                )
            ])
        let rows = try turns.run(bench(times: 1)).rows(
            \.perSecond, unit: "s", against: [peer: "name"])
        #expect(rows[0].theirs == nil && rows[0].ours == 1 && rows[0].note == peer.lack)
    }
}
