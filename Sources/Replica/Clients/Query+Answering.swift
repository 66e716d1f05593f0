import Basics
import Keyring

extension StateMachine {
    /// Whether a usable management token has this digest.
    func knowsToken(_ digest: Digest) -> Bool { identity(of: digest) != nil }

    func identity(of digest: Digest) -> Identity? {
        token(of: digest).flatMap { try? whoami($0) }
    }

    // Loops: a closure would copy the whole state for each, a fifth of what a charge cost here.
    func knowsEveryKey(of charges: [Charge]) -> Bool {
        for charge in charges where !knows(charge.key) { return false }
        return true
    }
    func knowsAnyKey(of charges: [Charge]) -> Bool {
        for charge in charges where knows(charge.key) { return true }
        return false
    }

    func knows(_ key: KeyReference) -> Bool {
        switch key {
        case .digest(let digest): standing(of: digest) != nil
        // A node that names a key by its id has looked it up.
        case .id: true
        }
    }

    /// Answers a question from the state as it is. `digest` is that of the management token, or
    /// for `credits` that of the API key.
    func answer(_ query: Query, from digest: Digest) -> QueryAnswer {
        do throws(Refusal) {
            if query == .credits { return .credits(try credits(for: digest)) }
            guard let token = token(of: digest) else { throw .unauthenticated }
            return try answer(query, as: token)
        } catch {
            return .refused(error)
        }
    }

    private func answer(_ query: Query, as token: TokenID) throws(Refusal) -> QueryAnswer {
        switch query {
        case .whoami: .identity(try whoami(token))
        case .account(let id): .account(try account(id, as: token))
        case .accounts(let page): .accounts(try accounts(page, as: token))
        case .user(let id, let account): .user(try user(id, in: account, as: token))
        case .users(let account, let page): .users(try users(in: account, page, as: token))
        case .key(let id, let account): .key(try key(id, in: account, as: token))
        case .keys(let account, let filter, let page):
            .keys(try keys(in: account, page, filter: filter, as: token))
        case .limit(let user, let account, let api):
            .limit(try limit(of: user, for: api, in: account, as: token))
        case .pool(let account, let api):
            .pool(try pool(for: api, in: account, as: token))
        case .usage(let account, let page): .usage(try usage(in: account, page, as: token))
        case .audit(let account, let page): .audit(try audit(in: account, page, as: token))
        case .history(let subjects, let account, let page):
            .audit(try history(of: subjects, in: account, page, as: token))
        case .findKey(let key): .foundKey(try find(key, as: token))
        case .token(let id): .token(try self.token(id, as: token))
        case .tokens(let account, let page): .tokens(try tokens(of: account, page, as: token))
        case .settings: .settings(try settings(as: token))
        case .apis(let page): .apis(try apis(page, as: token))
        case .importFaults(let batch): .importFaults(try importFaults(of: batch, as: token))
        case .exportedKeys(let account, let page):
            .exportedKeys(try exportedKeys(of: account, page, as: token))
        case .credits: preconditionFailure("answered before")
        }
    }
}
