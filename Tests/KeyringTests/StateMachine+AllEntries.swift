@testable import Keyring

extension StateMachine {
    /// Everything that the read side holds, as the changes that would bring it there.
    func forEachTableEntry(_ body: (TableChange) -> Void) {
        forEachTableHead(body)
        for number in 0..<state.keys.slotCount {
            guard let key = state.keys.record(at: number) else { continue }
            let user = state.users[key.user]
            body(
                .keyAdded(
                    KeyPlace(key.id, Slot(UInt32(number)), of: key.user), digest: key.digest,
                    api: key.api,
                    user: user.id, account: state.accounts[user.account].id, state: key.state))
        }
        forEachTableTail(body)
    }
}
