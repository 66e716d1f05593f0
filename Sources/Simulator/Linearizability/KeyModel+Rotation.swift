import Basics
import Keyring

// Rotation, and what time ends.
extension KeyModel {
    /// As `apply`, of a key that is replaced, replaces another or ends by itself.
    func turn(_ action: Action, _ change: Change?, _ state: State) -> State? {
        switch action {
        case .rotate(let hasGrace): return rotate(hasGrace, change, state)
        case .succeed: return succeed(change, state)
        case .lapse: return lapse(state)
        default: return nil
        }
    }

    private func rotate(_ hasGrace: Bool, _ change: Change?, _ state: State) -> State? {
        guard state.owner.isOpen, state.phase == .active || state.phase == .inactive && !hasGrace
        else { return nil }
        var next = state
        next.phase = hasGrace ? .retiring : .revoked
        next.changedAt = change?.index
        guard let change else { return next }
        guard case .keyRotated(_, let old) = change.result, shows(old, next, at: change) else {
            return nil
        }
        if let before = state.changedAt, change.index <= before { return nil }
        return next
    }

    /// Name and phase are those of the key that it replaces.
    private func succeed(_ change: Change?, _ state: State) -> State? {
        guard state.owner.isOpen, state.phase == .absent,
            case .keyRotated(let detail, _)? = change?.result
        else { return nil }
        var next = state
        next.phase = detail.state == .active ? .active : .inactive
        next.name = detail.name
        next.changedAt = change?.index
        return change.map { shows(detail, next, at: $0) } == true ? next : nil
    }

    private func shows(_ detail: KeyDetail, _ state: State, at change: Change) -> Bool {
        detail.state == keyState(state.effectivePhase) && detail.name == state.name
            && detail.changedAt == change.index
    }

    private func lapse(_ state: State) -> State? {
        guard state.owner.isOpen else { return nil }
        var next = state
        switch state.phase {
        case .retiring: next.phase = .revoked
        case .active, .inactive: next.phase = .expired
        case .absent, .revoked, .expired: return nil
        }
        next.changedAt = nil
        return next
    }

    func refuseRotation(_ action: Action, _ refusal: Refusal, _ state: State) -> Bool {
        guard state.isLive, case .rotate(let hasGrace) = action else { return false }
        switch refusal {
        case .keyInactive: return hasGrace && state.phase == .inactive
        case .activeKeyLimit, .keyLimit: return hasGrace && state.phase == .active
        // What else there is isn't known here.
        case .identifierTaken, .expiryPassed, .capacity: return true
        default: return false
        }
    }
}
