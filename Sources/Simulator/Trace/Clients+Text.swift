import Basics
import Keyring
import Replica

extension Digest {
    /// Enough to tell the keys of a run apart.
    var brief: String { String(description.prefix(6)) }
}

extension Identifier {
    /// Enough to tell the objects of a run apart.
    var brief: String { Self.prefix.description + text.suffix(5) }
}

extension Charge {
    fileprivate var brief: String {
        switch key {
        case .digest(let digest): "\(credits) to key \(digest.brief)"
        case .id(let id): "\(credits) to \(id.brief)"
        }
    }
}

extension HoldCommand {
    /// What is to be done, in a few words.
    var brief: String {
        switch self {
        case .place(let hold):
            "hold \(hold.credits) with key \(hold.key.brief) as \(hold.id) for "
                + "\(hold.timeoutSeconds) s"
        case .settle(let settlement):
            "settle \(settlement.hold) for \(settlement.credits)"
                + (settlement.id.map { " as \($0)" } ?? "")
        case .void(let voiding):
            "void \(voiding.hold)" + (voiding.id.map { " as \($0)" } ?? "")
        }
    }
}

extension KeyReference {
    fileprivate var brief: String {
        switch self {
        case .digest(let digest): digest.brief
        case .id(let id): id.brief
        }
    }
}

extension Command {
    /// What is to be done, in a few words.
    var brief: String {
        switch self {
        case .createAccount(let id, _): "create account \(id.brief)"
        case .renameAccount(let id, _): "rename account \(id.brief)"
        case .deleteAccount(let id): "delete account \(id.brief)"
        case .createUser(let id, let account, let email, _, let role):
            "create \(role) \(email) \(id.brief) in \(account.brief)"
        case .updateUser(let id, _, _, _, let role):
            "update user \(id.brief)\(role.map { " to \($0)" } ?? "")"
        case .removeUser(let id, _): "remove user \(id.brief)"
        case .setLimit(let user, _, let api, let credits, let period):
            "limit \(user.brief) to \(credits) per \(period) of \(api)"
        case .removeLimit(let user, _, let api): "lift limit of \(user.brief) on \(api)"
        case .createKey(let key):
            "create \(key.active ? "" : "inactive ")key \(key.id.brief) (\(key.digest.brief)) "
                + "for \(key.user.brief)"
        case .renameKey(let id, _, _): "rename key \(id.brief)"
        case .setKeyActive(let id, _, let active):
            "\(active ? "activate" : "deactivate") \(id.brief)"
        case .revokeKey(let id, _): "revoke \(id.brief)"
        case .revokeAllKeys(let user, _): "revoke all keys of \(user.brief)"
        case .charge(let charges): "charge " + charges.map(\.brief).joined(separator: ", ")
        case .createToken(let token): "create \(token.role) token \(token.id.brief)"
        case .revokeToken(let id): "revoke token \(id.brief)"
        case .updateSettings: "update settings"
        case .changeMember(let command): command.request.text
        case .hold(let command): command.brief
        case .setPool(let account, let api, let credits, let period):
            "pool of \(account.brief) to \(credits) per \(period) of \(api)"
        case .removePool(let account, let api): "remove pool of \(account.brief) on \(api)"
        case .importKeys(let batch): "import \(batch.keys.count) keys"
        case .tick: "time passes"
        case .reportLastUsed(let keys): "last use of \(keys.count) keys"
        case .rotateKey(let rotation):
            "rotate \(rotation.old.brief) to \(rotation.id.brief) (\(rotation.digest.brief))"
                + (rotation.graceSeconds > 0 ? " with \(rotation.graceSeconds) s grace" : "")
        case .createAPI(let api, _): "create API \(api)"
        case .removeAPI(let api): "remove API \(api)"
        }
    }
}

extension Operation {
    /// What a client asks, in a few words.
    var brief: String {
        if let command { return command.brief }
        if let digest { return "validate key \(digest.brief)" }
        switch question {
        case .credits(let digest): return "read credits of key \(digest.brief)"
        case .identity(let digest): return "who bears token \(digest.brief)"
        case .key(let id, _): return "read \(id.brief)"
        case nil:
            switch kind {
            case .transfer: return "hand over the leadership"
            case .takeSnapshot: return "take a snapshot"
            default: return "who am I"
            }
        }
    }
}

extension ClientReply {
    /// What a client is told, in a few words.
    var brief: String {
        switch self {
        case .outcome(.changed(let change), let index):
            "done, #\(index)\(change.replayed ? ", earlier" : "")"
        case .outcome(.charged(let outcomes), let index):
            outcomes.map(\.brief).joined(separator: "; ") + ", #\(index)"
        case .outcome(.held(let receipt), let index): receipt.brief + ", #\(index)"
        case .outcome(.refused(let refusal), let index): "refused: \(refusal.code), #\(index)"
        case .outcome(.noted, let index): "noted, #\(index)"
        case .outcome(.malformed, let index): "malformed, #\(index)"
        case .answer(let answer, let index): "\(answer.brief), #\(index)"
        case .status: "status"
        case .validation(let validation): validation.verdict.code
        case .done(let index): "done, #\(index)"
        case .failed(let failure): "failed: \(failure.brief)"
        }
    }
}

extension ClientFailure {
    fileprivate var brief: String {
        switch self {
        case .outcomeUnknown: "outcome unknown"
        case .noLeader: "no leader"
        case .diskFull: "disk full"
        case .cannotLead: "cannot lead"
        case .transferFailed: "transfer failed"
        case .changeUnderWay: "a change under way"
        case .notMember: "no member"
        default: "\(self)"
        }
    }
}

extension MemberRequest {
    var text: String {
        switch self {
        case .add(let id, _, _): "add \(id)"
        case .promote(let id): "promote \(id)"
        case .remove(let id): "remove \(id)"
        }
    }
}
