import Basics

/// When a key ends by itself: an active or inactive one by its expiry, a retiring one with its
/// grace.
struct KeyDeadline: Comparable, Hashable, Sendable {
    var time: Timestamp
    var key: KeyID

    static func < (left: KeyDeadline, right: KeyDeadline) -> Bool {
        left.time != right.time ? left.time < right.time : left.key < right.key
    }
}

// The deadlines of all keys, in their order: an index, rebuilt from the keys' records.
extension Indices {
    mutating func addDeadline(of key: KeyRecord, _ slot: Slot<KeyRecord>) {
        guard let time = key.deadline else { return }
        deadlines.updateValue(slot, forKey: KeyDeadline(time: time, key: key.id))
    }

    mutating func removeDeadline(of key: KeyRecord) {
        guard let time = key.deadline else { return }
        deadlines.removeValue(forKey: KeyDeadline(time: time, key: key.id))
    }
}

extension StateMachine {
    /// Nil: the key doesn't end by itself, any more or at all.
    mutating func setDeadline(of slot: Slot<KeyRecord>, to time: Timestamp?) {
        guard state.keys[slot].deadline != time else { return }
        index.removeDeadline(of: state.keys[slot])
        state.keys[slot].deadline = time
        index.addDeadline(of: state.keys[slot], slot)
    }

    /// When the next key ends by itself. One that is overdue, because more were due at once than
    /// an entry ends, is due with the next entry at all.
    var nextKeyDeadline: Timestamp? {
        guard let first = index.deadlines.first?.key.time else { return nil }
        return max(first, state.time + .milliseconds(1))
    }
}
