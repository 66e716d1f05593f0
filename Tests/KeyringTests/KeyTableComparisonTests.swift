import Basics
import Testing

@testable import Keyring

/// 120,000 changes, growing and shrinking in turn, with replacements, beside the twin.
@Suite("The key table beside its twin")
struct KeyTableComparisonTests {
    private func expect(_ id: KeyID, in image: TableImage, like twin: KeyTableTwin) {
        guard let (key, user, accountState, credits, pool) = twin.view(id) else {
            Issue.record("the twin has no \(id)")
            return
        }
        guard let view = image.key(key.digest) else {
            Issue.record("the table has no \(id)")
            return
        }
        let isSame =
            view.id == id && view.user == key.user && view.account == user.account
            && view.api == key.api && view.state == key.state && view.userState == user.state
            && view.accountState == accountState && view.credits == credits
            && view.poolRemaining == pool
        if !isSame { Issue.record("\(view) is not \(key) of \(user)") }
    }

    private func expect(_ id: TokenID, in image: TableImage, like twin: KeyTableTwin) {
        guard let token = twin.tokens[id], let view = image.token(token.digest) else {
            Issue.record("\(id) is missing")
            return
        }
        let user = token.user.flatMap { twin.users[$0] }
        let account = token.account.flatMap { twin.accounts[$0] }
        let isSame =
            view.id == id && view.role == token.role && view.isRevoked == token.isRevoked
            && view.user == token.user && view.account == token.account
            && view.userRole == user?.role && view.userState == user?.state ?? .active
            && view.accountState == account?.state ?? .active
        if !isSame { Issue.record("\(view) is not \(token)") }
    }

    private func expectEverything(_ history: KeyTableHistory, in image: TableImage) {
        for id in history.keys { expect(id, in: image, like: history.twin) }
        for id in history.tokens { expect(id, in: image, like: history.twin) }
        for digest in history.forgotten {
            if image.key(digest) != nil || image.token(digest) != nil {
                Issue.record("\(digest) was forgotten")
            }
        }
    }

    @Test("every look-up answers like a dictionary, through growth, removals and replacement")
    func comparison() throws {
        var history = KeyTableHistory(seed: 11)
        let table = TestTable()
        let reader = table.makeReader()
        var largest = 0
        for operation in 1...120_000 {
            // Fifteen thousand changes up, then as many down.
            let growth: UInt64 = operation / 15_000 % 2 == 0 ? 9 : 2
            table.apply(history.next(growth: growth))
            let image = reader.image
            if let key = history.keys.last { expect(key, in: image, like: history.twin) }
            if let token = history.tokens.last { expect(token, in: image, like: history.twin) }
            if let digest = history.forgotten.last, image.key(digest) != nil {
                Issue.record("\(digest) was forgotten")
            }
            largest = max(largest, history.keys.count)
            if operation % 50 == 0 {
                table.publish(LogIndex(UInt64(operation)))
                reader.quiescent()
            }
            if operation % 20_000 == 0 {
                expectEverything(history, in: reader.image)
                #expect(table.retiredCount < 100)
            }
            if operation % 40_000 == 0 {
                table.replace(by: history.twin.changes(), at: LogIndex(UInt64(operation)))
                expectEverything(history, in: reader.image)
                reader.quiescent()
            }
        }
        #expect(largest > 5_000)
        #expect(history.forgotten.count > 5_000)
    }

    @Test("a row index with one shard crowded finds every row while it grows and shrinks")
    func crowdedShard() {
        var generator = SeededGenerator(seed: 12)
        var index = RowIndex()
        var retired: RetiredMemory = []
        var rows: [(row: UInt32, hash: RowHash)] = []
        for operation in UInt32(1)...20_000 {
            let isGrowing = operation / 4_000 % 2 == 0
            if rows.isEmpty || generator.chance(isGrowing ? 8 : 2, in: 10) {
                // One shard; few tags, so that many rows share theirs and the last places wrap.
                let tag = 0xffff_ffff - generator.below(500) * 7
                rows.append((operation, RowHash(uniform: tag << (32 - RowIndex.shardBits))))
                index.insert(operation, at: rows[rows.count - 1].hash, retiring: &retired)
            } else {
                let gone = rows.remove(at: Int(generator.below(UInt64(rows.count))))
                index.remove(gone.row, at: gone.hash, retiring: &retired)
                #expect(RowIndex.find(gone.hash, in: index.shards) { $0 == gone.row } == 0)
            }
            if operation % 500 == 0 {
                for (row, hash) in rows
                where RowIndex.find(hash, in: index.shards, matches: { $0 == row }) != row {
                    Issue.record("row \(row) is lost")
                }
            }
        }
        #expect(retired.count > 20)
        for memory in retired { memory.free() }
        var pieces: [SharedWords] = []
        index.collect(into: &pieces)
        for memory in pieces { memory.free() }
    }

    @Test("beside its row a key takes at most 25 bytes, its user's share included")
    func memory() {
        let table = TestTable()
        var generator = SeededGenerator(seed: 13)
        let account = AccountID(1)
        table.apply(.accountAdded(account))
        for number in 0..<100_000 {
            let user = UserID(UInt64(number / 3) + 1)
            if number % 3 == 0 { table.apply(.userAdded(user, account: account, role: .member)) }
            let digest = Digest(
                generator.next(), generator.next(), generator.next(), generator.next())
            table.apply(
                .keyAdded(
                    KeyID(UInt64(number) + 1), digest: digest, api: .rest, user: user,
                    account: account, state: .active))
        }
        #expect(table.byteCount < 25 * 100_000)
    }
}
