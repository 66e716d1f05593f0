#if MUTANTS
import Basics

// What a door would check that lies before the log: it knows this node's state, and no more.
extension StateMachine {
    /// Why the charges, each on its own, couldn't be applied to the present state.
    public func limitRefusal(_ charges: [Charge]) -> Refusal? {
        for charge in charges {
            guard let slot = slot(of: charge.key) else { continue }
            let key = state.keys[slot]
            let line = state.users[key.user].credits.first { $0.api == key.api }
            guard let line, let remaining = line.remaining(on: state.date),
                charge.credits > remaining.rawValue
            else { continue }
            return .creditsExhausted(
                remaining: remaining, allowance: line.allowance?.credits ?? .maximum)
        }
        return nil
    }

    /// Whether the user could have another active key if retiring ones didn't count.
    func hasRoomAmongActive(_ user: Slot<UserRecord>) -> Bool {
        var (active, slot): (UInt32, Slot<KeyRecord>) = (0, state.users[user].keys.first)
        while !slot.isNone {
            if state.keys[slot].state == .active { active += 1 }
            slot = state.keys[slot].next
        }
        return active < state.settings.activeKeysPerUser
    }

    /// Why the command's key couldn't become active in the present state.
    public func keyCapRefusal(_ command: Command) -> Refusal? {
        let owner: Slot<UserRecord>?
        switch command {
        case .createKey(let key) where key.active: owner = slot(of: key.user)
        case .setKeyActive(let id, _, active: true):
            owner = slot(of: id).flatMap {
                state.keys[$0].state == .inactive ? state.keys[$0].user : nil
            }
        default: owner = nil
        }
        guard let owner, state.users[owner].activeKeys >= state.settings.activeKeysPerUser
        else { return nil }
        return .activeKeyLimit(limit: state.settings.activeKeysPerUser)
    }
}
#endif
