import Basics
import Keyring
import Replica

// Holds take credits until they end, each in the periods of the day on which it was placed.
extension CreditModel {
    /// What is done to a hold, by its number in the history.
    enum HoldAction: Equatable {
        case place(Int, credits: UInt64)
        case settle(Int, credits: UInt64)
        case void(Int)
        /// Its time-out has come.
        case lapse(Int)

        var number: Int {
            switch self {
            case .place(let number, _), .settle(let number, _), .void(let number),
                .lapse(let number):
                number
            }
        }
    }

    enum Hold: Hashable {
        /// Since a position in `dates`.
        case open(credits: UInt64, date: Int)
        /// With the answer that told of it, if one did.
        case settled(held: UInt64, charged: UInt64, HoldReceipt?)
        case voided(held: UInt64, HoldReceipt?)
        case lapsed
    }

    /// What every answer about a hold shows.
    struct HoldTerms {
        var id: IdempotencyKey
        /// When it lapses, or would have; nil if nothing explains what was told.
        var expiresAt: Timestamp?
    }

    /// Whether an answer is that of something not yet done in this state, and not one that others
    /// may have been given before.
    func isUndone(_ action: HoldAction, _ receipt: HoldReceipt, _ state: State) -> Bool {
        switch (action, state.hold(action.number)) {
        case (.place, nil): true
        case (.settle, .open?), (.void, .open?): !receipt.replayed
        default: false
        }
    }

    func hold(_ action: HoldAction, _ result: KeyclaveReturn?, _ state: State) -> State? {
        let known = state.hold(action.number)
        if case .lapse = action {
            guard case .open = known else { return state }
            return state.setting(action.number, to: .lapsed)
        }
        guard state.owner.isOpen else { return nil }
        if let refusal = result?.refusal {
            return isExplained(refusal, action, known, state) ? state : nil
        }
        switch result {
        case nil: return after(action, known, nil, state)
        case .outcome(.held(let receipt))?: return after(action, known, receipt, state)
        default: return nil
        }
    }

    private func isExplained(
        _ refusal: Refusal, _ action: HoldAction, _ known: Hold?, _ state: State
    ) -> Bool {
        switch (refusal, action, known) {
        case (.creditsExhausted(let remaining, let allowance), .place(_, let credits), nil):
            isExhausted(credits, remaining, allowance, state)
        case (.holdLimit, .place, nil): true
        case (.holdNotFound, .settle, nil), (.holdNotFound, .void, nil): true
        case (.holdExceeded(let held), .settle(_, let credits), .open(let most, _)?):
            credits > most && held.rawValue == most
        case (.holdEnded, .settle(_, let credits), .settled(_, let charged, _)?): credits != charged
        case (.holdEnded, .void, .voided?), (.holdEnded, _, .open?): false
        case (.holdEnded, .settle, _?), (.holdEnded, .void, _?): true
        default: false
        }
    }

    private func after(
        _ action: HoldAction, _ known: Hold?, _ receipt: HoldReceipt?, _ state: State
    ) -> State? {
        switch (action, known) {
        case (.place(let number, let credits), nil):
            guard credits <= state.spendable(on: dates).rawValue else { return nil }
            let next = state.setting(number, to: .open(credits: credits, date: state.date))
            return shows(receipt, number, .open, held: credits, charged: 0, next) ? next : nil
        case (.settle(let number, let credits), .open(let most, let date)?):
            guard credits <= most else { return nil }
            let end = Hold.settled(held: most, charged: credits, receipt)
            var next = state.setting(number, to: end)
            next.spentEver += credits
            if dates[date].month == dates[state.date].month { next.spentInMonth += credits }
            if date == state.date { next.spentInDay += credits }
            return shows(receipt, number, .settled, held: most, charged: credits, next)
                ? next : nil
        case (.void(let number), .open(let most, _)?):
            let next = state.setting(number, to: .voided(held: most, receipt))
            return shows(receipt, number, .voided, held: most, charged: 0, next) ? next : nil
        case (.settle(let number, let credits), .settled(let held, let charged, let told)?):
            guard credits == charged, shows(receipt, number, .settled, held, charged),
                let same = agreed(receipt, told)
            else { return nil }
            return state.setting(number, to: .settled(held: held, charged: charged, same))
        case (.void(let number), .voided(let held, let told)?):
            guard shows(receipt, number, .voided, held, 0), let same = agreed(receipt, told)
            else { return nil }
            return state.setting(number, to: .voided(held: held, same))
        default: return nil
        }
    }

    /// What is known after an answer that repeats an earlier one; nil inside nil if they differ.
    private func agreed(_ receipt: HoldReceipt?, _ told: HoldReceipt?) -> HoldReceipt?? {
        guard var receipt else { return .some(told) }
        guard receipt.replayed else { return nil }
        guard var told else { return .some(receipt) }
        receipt.replayed = true
        told.replayed = true
        return receipt == told ? .some(told) : nil
    }

    /// Whether an answer shows what was just done, if there is one.
    private func shows(
        _ receipt: HoldReceipt?, _ number: Int, _ standing: HoldReceipt.Standing, held: UInt64,
        charged: UInt64, _ state: State
    ) -> Bool {
        guard let receipt else { return true }
        return shows(receipt, number, standing, held, charged)
            && receipt.spent.rawValue == state.spent
            && receipt.remaining == state.remaining(on: dates)
    }

    /// Whether an answer, if there is one, is about this hold and its end.
    private func shows(
        _ receipt: HoldReceipt?, _ number: Int, _ standing: HoldReceipt.Standing, _ held: UInt64,
        _ charged: UInt64
    ) -> Bool {
        guard let receipt else { return true }
        return receipt.hold == holds[number].id && receipt.standing == standing
            && receipt.held.rawValue == held && receipt.charged.rawValue == charged
            && receipt.expiresAt == holds[number].expiresAt
    }

    /// Whether a refusal for want of credits is right. What all users of the account have left
    /// isn't known here: of a pool only that it may be the lesser.
    func isExhausted(
        _ credits: UInt64, _ remaining: Credits, _ allowance: Credits, _ state: State
    ) -> Bool {
        let spendable = state.spendable(on: dates)
        guard credits > remaining.rawValue else { return false }
        if mayHavePool, remaining < spendable { return true }
        return remaining == spendable && allowance == state.allowance?.credits ?? .maximum
    }
}

extension CreditModel.State {
    /// Nil for one that isn't placed.
    func hold(_ number: Int) -> CreditModel.Hold? { number < holds.count ? holds[number] : nil }

    func setting(_ number: Int, to hold: CreditModel.Hold) -> Self {
        var next = self
        while next.holds.count <= number { next.holds.append(nil) }
        next.holds[number] = hold
        return next
    }

    /// What open holds take in the allowance's period, or at all if there is none.
    func held(on dates: [CalendarDate]) -> UInt64 { held(allowance?.period ?? .none, dates) }

    private func held(_ period: Period, _ dates: [CalendarDate]) -> UInt64 {
        var sum: UInt64 = 0
        for case .open(let credits, let placed)? in holds {
            switch period {
            case .none: sum += credits
            case .month: if dates[placed].month == dates[date].month { sum += credits }
            case .day: if placed == date { sum += credits }
            }
        }
        return sum
    }

    func remaining(on dates: [CalendarDate]) -> Credits? {
        allowance.map { $0.credits - Credits(clamping: spent + held(on: dates)) }
    }

    /// What a charge or hold may take: no counter goes beyond what JSON holds.
    func spendable(on dates: [CalendarDate]) -> Credits {
        let room = Credits.maximum - Credits(clamping: spentEver + held(.none, dates))
        return min(remaining(on: dates) ?? room, room)
    }
}
