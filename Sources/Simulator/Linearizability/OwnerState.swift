import Keyring

/// An account and one of its users, as far as what becomes of the user's keys and credits depends
/// on them.
struct OwnerState: Hashable {
    enum Account: Hashable { case absent, open, deleted }
    enum User: Hashable { case absent, present, removed }

    enum Call {
        case createAccount
        case deleteAccount
        case createUser
        case removeUser
    }

    var account = Account.absent
    var user = User.absent

    /// Whether the user's active keys are accepted.
    var isOpen: Bool { account == .open && user == .present }

    /// Whether a call that needs the account and the user can be refused for the lack of one.
    /// Nil if the refusal has another reason.
    func explains(_ refusal: Refusal) -> Bool? {
        switch refusal {
        case .accountNotFound: account != .open
        case .userNotFound: account == .open && user != .present
        // Judged by who asked: nothing here tells.
        case .unauthenticated, .forbidden: true
        default: nil
        }
    }

    func after(_ call: Call, returning result: KeyclaveReturn?) -> OwnerState? {
        guard let refusal = result?.refusal else { return after(call) }
        switch refusal {
        case .unauthenticated, .forbidden:
            return self
        case .accountNotFound:
            let isExplained = call == .deleteAccount ? account == .absent : account != .open
            return isExplained && call != .createAccount ? self : nil
        case .userNotFound:
            return call == .removeUser && account == .open && user == .absent ? self : nil
        case .identifierTaken:
            switch call {
            case .createAccount: return account != .absent ? self : nil
            case .createUser: return account == .open && user != .absent ? self : nil
            case .deleteAccount, .removeUser: return nil
            }
        case .duplicateEmail, .capacity:
            // What other users there are isn't known here.
            switch call {
            case .createAccount: return account == .absent ? self : nil
            case .createUser: return account == .open && user == .absent ? self : nil
            case .deleteAccount, .removeUser: return nil
            }
        default:
            return nil
        }
    }

    /// After a call that took effect, or had nothing to do.
    private func after(_ call: Call) -> OwnerState? {
        var next = self
        switch call {
        case .createAccount:
            guard account == .absent else { return nil }
            next.account = .open
        case .deleteAccount:
            guard account != .absent else { return nil }
            next.account = .deleted
        case .createUser:
            guard account == .open, user == .absent else { return nil }
            next.user = .present
        case .removeUser:
            guard account == .open, user != .absent else { return nil }
            next.user = .removed
        }
        return next
    }
}
