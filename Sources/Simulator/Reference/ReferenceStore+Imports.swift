import Basics
import Keyring

// Imports: every key as if it were created alone, in a copy that is kept only if all went well.
extension ReferenceStore {
    mutating func importKeys(_ batch: KeyImport, _ author: Author) -> Outcome {
        guard isOpen(batch.account) else { return .refused(.accountNotFound) }
        var last: UInt64 = 0
        for key in batch.keys {
            let isTaken = keys.contains { $0.detail.id == key.id }
            if key.id.rawValue <= last || isTaken { return .refused(.identifierTaken) }
            last = key.id.rawValue
        }
        if batch.keys.isEmpty { return .refused(.identifierTaken) }
        var copy = self
        var faults: [ImportFaults.Item] = []
        for (place, key) in batch.keys.enumerated() {
            let earlier = batch.keys[..<place].contains { $0.digest == key.digest }
            if let fault = copy.take(key, batch.account, author, isRepeated: earlier) {
                faults.append(ImportFaults.Item(place: UInt32(place), fault: fault))
            }
        }
        guard faults.isEmpty else {
            var told = ImportFaults(faults)
            told.items = Array(faults.prefix(500))
            return .refused(.importRefused(told))
        }
        copy.audit = audit
        copy.horizon = horizon
        self = copy
        record(.keysImported, .account(batch.account), batch.account, author)
        return .changed(
            Change(
                .keysImported(batch.account, count: UInt32(batch.keys.count)), index: index))
    }

    private mutating func take(
        _ key: ImportedKey, _ account: AccountID, _ author: Author, isRepeated: Bool
    ) -> ImportFault? {
        let user = users.first { user in
            guard user.detail.account == account, user.removedAt == nil else { return false }
            return switch key.owner {
            case .id(let id): user.detail.id == id
            case .email(let email): user.detail.email.folded == email.folded
            }
        }
        guard let user else { return .userNotFound }
        if !apis.contains(key.api) { return .apiNotFound }
        if isRepeated { return .digestRepeated }
        let outcome = createKey(
            NewKey(
                id: key.id, account: account, user: user.detail.id, api: key.api, name: key.name,
                digest: key.digest, suffix: key.suffix, active: key.active,
                expiresAt: key.expiresAt), author)
        switch outcome {
        case .changed: return nil
        case .refused(.keyLimit): return .keyLimit
        case .refused(.activeKeyLimit): return .activeKeyLimit
        case .refused(.expiryPassed): return .expiryPassed
        default: return .digestTaken
        }
    }
}
