import Basics
import Keyring

/// The loads of one validation, in the one order that is safe. Each type can only be made from
/// the one before it, so another order doesn't compile; and whoever wants to look between two
/// loads, as a simulation does, lets the node run between them.
///
/// 1. ``Applied``: the index, before the states. The writer stores states first and the index
///    after them, so the states are at least as new as the index that the answer claims.
/// 2. ``States``: the words of key, user and account. A change that is stored later isn't in the
///    answer; how much later the answer may still be given is what the freshness bounds.
/// 3. ``Fresh``: until when this node may answer, after the states: read before them, it could be
///    a promise that no longer covered them.
/// 4. The clock, last of all: a thread that was stopped between its clock and its answer would
///    otherwise answer with a permission that ended meanwhile. One reading after the last load of
///    a batch, and before its first answer, serves the batch.
public enum ValidationLoads {
    /// The table in force and its index.
    public struct Applied {
        let image: TableImage
        public let index: LogIndex

        public init(_ reader: borrowing KeyTable.Reader) {
            image = reader.image
            index = image.appliedIndex
        }

        /// The answer to a text that is no key's.
        public var malformed: Validation {
            Validation(verdict: .invalid, reason: .malformed, key: nil, index: index)
        }

        /// To be used before the reader's next `quiescent()`.
        public func states(of digest: Digest) -> States {
            States(key: image.key(digest), index: index)
        }
    }

    /// What the table knows of the key.
    public struct States: Sendable {
        let key: KeyView?
        let index: LogIndex

        public func freshness(_ reader: borrowing KeyTable.Reader) -> Fresh {
            Fresh(key: key, index: index, freshUntil: reader.freshUntil)
        }
    }

    /// Everything but the time.
    public struct Fresh: Sendable {
        let key: KeyView?
        let index: LogIndex
        let freshUntil: Instant

        /// The verdict, by a clock that was read after all the loads.
        public func judge(for api: API?, cost: Credits, at now: Instant) -> Validation {
            guard now < freshUntil else {
                return Validation(verdict: .unavailable, reason: nil, key: nil, index: index)
            }
            guard let key else { return refused(.unknown) }
            guard key.userState == .active, key.accountState == .active else {
                return refused(.revoked)
            }
            switch key.state {
            case .revoked: return refused(.revoked)
            case .inactive: return refused(.inactive)
            case .active: break
            }
            if let api, api != key.api { return answered(.wrongAPI, key) }
            if let credits = key.credits, credits.remaining < cost {
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
    }
}
