import Basics
import Keyring
import Replica

extension Outcome {
    /// What became of a request, in a few words.
    var brief: String {
        switch self {
        case .changed(let change): change.brief
        case .charged(let outcomes): outcomes.map(\.brief).joined(separator: "; ")
        case .held(let receipt): receipt.brief
        case .noted: "noted"
        case .refused(let refusal): "refused: \(refusal.code)"
        case .malformed: "malformed"
        }
    }
}

extension Change {
    fileprivate var brief: String {
        "\(result.brief), changed at #\(index)\(replayed ? ", told before" : "")"
    }
}

extension Change.Result {
    fileprivate var brief: String {
        switch self {
        case .account(let account): "account \(account.id.brief) '\(account.name)'"
        case .accountDeleted(let id): "account \(id.brief) deleted"
        case .user(let user): "\(user.role) \(user.id.brief) '\(user.name)'"
        case .userRemoved(let id): "user \(id.brief) removed"
        case .limit(let limit): limit.brief
        case .limitRemoved(let user, let api): "limit of \(user.brief) on \(api) lifted"
        case .key(let key): key.brief
        case .keyRevoked(let id): "\(id.brief) revoked"
        case .keysRevoked(let user, let count): "\(count) keys of \(user.brief) revoked"
        case .token(let token): "\(token.role) token \(token.id.brief)"
        case .tokenRevoked(let id): "token \(id.brief) revoked"
        case .pool(let pool):
            "pool of \(pool.account.brief) on \(pool.api): \(pool.credits) per \(pool.period), "
                + "\(pool.spent) spent, \(pool.remaining) left"
        case .poolRemoved(let account, let api): "pool of \(account.brief) on \(api) removed"
        case .member(let member): "\(member.id) is \(member.role)"
        case .keysImported(let account, let count): "\(count) keys imported to \(account.brief)"
        case .settings(let settings): "settings, \(settings.activeKeysPerUser) active keys"
        case .keyRotated(let key, let old): "\(key.brief) for \(old.brief)"
        case .api(let api): "API \(api.api)"
        case .apiRemoved(let api): "API \(api) removed"
        }
    }
}

extension LimitDetail {
    fileprivate var brief: String {
        "limit of \(user.brief) on \(api): \(credits) per \(period), \(spent) spent, "
            + "\(remaining) left"
    }
}

extension KeyDetail {
    fileprivate var brief: String { "\(id.brief) '\(name)' \(state)" }
}

extension ChargeReceipt {
    /// The receipt of one charge, in a few words.
    var brief: String {
        "charged \(charged)\(replayed ? " earlier" : ""), \(spent) spent"
            + (remaining.map { ", \($0) left" } ?? "") + ", #\(index)"
    }
}

extension HoldReceipt {
    /// What became of a hold, in a few words.
    var brief: String {
        "\(hold) \(standing.text)\(replayed ? " earlier" : ""), \(held) held, "
            + (standing == .settled ? "charged \(charged), " : "") + "\(spent) spent"
            + (remaining.map { ", \($0) left" } ?? "") + ", #\(index)"
    }
}

extension ChargeOutcome {
    /// What became of one charge, in a few words.
    var brief: String {
        switch self {
        case .charged(let receipt): receipt.brief
        case .refused(let refusal): "refused: \(refusal.code)"
        }
    }
}

extension QueryAnswer {
    /// What a question was answered, in a few words.
    var brief: String {
        switch self {
        case .credits(let credits):
            "\(credits.spent) spent, \(credits.remaining.map { "\($0)" } ?? "no limit") left"
        case .key(let key): "\(key.brief), changed at #\(key.changedAt)"
        case .identity(let identity): "\(identity.role)"
        case .refused(let refusal): "refused: \(refusal.code)"
        default: "answer"
        }
    }
}

extension Question {
    var brief: String {
        switch self {
        case .credits(let digest): "credits of key \(digest.brief)"
        case .identity(let digest): "bearer of token \(digest.brief)"
        case .key(let id, _): "\(id.brief)"
        }
    }
}

extension Acknowledgement {
    /// What a client was told, and what it had to reflect.
    var brief: String {
        "\(operation.brief) -> \(outcome.brief), told at #\(index), asked after #\(floor)"
    }
}

extension ReadAnswer {
    var brief: String {
        "\(question.brief) -> \(answer.brief), read at #\(index), asked after #\(floor)"
    }
}

extension Client.Errand {
    var brief: String {
        "\(operation.brief), asked \(attempts) times since \(invoked.seconds) s"
    }
}

extension KeyclaveReturn {
    var brief: String {
        switch self {
        case .outcome(let outcome): outcome.brief
        case .charge(let outcome): outcome.brief
        case .answer(let answer): answer.brief
        }
    }
}

extension Deed.Content {
    var brief: String {
        switch self {
        case .command(let command): command.brief
        case .charge(.digest(let digest), let credits):
            "charge \(credits) to key \(digest.brief)"
        case .charge(.id(let id), let credits): "charge \(credits) to \(id.brief)"
        case .hold(let command): command.brief
        case .key(let id, _): "read \(id.brief)"
        case .credits(let digest): "read credits of key \(digest.brief)"
        }
    }
}
