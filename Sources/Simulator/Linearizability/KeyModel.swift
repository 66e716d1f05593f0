import Basics
import Keyring
import Replica

/// One key, and the user and account that it belongs to.
///
/// Exact: the key's state and name, its expiry and the end of its grace, the log index of its last
/// change wherever two answers show it, whether it is accepted, and every refusal that these
/// decide. When the log reaches the time that ends it is what the caller states: a call of its own.
/// Not judged, for it depends on other keys: whether a cap was reached, and how many keys a
/// revocation of all struck. A revoked key is taken to be remembered for as long as the history
/// lasts.
struct KeyModel: SequentialModel {
    enum Phase: Hashable { case absent, inactive, active, retiring, revoked, expired }
    typealias Return = KeyclaveReturn

    enum Action: Equatable {
        case owner(OwnerState.Call)
        case create(active: Bool, Name)
        case rename(Name)
        case setActive(Bool)
        /// Another takes its place.
        case rotate(Replacement)
        /// It takes another's place.
        case succeed
        /// The log reaches its expiry.
        case expire(at: LogIndex)
        /// The log reaches the end of its grace, with that successor; an index that nobody was told
        /// is nil.
        case endGrace(successor: KeyID, at: LogIndex?)
        /// Its successor is revoked, switched off or itself replaced: that ends its grace, too.
        case close(successor: KeyID)
        case revoke
        /// All keys of its user.
        case revokeAll
        /// A charge with it, whatever it costs, or something done to a hold with it.
        case charge
        /// A charge refused without a word in the ledger: there was no such key.
        case chargeUnknown
        /// `GET` of the key.
        case readKey
        /// What the key can spend.
        case readCredits
    }

    /// At once, or after a grace.
    struct Replacement: Equatable {
        /// Nil at once.
        var successor: KeyID?
        /// When its grace is to end; nil if nobody was told when it began.
        var retiresAt: Timestamp?
    }

    typealias Call = KeyclaveCall<Action>

    /// Nil: never.
    var expiresAt: Timestamp?

    struct State: Hashable {
        var owner = OwnerState()
        /// By itself: the key of a removed user is dead whatever this says.
        var phase = Phase.absent
        /// Nil before it is created.
        var name: Name?
        /// The log index of its last change, its user's removal counted in; nil if no answer
        /// told.
        var changedAt: LogIndex?
        var hasExpiryPassed = false
        /// While it is retiring.
        var successor: KeyID?
        /// While it is retiring; nil if nobody was told.
        var retiresAt: Timestamp?
        var decided = DecidedIDs()

        var effectivePhase: Phase {
            owner.user == .removed && ![.absent, .expired].contains(phase) ? .revoked : phase
        }

        var isAccepted: Bool { owner.isOpen && (phase == .active || phase == .retiring) }

        /// The key's account is open, the key exists and can still be changed.
        var isLive: Bool {
            owner.account == .open && ![.absent, .revoked, .expired].contains(effectivePhase)
        }
    }

    let initial = State()

    func state(
        after call: Call, returning result: KeyclaveReturn?, from state: State
    ) -> State? {
        guard let id = call.id else {
            return self.state(after: call.action, returning: result, from: state)
        }
        if state.decided.contains(id) { return result?.isFirst == true ? nil : state }
        guard var next = self.state(after: call.action, returning: result, from: state)
        else { return nil }
        // Nothing is remembered of a charge with a key that isn't there.
        if case .charge = call.action, state.phase == .absent { return next }
        next.decided.insert(id)
        return next
    }

    func onlyObserves(
        _ call: Call, returning result: KeyclaveReturn?, from state: State
    ) -> Bool {
        if let id = call.id, state.decided.contains(id) { return true }
        switch call.action {
        case .charge, .chargeUnknown, .readKey, .readCredits: return true
        default: return result?.refusal != nil
        }
    }

    private func state(
        after action: Action, returning result: KeyclaveReturn?, from state: State
    ) -> State? {
        if let refusal = result?.refusal { return refuse(action, refusal, state) ? state : nil }
        switch (action, result) {
        case (.owner(let call), _): return own(call, result, state)
        case (.readKey, .answer(.key(let detail))?): return read(detail, state)
        case (.readCredits, .answer(.credits)?), (.charge, .charge(.charged)?),
            (.charge, .outcome(.held)?):
            return state.isAccepted ? state : nil
        // A read that never returned, and a charge whose fate isn't known, do nothing to a key.
        case (.readKey, nil), (.readCredits, nil), (.charge, nil): return state
        case (.readKey, _?), (.readCredits, _?), (.charge, _?): return nil
        case (_, .outcome(.changed(let change))?): return apply(action, change, state)
        case (_, nil): return apply(action, nil, state)
        case (_, _?): return nil
        }
    }

    private func own(
        _ call: OwnerState.Call, _ result: KeyclaveReturn?, _ state: State
    ) -> State? {
        guard let owner = state.owner.after(call, returning: result) else { return nil }
        var next = state
        if call == .removeUser, state.owner.user == .present, state.phase != .absent,
            state.phase != .revoked, state.phase != .expired
        {
            next.changedAt = nil
            if case .outcome(.changed(let change))? = result { next.changedAt = change.index }
        }
        next.owner = owner
        return next
    }

    private func read(_ detail: KeyDetail, _ state: State) -> State? {
        guard state.owner.account == .open, state.phase != .absent,
            shows(detail, state)
        else { return nil }
        return learn(detail.changedAt, state)
    }

    func keyState(_ phase: Phase) -> KeyState? {
        switch phase {
        case .absent: nil
        case .inactive: .inactive
        case .active: .active
        case .revoked: .revoked
        case .retiring: .retiring
        case .expired: .expired
        }
    }

    /// An answer showed when the key was last changed.
    private func learn(_ changedAt: LogIndex, _ state: State) -> State? {
        guard let known = state.changedAt else {
            var next = state
            next.changedAt = changedAt
            return next
        }
        return known == changedAt ? state : nil
    }

    /// A change of the key that took effect or had nothing to do. Nil as the change if its answer
    /// isn't known.
    private func apply(_ action: Action, _ change: Change?, _ state: State) -> State? {
        var next = state
        switch action {
        case .create(let active, let name):
            guard state.owner.isOpen, state.phase == .absent, !state.hasExpiryPassed else {
                return nil
            }
            next.phase = active ? .active : .inactive
            next.name = name
        case .rename(let name):
            guard state.isLive else { return nil }
            next.name = name
        case .setActive(let active):
            guard state.isLive, state.phase != .retiring else { return nil }
            next.phase = active ? .active : .inactive
        case .revoke:
            guard state.owner.account == .open, state.phase != .absent else { return nil }
            if ![.revoked, .expired].contains(state.effectivePhase) { next.phase = .revoked }
        case .revokeAll:
            return revokeAll(change, state)
        case .rotate, .succeed, .expire, .endGrace, .close:
            return turn(action, change, state)
        case .owner, .charge, .chargeUnknown, .readKey, .readCredits:
            return nil
        }
        let isEffective = next != state
        guard let change else {
            if isEffective { next.changedAt = nil }
            return next
        }
        guard shows(change, next) else { return nil }
        guard isEffective else { return learn(change.index, state) }
        if let before = state.changedAt, change.index <= before { return nil }
        next.changedAt = change.index
        return next
    }

    /// Whether an answer shows the state that it says the change led to.
    private func shows(_ change: Change, _ state: State) -> Bool {
        switch change.result {
        case .key(let detail): shows(detail, state) && detail.changedAt == change.index
        case .keyRevoked: [.revoked, .expired].contains(state.effectivePhase)
        case .keysImported: true
        default: false
        }
    }

    /// Whether the key is shown as it is, but for when it was last changed.
    func shows(_ detail: KeyDetail, _ state: State) -> Bool {
        let isRetiring = detail.state == .retiring
        return detail.state == keyState(state.effectivePhase) && detail.name == state.name
            && detail.expiresAt == expiresAt && (detail.retiresAt != nil) == isRetiring
            && (!isRetiring || state.retiresAt == nil || detail.retiresAt == state.retiresAt)
    }

    private func revokeAll(_ change: Change?, _ state: State) -> State? {
        guard state.owner.account == .open, state.owner.user != .absent else { return nil }
        var next = state
        if state.isLive {
            next.phase = .revoked
            next.changedAt = change?.index
        }
        guard let change else { return next }
        guard case .keysRevoked(_, let count) = change.result else { return nil }
        // If it struck this key, it struck one at least.
        return state.isLive && count == 0 ? nil : next
    }

    /// Whether a refusal is explained by the state, which it doesn't change.
    private func refuse(_ action: Action, _ refusal: Refusal, _ state: State) -> Bool {
        switch action {
        case .owner(let call):
            return state.owner.after(call, returning: .outcome(.refused(refusal))) != nil
        case .create(let active, _):
            if let isExplained = state.owner.explains(refusal) { return isExplained }
            switch refusal {
            case .identifierTaken: return state.owner.isOpen && state.phase != .absent
            case .activeKeyLimit: return active && state.owner.isOpen && state.phase == .absent
            case .keyLimit, .capacity: return state.owner.isOpen && state.phase == .absent
            case .expiryPassed:
                return state.owner.isOpen && state.phase == .absent && state.hasExpiryPassed
            case .apiNotFound: return state.owner.isOpen
            // Another key of the same import may be what was wrong; this one wasn't made either.
            case .importRefused: return true
            default: return false
            }
        case .charge, .readCredits:
            switch refusal {
            case .invalidKey: return !state.isAccepted
            case .creditsExhausted, .holdNotFound, .holdEnded, .holdExceeded, .holdLimit:
                return state.isAccepted
            default: return false
            }
        case .chargeUnknown: return refusal == .invalidKey && state.phase == .absent
        // Why the old key can't be replaced, or the new one changed, is judged in its own history.
        case .succeed, .close: return true
        case .expire, .endGrace: return false
        case .rename, .setActive, .revoke, .revokeAll, .readKey, .rotate:
            return refuseKnown(action, refusal, state)
        }
    }

    private func refuseKnown(_ action: Action, _ refusal: Refusal, _ state: State) -> Bool {
        switch (action, refusal) {
        case (_, .unauthenticated), (_, .forbidden): return true
        case (_, .accountNotFound): return state.owner.account != .open
        case (.revokeAll, .userNotFound):
            return state.owner.account == .open && state.owner.user == .absent
        case (.revokeAll, _): return false
        case (_, .keyNotFound): return state.owner.account == .open && state.phase == .absent
        case (.setActive, .keyRevoked), (.rename, .keyRevoked), (.rotate, .keyRevoked):
            return state.owner.account == .open && state.effectivePhase == .revoked
        case (.setActive, .keyExpired), (.rename, .keyExpired), (.rotate, .keyExpired):
            return state.owner.account == .open && state.effectivePhase == .expired
        case (.setActive, .keyRetiring), (.rotate, .keyRetiring):
            return state.isLive && state.phase == .retiring
        case (.setActive(true), .activeKeyLimit): return state.isLive && state.phase == .inactive
        case (.rotate, _): return refuseRotation(action, refusal, state)
        default: return false
        }
    }
}
