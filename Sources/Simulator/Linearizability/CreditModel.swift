import Basics
import Keyring
import Replica

/// What one user may spend, has spent and holds for one API, over all of their keys.
///
/// Exact: every receipt, every refusal for want of credits with its figures, every answer about
/// the limit, in the period that log time says. Days are what the caller states: those that the
/// log's entries bear, in their order; the change from one to the next is a call of its own, that
/// may happen at any time. Not judged here: whether the key of a charge was accepted (`KeyModel`),
/// and that one order explains both.
struct CreditModel: SequentialModel {
    typealias Return = KeyclaveReturn

    enum Action: Equatable {
        case owner(OwnerState.Call)
        case setLimit(Allowance)
        case removeLimit
        case charge(credits: UInt64)
        case hold(HoldAction)
        /// What a key of the user for the API can spend.
        case readCredits
        /// Log time reaches that position in `dates`, from the one before.
        case reachDate(Int)
    }

    struct Allowance: Hashable {
        var credits: Credits
        var period: Period
    }

    /// An action, and the position in `dates` of the log time at which it was decided; nil if
    /// that isn't known.
    struct Call: Equatable {
        var keyclave: KeyclaveCall<Action>
        var date: Int?
    }

    struct State: Hashable {
        var owner = OwnerState()
        /// Nil: unlimited.
        var allowance: Allowance?
        /// The log index at which the allowance was last set or removed; nil if no answer told.
        var changedAt: LogIndex?
        var spentEver: UInt64 = 0
        /// In the month and the day of `date`.
        var spentInMonth: UInt64 = 0
        var spentInDay: UInt64 = 0
        /// A position in `dates`.
        var date = 0
        /// By their numbers; nil for one that isn't placed.
        var holds: [Hold?] = []
        var decided = DecidedIDs()

        /// In the allowance's period, or ever if there is none.
        var spent: UInt64 {
            switch allowance?.period ?? .none {
            case .none: spentEver
            case .month: spentInMonth
            case .day: spentInDay
            }
        }

    }

    /// The days of log time, in their order. One stands for all where no limit has a period.
    let dates: [CalendarDate]
    /// Whether a charge or hold may have to fit something else as well.
    var mayHavePool = false
    /// By their numbers.
    var holds: [HoldTerms] = []
    let initial = State()

    func state(
        after call: Call, returning result: KeyclaveReturn?, from state: State
    ) -> State? {
        let id = call.keyclave.id
        if let id, state.decided.contains(id) { return result?.isFirst == true ? nil : state }
        if let date = call.date, date != state.date { return nil }
        var next = self.state(after: call.keyclave.action, returning: result, from: state)
        if let id { next?.decided.insert(id) }
        return next
    }

    func onlyObserves(
        _ call: Call, returning result: KeyclaveReturn?, from state: State
    ) -> Bool {
        if let id = call.keyclave.id, state.decided.contains(id) { return true }
        if case .readCredits = call.keyclave.action { return true }
        return result?.refusal != nil
    }

    /// Nothing that is counted falls within its period, and what was ever spent never.
    func rulesOut(_ call: Call, returning result: KeyclaveReturn?, after state: State) -> Bool {
        if let id = call.keyclave.id, state.decided.contains(id) { return false }
        switch (call.keyclave.action, result) {
        case (.charge(let credits), .charge(.charged(let receipt))?):
            if receipt.remaining == nil {
                return receipt.spent.rawValue < state.spentEver + credits
            }
            // In whichever period: the day's counter is the least of all.
            return call.date == state.date && receipt.spent.rawValue < state.spentInDay + credits
        case (.hold(let action), .outcome(.held(let receipt))?):
            guard isUndone(action, receipt, state) else { return false }
            let least = call.date == state.date ? state.spentInDay : 0
            return receipt.spent.rawValue < (receipt.remaining == nil ? state.spentEver : least)
        case (.readCredits, .answer(.credits(let answer))?):
            return isBelow(answer.spent, answer.period, endingAt: answer.resetsAt, state)
        case (.setLimit, .outcome(.changed(let change))?):
            guard case .limit(let detail) = change.result else { return false }
            return isBelow(detail.spent, detail.period, endingAt: detail.resetsAt, state)
        default: return false
        }
    }

    /// Whether less was spent in the period that ends then than is counted in it already.
    private func isBelow(
        _ spent: Credits, _ period: Period, endingAt end: Timestamp?, _ state: State
    ) -> Bool {
        guard end == dates[state.date].end(of: period) else { return false }
        switch period {
        case .none: return spent.rawValue < state.spentEver
        case .month: return spent.rawValue < state.spentInMonth
        case .day: return spent.rawValue < state.spentInDay
        }
    }

    private func state(
        after action: Action, returning result: KeyclaveReturn?, from state: State
    ) -> State? {
        switch action {
        case .reachDate(let date): return reach(date, state)
        case .owner(let call):
            guard let owner = state.owner.after(call, returning: result) else { return nil }
            var next = state
            next.owner = owner
            return next
        case .charge(let credits): return charge(credits, result, state)
        case .hold(let action): return hold(action, result, state)
        case .readCredits: return read(result, state) ? state : nil
        case .setLimit, .removeLimit: return limit(action, result, state)
        }
    }

    private func reach(_ date: Int, _ state: State) -> State? {
        guard date == state.date + 1 else { return nil }
        var next = state
        next.date = date
        next.spentInDay = 0
        if dates[date].month != dates[state.date].month { next.spentInMonth = 0 }
        return next
    }

    private func charge(_ credits: UInt64, _ result: KeyclaveReturn?, _ state: State) -> State? {
        guard state.owner.isOpen else { return nil }
        if case .creditsExhausted(let remaining, let allowance)? = result?.refusal {
            return isExhausted(credits, remaining, allowance, state) ? state : nil
        }
        guard credits <= state.spendable(on: dates).rawValue else { return nil }
        var next = state
        next.spentEver += credits
        next.spentInMonth += credits
        next.spentInDay += credits
        switch result {
        case nil: return next
        case .charge(.charged(let receipt))?:
            let isExplained =
                receipt.charged.rawValue == credits && receipt.spent.rawValue == next.spent
                && receipt.remaining == next.remaining(on: dates)
            return isExplained ? next : nil
        default: return nil
        }
    }

    private func read(_ result: KeyclaveReturn?, _ state: State) -> Bool {
        guard case .answer(.credits(let answer))? = result else { return result == nil }
        return state.owner.isOpen && answer.allowance == state.allowance?.credits
            && answer.period == state.allowance?.period ?? .none
            && answer.spent.rawValue == state.spent
            && answer.held.rawValue == state.held(on: dates)
            && answer.remaining == state.remaining(on: dates)
            && answer.resetsAt == resetsAt(state)
    }

    private func resetsAt(_ state: State) -> Timestamp? {
        state.allowance.flatMap { dates[state.date].end(of: $0.period) }
    }

    private func limit(_ action: Action, _ result: KeyclaveReturn?, _ state: State) -> State? {
        if let refusal = result?.refusal {
            let isExplained =
                state.owner.explains(refusal) ?? (refusal == .apiNotFound && state.owner.isOpen)
            return isExplained ? state : nil
        }
        guard state.owner.isOpen else { return nil }
        var next = state
        next.allowance = nil
        if case .setLimit(let allowance) = action { next.allowance = allowance }
        let isEffective = next.allowance != state.allowance
        guard let result else {
            if isEffective { next.changedAt = nil }
            return next
        }
        guard case .outcome(.changed(let change)) = result, shows(change, next) else {
            return nil
        }
        if let known = state.changedAt {
            guard isEffective ? change.index > known : change.index == known else { return nil }
        }
        next.changedAt = change.index
        return next
    }

    /// Whether an answer shows the limit that it says was set or removed.
    private func shows(_ change: Change, _ state: State) -> Bool {
        switch change.result {
        case .limit(let detail):
            detail.credits == state.allowance?.credits && detail.period == state.allowance?.period
                && detail.spent.rawValue == state.spent
                && detail.held.rawValue == state.held(on: dates)
                && detail.remaining == state.remaining(on: dates)
                && detail.resetsAt == resetsAt(state)
                && detail.changedAt == change.index
        case .limitRemoved: state.allowance == nil
        default: false
        }
    }
}
