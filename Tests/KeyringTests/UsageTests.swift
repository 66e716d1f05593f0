import Basics
import Testing

@testable import Keyring

/// Which keys a row of usage names, and how many it may.
@Suite struct UsageTests {
    private func keys(_ bench: Bench) throws -> [KeyUsage] {
        let page = try bench.machine.usage(
            in: bench.account, PageRequest(), as: Sample.operatorToken)
        return page.items.first { $0.api == .rest }?.keys ?? []
    }

    private func usage(_ number: UInt64, _ spent: UInt64) -> KeyUsage {
        KeyUsage(key: KeyID(number), spent: Credits(clamping: spent))
    }

    @Test func `a revoked key is named as long as it spent something in the period`() throws {
        var bench = Bench.peopled()
        for number: UInt64 in 1...3 { bench.must(bench.key(number)) }
        bench.must(bench.limit(100, .day))
        _ = bench.charge(1, 5)
        for number: UInt64 in [1, 2] {
            bench.must(.revokeKey(KeyID(number), account: bench.account))
        }
        bench.must(bench.key(4, active: false))
        #expect(try keys(bench) == [usage(1, 5), usage(3, 0), usage(4, 0)])
        bench.pass(.seconds(86_400))
        bench.tick()
        #expect(try keys(bench) == [usage(3, 0), usage(4, 0)])
        // Without a period, what was spent stays.
        bench.must(.removeLimit(bench.user, account: bench.account, api: .rest))
        #expect(try keys(bench) == [usage(1, 5), usage(3, 0), usage(4, 0)])
    }

    /// With a user whose keys of these numbers were made and revoked, after every hundredth had
    /// spent a credit.
    private func spender(keys: ClosedRange<UInt64>) -> Bench {
        var bench = Bench.peopled()
        for number in keys {
            let charge = Charge(
                key: .id(KeyID(number)), credits: 1, id: Sample.uuid(bench.time, number))
            let spending = number.isMultiple(of: 100) ? [Command.charge([charge])] : []
            let ending = Command.revokeKey(KeyID(number), account: bench.account)
            for (position, command) in ([bench.key(number)] + spending + [ending]).enumerated() {
                // Not by `must`, which looks through all of the state after each.
                let request = 1_000_000 + 3 * number + UInt64(position)
                let envelope = bench.envelope(command, request: request)
                bench.index = bench.index.next
                _ = bench.machine.apply(
                    envelope.encode(), at: bench.index, time: bench.time, changes: &bench.changes)
            }
        }
        return bench
    }

    @Test func `a row with more keys than a query looks at goes on at the next page`() throws {
        let count = UInt64(Bounds.recordsPerQuery) + 500
        var bench = spender(keys: 1...count)
        bench.must(bench.key(count + 1, api: .batch))
        var request = PageRequest(limit: 2)
        var pages: [[UsageRow]] = []
        repeat {
            let page = try bench.machine.usage(
                in: bench.account, request, as: Sample.operatorToken)
            pages.append(page.items)
            request.cursor = page.next
        } while request.cursor != nil && pages.count < 20
        // Passing another API's keys takes its part of a query as well.
        let batch = pages.joined().filter { $0.api == .batch }
        #expect(batch.map(\.isContinued) == [false, true])
        #expect(batch.map(\.keys) == [[], [usage(count + 1, 0)]])
        // 501 keys and the row's end are behind when the second page comes to this one.
        let rest = pages.joined().filter { $0.api == .rest }
        #expect(rest.map(\.isContinued) == [false, true])
        #expect(rest.map(\.spent) == [Credits(105), Credits(105)])
        #expect(rest.map(\.keys.count) == [94, 11])
        #expect(rest.flatMap(\.keys) == (1...105).map { usage($0 * 100, 1) })
        #expect(pages.map(\.count) == [1, 2, 1])
    }
}
