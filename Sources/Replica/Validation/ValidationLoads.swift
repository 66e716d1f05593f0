import Basics
import Keyring

/// The loads of one validation, in the one order that is safe. Each type can only be made from
/// the one before it, so another order doesn't compile; and whoever wants to look between two
/// loads, as a simulation does, lets the node run between them.
///
/// 1. ``Applied``: the index, before the states. The writer stores states first, then what is
///    blocked no more, then the index: so the states are at least as new as the index that the
///    answer claims.
/// 2. ``States``: the words of key, user and account, each with its flag; the key's once more at
///    the end, because its state may change under its user's flag. A change that is stored
///    later isn't in the answer, and neither is its flag: its entry was appended after this load,
///    and isn't done before every lease that was granted until then has ended.
/// 3. ``Leased``: the leases, after the states: read before them, one could be a permission whose
///    holder was expected to see an entry blocked that this answer hasn't seen.
/// 4. The clocks, last of all: a thread that was stopped between its clock and its answer would
///    otherwise answer with a permission that ended meanwhile. One reading after the last load of
///    a batch, and before its first answer, serves the batch.
public enum ValidationLoads {
    /// The table in force and its index.
    public struct Applied {
        let image: TableImage
        public let index: LogIndex

        public init(_ reader: borrowing KeyTable.Reader) { self.init(reader.image) }

        init(_ image: TableImage) {
            self.image = image
            index = image.appliedIndex
        }

        /// For a text that is no key's, and never looked up.
        var nothing: States { States(found: .unknown, index: index) }

        /// To be used before the reader's next `quiescent()`.
        public func states(of digest: Digest) -> States {
            States(found: image.lookUp(digest), index: index)
        }
    }

    /// What the table knows of the key.
    public struct States: Sendable {
        let found: KeyLookUp
        let index: LogIndex

        public func leases(_ reader: borrowing KeyTable.Reader) -> Leased {
            Leased(states: self, leases: reader.leases(at: index))
        }

        /// Whether an entry that touches the key isn't applied yet.
        var isBlocked: Bool {
            switch found {
            case .unknown: false
            case .announced: true
            case .known(let key): key.isBlocked
            }
        }

        /// The verdict of a state that the leader has confirmed since the request came: it
        /// reflects all that was done before, so nothing else matters.
        func judgeConfirmed(for api: API?, cost: Credits) -> Validation {
            guard case .known(let key) = found else { return refused(.unknown) }
            guard key.userState == .active, key.accountState == .active else {
                return refused(.revoked)
            }
            switch key.state {
            case .revoked: return refused(.revoked)
            case .expired: return refused(.expired)
            case .inactive: return refused(.inactive)
            case .active, .retiring: break
            }
            if let api, api != key.api { return answered(.wrongAPI, key) }
            if let spendable = key.spendable, spendable < cost {
                return answered(.creditsExhausted, key)
            }
            return answered(.valid, key)
        }

        private func refused(_ reason: Validation.Reason) -> Validation {
            Validation(verdict: .invalid, reason: reason, key: nil, index: index)
        }

        private func answered(_ verdict: Validation.Verdict, _ key: KeyView) -> Validation {
            Validation(verdict: verdict, reason: nil, key: key, index: index)
        }

        func unavailable(_ reason: Validation.Reason) -> Validation {
            Validation(verdict: .unavailable, reason: reason, key: nil, index: index)
        }
    }

    /// Everything but the time.
    public struct Leased: Sendable {
        let states: States
        let leases: LeaseStanding

        /// The answer to a text that is no key's.
        var malformed: Validation {
            Validation(verdict: .invalid, reason: .malformed, key: nil, index: states.index)
        }

        /// The verdict, by clocks that were read after all the loads.
        public func judge(for api: API?, cost: Credits, at now: SteadyInstant) -> Validation {
            guard now.precedes(leases.usable) else {
                return states.unavailable(now.precedes(leases.latest) ? .pending : .unleased)
            }
            guard !states.isBlocked else { return states.unavailable(.pending) }
            return states.judgeConfirmed(for: api, cost: cost)
        }
    }
}
