import Basics
import Keyring

// Rotation, and what time ends.
extension KeyModel {
    /// As `apply`, of a key that is replaced, replaces another or ends by itself.
    func turn(_ action: Action, _ change: Change?, _ state: State) -> State? {
        switch action {
        case .rotate(let replacement): rotate(replacement, change, state)
        case .succeed: succeed(change, state)
        case .expire(let index): expire(at: index, state)
        case .endGrace(let successor, let index): endGrace(successor, at: index, state)
        case .close(let successor): close(successor, change, state)
        default: nil
        }
    }

    private func rotate(
        _ replacement: Replacement, _ change: Change?, _ state: State
    ) -> State? {
        let hasGrace = replacement.successor != nil
        guard state.owner.isOpen, state.phase == .active || state.phase == .inactive && !hasGrace
        else { return nil }
        var next = state
        next.phase = hasGrace ? .retiring : .revoked
        next.successor = replacement.successor
        next.retiresAt = replacement.retiresAt
        next.changedAt = change?.index
        guard let change else { return next }
        guard case .keyRotated(_, let old) = change.result, shows(old, next),
            old.changedAt == change.index
        else { return nil }
        if let before = state.changedAt, change.index <= before { return nil }
        return next
    }

    /// Name and phase are those of the key that it replaces.
    private func succeed(_ change: Change?, _ state: State) -> State? {
        guard state.owner.isOpen, state.phase == .absent, !state.hasExpiryPassed,
            let change, case .keyRotated(let detail, _) = change.result
        else { return nil }
        var next = state
        next.phase = detail.state == .active ? .active : .inactive
        next.name = detail.name
        next.changedAt = change.index
        return shows(detail, next) && detail.changedAt == change.index ? next : nil
    }

    /// Of a removed user's key, or a deleted account's, nothing is seen of this.
    private func expire(at index: LogIndex, _ state: State) -> State? {
        var next = state
        next.hasExpiryPassed = true
        guard state.owner.isOpen else { return next }
        switch state.phase {
        case .retiring: return ended(next, at: index)
        case .active, .inactive:
            next.phase = .expired
            next.changedAt = index
            return next
        case .absent, .revoked, .expired: return next
        }
    }

    /// It comes after the rotation that it was told with.
    private func endGrace(_ successor: KeyID, at index: LogIndex?, _ state: State) -> State? {
        guard state.successor == successor else { return nil }
        return state.owner.isOpen && state.phase == .retiring ? ended(state, at: index) : state
    }

    private func close(_ successor: KeyID, _ change: Change?, _ state: State) -> State? {
        guard state.phase == .retiring, state.successor == successor else { return state }
        return state.owner.isOpen ? ended(state, at: change?.index) : state
    }

    private func ended(_ state: State, at index: LogIndex?) -> State {
        var next = state
        next.phase = .revoked
        next.retiresAt = nil
        next.changedAt = index
        return next
    }

    func refuseRotation(_ action: Action, _ refusal: Refusal, _ state: State) -> Bool {
        guard state.isLive, case .rotate(let replacement) = action else { return false }
        let hasGrace = replacement.successor != nil
        switch refusal {
        case .keyInactive: return hasGrace && state.phase == .inactive
        case .activeKeyLimit, .keyLimit: return hasGrace && state.phase == .active
        // What else there is isn't known here.
        case .identifierTaken, .expiryPassed, .capacity: return true
        default: return false
        }
    }
}
