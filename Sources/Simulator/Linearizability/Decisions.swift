import Basics
import Keyring
import Replica

/// One thing asked for: a whole operation, or one of several charges. Charges of one request are
/// taken apart, for each is decided on its own.
struct Deed {
    enum Content: Hashable {
        case command(Command)
        case charge(KeyReference, credits: UInt64)
        /// With the id of its key, where that is known.
        case hold(HoldCommand)
        case key(KeyID, account: AccountID)
        case credits(Digest)
    }

    /// Under one id, the same content is done once.
    struct Identity: Hashable {
        var account: AccountID
        var id: IdempotencyKey
        var content: Content
        /// Of a settlement or void, which any of the user's keys may ask for.
        var user: UserID?
    }

    /// Its position in the history.
    var operation: Int
    var content: Content
    /// Nil for what bears no id.
    var identity: Identity?
    var result: KeyclaveReturn?
    /// Nil if its client never learnt what came of it.
    var returned: Instant?
    /// That of the reply.
    var index: LogIndex?
    /// A charge or hold refused although its id was used with another answer: its key wasn't there.
    var isUnremembered = false

    var text: String {
        let id = identity.map { ", id \($0.id)" } ?? ""
        return "\(content.brief)\(id)"
    }
}

/// Takes a history apart and finds for every id what was decided under it, which is one answer
/// for all who asked, or a contradiction.
///
/// A deed whose outcome its client never learnt has the one that others learnt under its id: if it
/// took effect, then that one.
struct Decisions {
    private(set) var deeds: [Deed] = []
    private(set) var contradictions: [ClientHistory.Finding] = []
    private let directory: KeyDirectory
    private var decided: [Deed.Identity: KeyclaveReturn] = [:]

    init(_ operations: [RecordedOperation], _ directory: KeyDirectory) {
        self.directory = directory
        for (position, operation) in operations.enumerated() {
            take(operation, at: position)
        }
    }

    private mutating func take(_ operation: RecordedOperation, at position: Int) {
        var deed = Deed(operation: position, content: .credits(Digest(0, 0, 0, 0)))
        deed.returned = operation.response?.at
        deed.index = operation.response?.index
        switch operation.request {
        case .question(.key(let id, let account)): deed.content = .key(id, account: account)
        case .question(.credits(let digest)): deed.content = .credits(digest)
        case .question(.identity): preconditionFailure("asked of a node's memory alone")
        case .command(.charge(let charges), _):
            for (item, charge) in charges.enumerated() {
                take(charge, item: item, of: operation, deed)
            }
            return
        case .command(.hold(let command), _):
            take(command, of: operation, &deed)
        case .command(let command, let id):
            deed.content = .command(command)
            if let id {
                deed.identity = Deed.Identity(
                    account: command.account ?? AccountID(0), id: id, content: deed.content)
            }
        }
        switch operation.response?.result {
        case _ where deed.returned == nil: break
        case .outcome(let outcome)?: deed.result = .outcome(outcome)
        case .answer(let answer)?: deed.result = .answer(answer)
        case nil: break
        }
        add(deed)
    }

    private mutating func take(
        _ command: HoldCommand, of operation: RecordedOperation, _ deed: inout Deed
    ) {
        let key = directory.keyID(of: command.key)
        deed.content = .hold(command.presenting(key.map { .id($0) } ?? command.key))
        if let id = command.id, let key, let owner = directory.key(key) {
            deed.identity = Deed.Identity(account: owner.account, id: id, content: deed.content)
            // Which key settles or voids is no part of what is asked for, only whose it is.
            if !command.isPlacing {
                deed.identity?.content = .hold(command.presenting(.id(KeyID(0))))
                deed.identity?.user = owner.user
            }
        }
        guard let refusal = operation.response?.result.refusal, !command.keeps(refusal) else {
            return
        }
        // The hold keeps it from being done twice, but this refusal is kept under no id: another
        // attempt may have done better, or will. That is a deed of its own.
        var other = deed
        (other.returned, other.index) = (nil, nil)
        if operation.attempts > 1 { deeds.append(other) }
        deed.identity = nil
    }

    private mutating func take(
        _ charge: Charge, item: Int, of operation: RecordedOperation, _ deed: Deed
    ) {
        var deed = deed
        let key = directory.keyID(of: charge.key)
        let reference = key.map { KeyReference.id($0) } ?? charge.key
        deed.content = .charge(reference, credits: charge.credits)
        if let key, let account = directory.key(key)?.account {
            deed.identity = Deed.Identity(
                account: account, id: charge.id, content: deed.content)
        }
        if let response = operation.response {
            guard case .outcome(.charged(let outcomes)) = response.result,
                item < outcomes.count
            else {
                // Whatever this is, no model explains it.
                deed.result = .answer(.refused(.forbidden))
                deeds.append(deed)
                return
            }
            deed.result = .charge(outcomes[item])
        }
        add(deed)
    }

    private mutating func add(_ deed: Deed) {
        guard let refusal = deed.result?.refusal else {
            deeds.append(deed)
            return
        }
        var deed = deed
        switch refusal {
        // Decided by the request alone or by what others did under the id: nothing was done.
        case .idempotencyConflict, .chargeOutOfRange:
            return
        // Not kept under the id: another attempt on its way may do better, now or later.
        case .idempotencyTooOld, .idempotencyTooNew, .idempotencyCapacity, .unauthenticated,
            .forbidden:
            guard deed.identity != nil else { break }
            deed.result = nil
            deed.returned = nil
        default: break
        }
        deeds.append(deed)
    }

    /// Finds what was decided under each id, and gives it to those who never learnt it.
    mutating func settle() {
        for deed in deeds { note(deed) }
        for position in deeds.indices {
            guard let identity = deeds[position].identity, let answer = decided[identity]
            else { continue }
            if deeds[position].result == nil {
                deeds[position].result = answer
            } else if deeds[position].result?.refusal == .invalidKey, answer.refusal != .invalidKey
            {
                deeds[position].identity = nil
                deeds[position].isUnremembered = true
            }
        }
    }

    private mutating func note(_ deed: Deed) {
        guard let identity = deed.identity, let result = deed.result?.asReplay else { return }
        guard let known = decided[identity], known != result else {
            decided[identity] = result
            return
        }
        // An unknown key is refused without a word in the ledger: the id may be used later.
        if known.refusal == .invalidKey, identity.content.isOfKey {
            decided[identity] = result
        } else if result.refusal != .invalidKey {
            contradictions.append(
                ClientHistory.Finding(
                    subject: "id \(identity.id)",
                    detail: "two answers to \(identity.content.brief)\n  \(known.brief)\n  "
                        + result.brief))
        }
    }
}

extension Deed.Content {
    /// Whether it is judged by the key that it presents.
    fileprivate var isOfKey: Bool {
        switch self {
        case .charge, .hold: true
        case .command, .key, .credits: false
        }
    }
}

extension HoldCommand {
    fileprivate var isPlacing: Bool { if case .place = self { true } else { false } }

    /// Whether a refusal is the answer to whoever asks under the same id later. One for a key that
    /// isn't accepted uses up no id of a settlement: it may be made with another.
    fileprivate func keeps(_ refusal: Refusal) -> Bool {
        id != nil && (isPlacing || refusal != .invalidKey)
    }

    /// The same with another key.
    fileprivate func presenting(_ key: KeyReference) -> HoldCommand {
        switch self {
        case .place(var hold):
            hold.key = key
            return .place(hold)
        case .settle(var settlement):
            settlement.key = key
            return .settle(settlement)
        case .void(var voiding):
            voiding.key = key
            return .void(voiding)
        }
    }
}

extension Command {
    /// The account that it concerns; nil for the cluster.
    var account: AccountID? {
        switch self {
        case .createUser(_, let account, _, _, _), .updateUser(_, let account, _, _, _),
            .removeUser(_, let account), .setLimit(_, let account, _, _, _),
            .removeLimit(_, let account, _), .renameKey(_, let account, _),
            .setKeyActive(_, let account, _), .revokeKey(_, let account),
            .revokeAllKeys(_, let account), .renameAccount(let account, _),
            .deleteAccount(let account), .setPool(let account, _, _, _),
            .removePool(let account, _):
            account
        case .createKey(let key): key.account
        case .rotateKey(let rotation): rotation.account
        case .createToken(let token): token.account
        case .importKeys(let batch): batch.account
        case .createAccount, .revokeToken, .updateSettings, .changeMember, .charge, .hold, .tick,
            .reportLastUsed, .createAPI, .removeAPI:
            nil
        }
    }
}
