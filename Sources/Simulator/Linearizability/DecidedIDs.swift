import Keyring
import Replica

/// Which of a history's repeated ids have been used: under each, something is done once and every
/// later call under it gets the first one's answer.
struct DecidedIDs: Hashable {
    /// Bits, the ids being numbered in the order of their first use.
    private var words: [UInt64] = []

    func contains(_ number: Int) -> Bool {
        let word = number >> 6
        return word < words.count && words[word] & 1 << UInt64(number & 63) != 0
    }

    mutating func insert(_ number: Int) {
        while words.count <= number >> 6 { words.append(0) }
        words[number >> 6] |= 1 << UInt64(number & 63)
    }
}

/// A call as the models see it.
struct KeyclaveCall<Action: Equatable>: Equatable {
    var action: Action
    /// The number of its id, if other calls of the history bear the same with the same content.
    /// An id that is used once needs no memory.
    var id: Int?
}

/// What a call returned.
enum KeyclaveReturn: Equatable {
    case outcome(Outcome)
    case charge(ChargeOutcome)
    case answer(QueryAnswer)

    /// Whether it says that nothing had been decided under the call's id before.
    var isFirst: Bool {
        switch self {
        case .outcome(.changed(let change)): !change.replayed
        case .outcome(.held(let receipt)): !receipt.replayed
        case .charge(.charged(let receipt)): !receipt.replayed
        default: false
        }
    }

    /// The same but for the word "replayed".
    var asReplay: KeyclaveReturn {
        switch self {
        case .outcome(.changed(var change)):
            change.replayed = true
            return .outcome(.changed(change))
        case .outcome(.held(var receipt)):
            receipt.replayed = true
            return .outcome(.held(receipt))
        case .charge(.charged(var receipt)):
            receipt.replayed = true
            return .charge(.charged(receipt))
        default:
            return self
        }
    }

    var refusal: Refusal? {
        switch self {
        case .outcome(.refused(let refusal)), .charge(.refused(let refusal)),
            .answer(.refused(let refusal)):
            refusal
        default: nil
        }
    }
}
