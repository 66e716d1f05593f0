import Basics
import Keyring

// What all users of an account may spend together.
extension ReferenceStore {
    mutating func setPool(
        _ account: AccountID, _ api: API, _ credits: Credits, _ period: Period, _ author: Author
    ) -> Outcome {
        guard let at = openAccount(account) else { return .refused(.accountNotFound) }
        guard apis.contains(api) else { return .refused(.apiNotFound) }
        let before = accounts[at].pools[api]
        if before?.isSet != true || before?.credits != credits || before?.period != period {
            accounts[at].pools[api] = Limit(
                credits: credits, period: period, isSet: true, changedAt: index)
            record(.poolSet, .pool(account, api), account, author)
        }
        let detail = poolDetail(account, api)!
        return .changed(Change(.pool(detail), index: detail.changedAt))
    }

    mutating func removePool(_ account: AccountID, _ api: API, _ author: Author) -> Outcome {
        guard let at = openAccount(account) else { return .refused(.accountNotFound) }
        guard apis.contains(api) else { return .refused(.apiNotFound) }
        guard accounts[at].pools[api]?.isSet == true else {
            let last = accounts[at].pools[api]?.changedAt ?? accounts[at].createdAt
            return .changed(Change(.poolRemoved(account, api), index: last))
        }
        accounts[at].pools[api]!.isSet = false
        accounts[at].pools[api]!.changedAt = index
        record(.poolRemoved, .pool(account, api), account, author)
        return .changed(Change(.poolRemoved(account, api), index: index))
    }

    private func openAccount(_ id: AccountID) -> Int? {
        accounts.firstIndex { $0.detail.id == id && $0.deletedAt == nil }
    }

    func pool(_ account: AccountID, _ api: API) -> Limit? {
        accounts.first { $0.detail.id == account }?.pools[api].flatMap { $0.isSet ? $0 : nil }
    }

    func poolDetail(_ account: AccountID, _ api: API) -> PoolDetail? {
        guard let pool = pool(account, api) else { return nil }
        let spent = sum(of: account, api, pool.period)
        let held = held(pool.period) { $0.account == account && $0.api == api }
        return PoolDetail(
            account: account, api: api, credits: pool.credits, period: pool.period,
            spent: Credits(spent)!, held: Credits(held)!, remaining: left(pool, spent + held),
            resetsAt: ReferenceCalendar.end(of: pool.period, time), changedAt: pool.changedAt)
    }

    /// What all users of an account have spent in the current period, those gone since included.
    func sum(of account: AccountID, _ api: API, _ period: Period) -> UInt64 {
        sum(period) { $0.account == account && $0.api == api }
    }
}
