import Basics
import Keyring

// Holds: all there are in one array, every sum made anew.
extension ReferenceStore {
    struct Hold {
        enum End {
            case settled(HoldReceipt)
            case voided(HoldReceipt)
            case lapsed
        }

        var id: IdempotencyKey
        var account: AccountID
        var user: UserID
        var key: KeyID
        var api: API
        var credits: UInt64
        var date: (year: Int, month: Int, day: Int)
        var expiry: Timestamp
        var placedAt: LogIndex
        var end: End?
        var forgottenAt = Timestamp.epoch
    }

    mutating func decide(_ command: HoldCommand, _ request: RequestID) -> Outcome {
        switch command {
        case .place(let hold):
            if hold.credits < 1 || hold.credits > 1_000_000_000 {
                return .refused(.chargeOutOfRange)
            }
            if hold.timeoutSeconds < 1 || hold.timeoutSeconds > 604_800 {
                return .refused(.holdTimeoutOutOfRange)
            }
        case .settle(let settlement):
            if settlement.credits > 1_000_000_000 { return .refused(.chargeOutOfRange) }
        case .void: break
        }
        if let outcome = ledger.ownOutcome(request, time) { return outcome }
        guard let key = key(command.key) else { return .refused(.invalidKey) }
        let scope = key.detail.account
        let content = ReferenceLedger.Content.hold(content(command, key.detail))
        if let id = command.id {
            let known = ledger.find(scope, id, time)
            if let known, known.content == content, case .change(let outcome) = known.answer {
                guard known.request != request, case .held(var receipt) = outcome else {
                    return outcome
                }
                receipt.replayed = true
                return .held(receipt)
            }
            if let refusal = ledger.refusal(scope, id, isKnown: known != nil, time, settings) {
                ledger.keepRequest(request, 0, .refused(refusal), time, settings)
                return .refused(refusal)
            }
        }
        let outcome = perform(command, key)
        var isRemembered = true
        switch (command, outcome) {
        case (.place, _): break
        case (_, .refused(.invalidKey)): isRemembered = false
        default: break
        }
        if let id = command.id, isRemembered {
            ledger.keep(scope, id, request, 0, content, .change(outcome), time, settings)
        } else {
            ledger.keepRequest(request, 0, outcome, time, settings)
        }
        return outcome
    }

    func key(_ reference: KeyReference) -> Key? {
        keys.first {
            switch reference {
            case .id(let id): $0.detail.id == id
            case .digest(let digest): $0.digest == digest
            }
        }
    }

    private func content(
        _ command: HoldCommand, _ key: KeyDetail
    ) -> ReferenceLedger.HoldContent {
        switch command {
        case .place(let hold):
            .init(
                verb: "place", hold: hold.id, key: key.id, credits: hold.credits,
                timeout: hold.timeoutSeconds)
        case .settle(let settlement):
            .init(
                verb: "settle", hold: settlement.hold, user: key.user,
                credits: settlement.credits)
        case .void(let voiding): .init(verb: "void", hold: voiding.hold, user: key.user)
        }
    }

    private mutating func perform(_ command: HoldCommand, _ key: Key) -> Outcome {
        guard isAccepted(key) else { return .refused(.invalidKey) }
        if case .place(let new) = command { return place(new, key) }
        guard
            let at = holds.firstIndex(where: {
                $0.account == key.detail.account && $0.id == command.hold
                    && $0.user == key.detail.user
            })
        else { return .refused(.holdNotFound) }
        if holds[at].end == nil, holds[at].expiry.milliseconds <= time.milliseconds { lapse(at) }
        switch (holds[at].end, command) {
        case (.settled(var receipt)?, .settle(let settlement))
        where receipt.charged.rawValue == settlement.credits:
            receipt.replayed = true
            return .held(receipt)
        case (.voided(var receipt)?, .void):
            receipt.replayed = true
            return .held(receipt)
        case (_?, _): return .refused(.holdEnded)
        case (nil, .settle(let settlement)): return settle(at, settlement.credits)
        case (nil, _): return void(at)
        }
    }

    private mutating func place(_ new: NewHold, _ key: Key) -> Outcome {
        let account = key.detail.account
        if holds.contains(where: { $0.account == account && $0.id == new.id }) {
            return .refused(.idempotencyConflict)
        }
        let open = holds.count { $0.account == account && $0.end == nil }
        if open >= Int(settings.holdsPerAccount) {
            return .refused(.holdLimit(limit: settings.holdsPerAccount))
        }
        if let refusal = lack(new.credits, key) { return .refused(refusal) }
        holds.append(
            Hold(
                id: new.id, account: account, user: key.detail.user, key: key.detail.id,
                api: key.detail.api, credits: new.credits, date: ReferenceCalendar.date(time),
                expiry: time + .seconds(Int64(new.timeoutSeconds)), placedAt: index))
        return .held(receipt(holds.count - 1, .open, charged: 0))
    }

    private mutating func settle(_ at: Int, _ credits: UInt64) -> Outcome {
        let hold = holds[at]
        if credits > hold.credits {
            return .refused(.holdExceeded(held: Credits(hold.credits)!))
        }
        end(at, .lapsed)
        if credits > 0 {
            spent.append(
                Spent(
                    account: hold.account, user: hold.user, key: hold.key, api: hold.api,
                    credits: credits, date: hold.date))
        }
        let receipt = receipt(at, .settled, charged: credits)
        holds[at].end = .settled(receipt)
        return .held(receipt)
    }

    private mutating func void(_ at: Int) -> Outcome {
        end(at, .lapsed)
        let receipt = receipt(at, .voided, charged: 0)
        holds[at].end = .voided(receipt)
        return .held(receipt)
    }

    private func receipt(
        _ at: Int, _ standing: HoldReceipt.Standing, charged: UInt64
    ) -> HoldReceipt {
        let hold = holds[at]
        let limit = limit(hold.user, hold.api)
        let spent = sum(hold.user, hold.api, limit?.period ?? .none, key: nil)
        let held = held(limit?.period ?? .none) { $0.user == hold.user && $0.api == hold.api }
        let taken = spent + held
        return HoldReceipt(
            hold: hold.id, standing: standing, held: Credits(hold.credits)!,
            charged: Credits(charged)!, spent: Credits(spent)!,
            remaining: limit.map { left($0, taken) }, expiresAt: hold.expiry, index: index)
    }

    func left(_ limit: Limit, _ taken: UInt64) -> Credits {
        Credits(taken >= limit.credits.rawValue ? 0 : limit.credits.rawValue - taken)!
    }

    private mutating func end(_ at: Int, _ end: Hold.End) {
        holds[at].end = end
        holds[at].forgottenAt = time + .seconds(Int64(settings.endedHoldSeconds))
    }

    private mutating func lapse(_ at: Int) {
        end(at, .lapsed)
        lapses += 1
    }

    /// Whether it takes anything from its user and account.
    func isOpen(_ hold: Hold) -> Bool { hold.end == nil && isPresent(hold.user) }

    /// What open holds of a kind reserve that were placed in the current period.
    func held(_ period: Period, _ isMeant: (Hold) -> Bool) -> UInt64 {
        let today = ReferenceCalendar.date(time)
        var sum: UInt64 = 0
        for hold in holds where isOpen(hold) && isMeant(hold) {
            let isOfMonth = hold.date.year == today.year && hold.date.month == today.month
            switch period {
            case .none: sum += hold.credits
            case .month: if isOfMonth { sum += hold.credits }
            case .day: if isOfMonth && hold.date.day == today.day { sum += hold.credits }
            }
        }
        return sum
    }

    /// Why so much can't be charged or held with a key; nil if it can.
    func lack(_ credits: UInt64, _ key: Key) -> Refusal? {
        let (user, account, api) = (key.detail.user, key.detail.account, key.detail.api)
        let most: UInt64 = (1 << 53) - 1
        func room(_ limit: Limit?, _ taken: (Period) -> UInt64) -> UInt64 {
            let room = most - taken(.none)
            guard let limit else { return room }
            return min(room, left(limit, taken(limit.period)).rawValue)
        }
        let (limit, pool) = (limit(user, api), pool(account, api))
        let ofUser = room(limit) { period in
            sum(user, api, period, key: nil) + held(period) { $0.user == user && $0.api == api }
        }
        let ofPool = room(pool) { period in
            sum(of: account, api, period)
                + held(period) { $0.account == account && $0.api == api }
        }
        if credits <= ofUser, credits <= ofPool { return nil }
        let meant = ofPool < ofUser ? pool : limit
        return .creditsExhausted(
            remaining: Credits(min(ofUser, ofPool))!, allowance: meant?.credits ?? .maximum)
    }

    /// What time does to holds: 512 lapse at most, and 512 are forgotten, in the order of their
    /// turns.
    mutating func passHolds() {
        for _ in 0..<512 {
            let open = holds.indices.filter { holds[$0].end == nil }
            guard
                let first = open.min(by: {
                    (holds[$0].expiry, holds[$0].placedAt)
                        < (holds[$1].expiry, holds[$1].placedAt)
                }), holds[first].expiry <= time
            else { break }
            lapse(first)
        }
        for _ in 0..<512 {
            let ended = holds.indices.filter { holds[$0].end != nil }
            guard
                let first = ended.min(by: {
                    (holds[$0].forgottenAt, holds[$0].placedAt)
                        < (holds[$1].forgottenAt, holds[$1].placedAt)
                }),
                holds[first].forgottenAt <= time || ended.count > Int(settings.endedHolds)
            else { break }
            holds.remove(at: first)
        }
    }
}
