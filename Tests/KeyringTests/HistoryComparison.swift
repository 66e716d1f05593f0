import Basics
import Testing

@testable import Keyring
@testable import Simulator

// Every answer of the state machine, against the same answer by linear scans.
extension RandomHistory {
    func compareEverything() {
        #expect(machine.checkInvariants() == nil)
        #expect(machine.settings == reference.settings)
        #expect(mirror.current == TableMirror(of: machine).current)
        compareAccounts()
        compareTokens()
        for account in reference.accounts.map(\.detail.id) where reference.isOpen(account) {
            compareUsers(of: account)
            compareKeys(of: account)
            compareUsage(of: account)
            for api in reference.apis {
                let pool = try? machine.pool(for: api, in: account, as: root)
                #expect(pool == reference.poolDetail(account, api))
            }
        }
        compareAudit()
        compareCredits()
    }

    private var root: TokenID {
        reference.tokens.first {
            $0.detail.role == .operator && $0.revokedAt == nil
        }!.detail.id
    }

    /// All pages of a list, a few items at a time.
    private func all<Item>(
        _ page: (PageRequest) throws(Refusal) -> Page<Item>
    ) -> [Item] {
        var items: [Item] = []
        var request = PageRequest(limit: 3)
        while true {
            guard let page = try? page(request) else {
                Issue.record("a page is refused")
                return items
            }
            #expect(page.items.count <= 3)
            items += page.items
            guard let next = page.next else { return items }
            #expect(Cursor(text: next.text) == next)
            request.cursor = next
        }
    }

    private func compareAccounts() {
        let open = reference.accounts.filter { $0.deletedAt == nil }.map(\.detail)
        #expect(all { page throws(Refusal) in try machine.accounts(page, as: root) } == open)
        for account in reference.accounts {
            let found = try? machine.account(account.detail.id, as: root)
            #expect(found == (account.deletedAt == nil ? account.detail : nil))
        }
    }

    private func compareTokens() {
        var expected = reference.tokens.filter { $0.detail.role == .operator }
        for account in reference.accounts {
            let own = reference.tokens.filter { $0.detail.account == account.detail.id }
            expected += own
            guard reference.isOpen(account.detail.id) else { continue }
            let listed = all { page throws(Refusal) in
                try machine.tokens(of: account.detail.id, page, as: root)
            }
            #expect(listed == own.map(reference.shown))
        }
        let listed = all { page throws(Refusal) in try machine.tokens(page, as: root) }
        #expect(listed == expected.map(reference.shown))
        for token in reference.tokens {
            #expect(machine.token(of: token.digest) == token.detail.id)
            #expect((try? machine.token(token.detail.id, as: root)) == reference.shown(token))
            let actor = reference.actor(token.detail.id)
            let identity = try? machine.whoami(token.detail.id)
            #expect(identity?.role == actor?.role)
            #expect(identity?.account == actor?.account)
        }
    }

    private func compareUsers(of account: AccountID) {
        let present = reference.users.filter {
            $0.detail.account == account && $0.removedAt == nil
        }
        let listed = all { page throws(Refusal) in
            try machine.users(in: account, page, as: root)
        }
        #expect(listed == present.map(\.detail))
        for user in present {
            #expect((try? machine.user(user.detail.id, in: account, as: root)) == user.detail)
            for api in reference.apis {
                let limit = try? machine.limit(
                    of: user.detail.id, for: api, in: account, as: root)
                #expect(limit == reference.limitDetail(user, api))
            }
        }
    }

    private func compareKeys(of account: AccountID) {
        let owners = reference.users.filter { $0.detail.account == account }.map(\.detail.id)
        let expected = owners.flatMap { owner in
            reference.keys.filter { $0.detail.user == owner }.map(reference.shown)
        }
        let listed = all { page throws(Refusal) in
            try machine.keys(in: account, page, as: root)
        }
        #expect(listed == expected)
        let active = all { page throws(Refusal) in
            try machine.keys(
                in: account, page, filter: KeyFilter(api: .rest, state: .active), as: root)
        }
        #expect(active == expected.filter { $0.api == .rest && $0.state == .active })
        for owner in owners {
            let own = all { page throws(Refusal) in
                try machine.keys(in: account, page, filter: KeyFilter(user: owner), as: root)
            }
            #expect(own == expected.filter { $0.user == owner })
        }
        for key in expected {
            #expect((try? machine.key(key.id, in: account, as: root)) == key)
        }
    }

    private func compareUsage(of account: AccountID) {
        let rows = all { page throws(Refusal) in
            try machine.usage(in: account, page, as: root)
        }
        var expected: [UsageRow] = []
        for user in reference.users
        where user.detail.account == account && user.removedAt == nil {
            for api in reference.apis {
                let limit = reference.limitDetail(user, api)
                let period = limit?.period ?? .none
                let id = user.detail.id
                let keys = reference.keys.filter { $0.detail.user == id && $0.detail.api == api }
                expected.append(
                    UsageRow(
                        user: id, api: api, allowance: limit?.credits, period: period,
                        spent: Credits(reference.sum(id, api, period, key: nil))!,
                        held: Credits(
                            reference.held(period) { $0.user == id && $0.api == api })!,
                        remaining: limit?.remaining, resetsAt: limit?.resetsAt,
                        keys: keys.compactMap {
                            let spent = reference.sum(id, api, period, key: $0.detail.id)
                            guard $0.endedAt == nil || spent > 0 else { return nil }
                            return KeyUsage(key: $0.detail.id, spent: Credits(spent)!)
                        }))
            }
        }
        #expect(rows == expected)
    }

    private func compareAudit() {
        let newestFirst = Array(reference.audit.reversed())
        #expect(
            all { page throws(Refusal) in try machine.audit(in: nil, page, as: root) }
                == newestFirst)
        for account in reference.accounts.map(\.detail.id) {
            let listed = all { page throws(Refusal) in
                try machine.audit(in: account, page, as: root)
            }
            #expect(listed == newestFirst.filter { $0.account == account })
        }
    }

    private func compareCredits() {
        for key in reference.keys {
            let answer = try? machine.credits(for: key.digest)
            #expect((answer != nil) == reference.isAccepted(key))
            #expect(mirror.accepts(key.detail.id) == reference.isAccepted(key))
            guard let answer else { continue }
            let limit = reference.users.first { $0.detail.id == key.detail.user }
                .flatMap { reference.limitDetail($0, key.detail.api) }
            #expect(answer.allowance == limit?.credits)
            #expect(answer.remaining == limit?.remaining)
            #expect(answer.resetsAt == limit?.resetsAt)
            #expect(answer.pool == reference.poolDetail(key.detail.account, key.detail.api))
            let period = limit?.period ?? .none
            let spent = reference.sum(key.detail.user, key.detail.api, period, key: nil)
            #expect(answer.spent.rawValue == spent)
            let held = reference.held(period) {
                $0.user == key.detail.user && $0.api == key.detail.api
            }
            #expect(answer.held.rawValue == held)
        }
    }

    /// Goes on from a copy that was written and read again.
    mutating func roundTrip(pieces: Int) throws {
        var encoder = StateEncoder(machine.freeze())
        var bytes: [UInt8] = []
        while let chunk = encoder.nextChunk() { bytes += chunk }
        var decoder = StateDecoder()
        var start = 0
        while start < bytes.count {
            let end = min(start + pieces, bytes.count)
            try decoder.feed(Array(bytes[start..<end]))
            start = end
        }
        let copy = try decoder.finish()
        #expect(copy.stateDigest() == machine.stateDigest())
        machine = copy
    }
}
