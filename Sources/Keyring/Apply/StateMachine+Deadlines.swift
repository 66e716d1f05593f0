import Basics

// What log time does to keys: at one log position, the same on every node.
extension StateMachine {
    /// Ends the keys whose expiry or grace has come. A bounded number: a million that are due
    /// together end at a hundred entries, which follow one another by ticks.
    mutating func endDueKeys(_ step: inout Step) {
        for _ in 0..<Bounds.endingsPerEntry {
            guard let first = index.deadlines.first, first.key.time <= state.time else { return }
            endDue(first.value, &step)
        }
    }

    /// Ends those of the command's own keys whose time has come though their turn hasn't: more were
    /// due than one entry ends.
    mutating func endDueKeys(namedBy command: Command, _ step: inout Step) {
        guard let first = index.deadlines.first, first.key.time <= state.time else { return }
        func end(_ slot: Slot<KeyRecord>?, _ machine: inout StateMachine, _ step: inout Step) {
            guard let slot, let deadline = machine.state.keys.deadline(of: slot),
                deadline <= machine.state.time
            else { return }
            machine.endDue(slot, &step)
        }
        switch command {
        case .charge(let charges):
            for charge in charges { end(slot(of: charge.key), &self, &step) }
        case .hold(let hold): end(slot(of: hold.key), &self, &step)
        default:
            for case .key(let id) in command.subjects { end(slot(of: id), &self, &step) }
        }
    }

    private mutating func endDue(_ slot: Slot<KeyRecord>, _ step: inout Step) {
        setDeadline(of: slot, to: nil)
        let key = state.keys[slot]
        let user = state.users[key.user]
        // Dead already by another's end, which has a grave for it, too.
        guard !user.isRemoved, !state.accounts[user.account].isDeleted else { return }
        end(slot, as: key.state == .retiring ? .revoked : .expired, &step)
        state.lapseIndex = step.index
    }

    /// Ends a key for good. Requires one that isn't dead and whose user isn't removed.
    mutating func end(_ slot: Slot<KeyRecord>, as final: KeyState, _ step: inout Step) {
        let before = state.keys[slot]
        precondition(final.isDead && !before.state.isDead, "a key ends once")
        if before.state.isAccepted { state.users[before.user].activeKeys -= 1 }
        state.users[before.user].liveKeys -= 1
        state.countUse(of: before.api, in: state.users[before.user].account, by: -1)
        setDeadline(of: slot, to: nil)
        state.keys[slot].state = final
        state.keys[slot].changedAt = step.index
        state.graves.append(Grave(index: step.index, body: .key(slot)))
        step.changes.append(.keyState(KeyPlace(before.id, slot, of: before.user), final))
    }

    /// Ends the grace of the key that this one replaced, if it has any left: whoever changes the
    /// successor must not leave the old text behind as a way in.
    mutating func endGrace(before slot: Slot<KeyRecord>, _ step: inout Step) {
        #if MUTANTS
        if PlantedBug.isOn(.graceOutlivesSuccessor) { return }
        #endif
        guard let old = self.slot(of: state.keys[slot].replaces),
            state.keys[old].state == .retiring,
            state.keys[old].replacedBy == state.keys[slot].id
        else { return }
        end(old, as: .revoked, &step)
    }
}
