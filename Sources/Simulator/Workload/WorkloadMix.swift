import Basics

/// What the clients of a run ask for most. Some bugs show only to who reads much, or changes much.
public enum WorkloadMix: String, CaseIterable, Hashable, Sendable {
    /// A bit of everything, charges before all.
    case mixed
    /// Questions, with changes enough to make the answers differ.
    case reading
    /// Several administrators at once, over the same users and keys.
    case administering
    /// Charges, most of them to few keys, and retries of old ones.
    case spending

    /// How often each kind is drawn in a mixed run, of a hundred and some.
    private static let weights: [(kind: Operation.Kind, weight: UInt64)] = [
        (.createAccount, 1), (.renameAccount, 1), (.deleteAccount, 1), (.createUser, 3),
        (.updateUser, 2), (.removeUser, 1), (.setLimit, 5), (.removeLimit, 1), (.createKey, 7),
        (.renameKey, 1), (.toggleKey, 9), (.revokeKey, 2), (.revokeAllKeys, 1),
        (.createToken, 3), (.revokeToken, 2), (.updateSettings, 1), (.changeLease, 2),
        (.charge, 50), (.chargeMany, 5), (.repeatCharge, 6), (.repeatChange, 3), (.query, 6),
        (.placeHold, 8), (.settleHold, 6), (.voidHold, 2), (.setPool, 2), (.removePool, 1),
        (.localRead, 8), (.validate, 10), (.transfer, 1), (.takeSnapshot, 1),
        (.rotateKey, 5), (.createAPI, 1), (.removeAPI, 1),
        (.importKeys, 3),
    ]

    private func weight(of kind: Operation.Kind, _ usual: UInt64) -> UInt64 {
        switch (self, kind) {
        case (.reading, .query): 60
        case (.reading, .localRead): 20
        case (.administering, .charge): 15
        case (.administering, .toggleKey), (.administering, .createKey),
            (.administering, .rotateKey):
            usual * 3
        case (.spending, .charge), (.spending, .chargeMany), (.spending, .repeatCharge),
            (.spending, .placeHold), (.spending, .settleHold):
            usual * 3
        default: usual
        }
    }

    func draw(_ random: inout SeededGenerator) -> Operation.Kind {
        var left = random.below(Self.weights.reduce(0) { $0 + weight(of: $1.kind, $1.weight) })
        for (kind, usual) in Self.weights {
            let weight = weight(of: kind, usual)
            if left < weight { return kind }
            left -= weight
        }
        preconditionFailure("a draw beyond the sum of the weights")
    }
}
