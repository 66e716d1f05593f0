import Basics

/// What a key-state command may change: the state of a key or of whoever it belongs to, the power
/// of a token, or by what right a node answers at all.
///
/// A node that holds such a command and hasn't applied it answers nothing about its subjects.
public enum KeyStateSubject: Hashable, Sendable {
    /// That of a key about to be born.
    case digest(Digest)
    case key(KeyID)
    /// And every key and token of theirs.
    case user(UserID)
    /// And everything in it.
    case account(AccountID)
    case token(TokenID)
    /// How long a lease lasts, or what texts are keys at all, and so every answer by one. Not
    /// marked in the key table: a node raises the least index of its leases instead.
    case leases
}

extension Command {
    /// Whether the command is a key-state command: one that can change a verdict or a token's
    /// power. Limits aren't: what is left is told by each node's own knowledge, and a charge
    /// decides.
    public var isKeyState: Bool {
        guard kind.mayBeKeyState else { return false }
        return switch self {
        case .updateUser(_, _, _, _, role: nil): false
        case .importKeys(let batch): !batch.keys.isEmpty
        case .updateSettings(let change):
            change[.leaseMilliseconds] != nil || change[.foreignKeyShortest] != nil
                || change[.foreignKeyLongest] != nil
        default: true
        }
    }

    /// What the command may change; empty unless it is a key-state command.
    public var subjects: [KeyStateSubject] {
        guard isKeyState else { return [] }
        return switch self {
        case .createAccount(let id, _), .deleteAccount(let id): [.account(id)]
        case .createUser(let id, _, _, _, _), .updateUser(let id, _, _, _, _),
            .removeUser(let id, _), .revokeAllKeys(let id, _):
            [.user(id)]
        case .createKey(let key): [.digest(key.digest), .key(key.id)]
        // Nobody knows their ids before the entry is applied.
        case .importKeys(let batch): batch.keys.map { .digest($0.digest) }
        case .setKeyActive(let id, _, _), .revokeKey(let id, _): [.key(id)]
        case .createToken(let token): [.token(token.id)]
        case .revokeToken(let id): [.token(id)]
        case .updateSettings: [.leases]
        // A retiring predecessor is blocked with the old key: whoever looks one up looks at its
        // successor too.
        case .rotateKey(let rotation):
            [.key(rotation.old), .digest(rotation.digest), .key(rotation.id)]
        case .renameAccount, .setLimit, .removeLimit, .renameKey, .charge, .changeMember, .tick,
            .reportLastUsed, .createAPI, .removeAPI, .hold, .setPool, .removePool:
            []
        }
    }
}

extension Command.Kind {
    fileprivate var mayBeKeyState: Bool {
        switch self {
        case .createAccount, .deleteAccount, .createUser, .updateUser, .removeUser, .createKey,
            .setKeyActive, .revokeKey, .revokeAllKeys, .createToken, .revokeToken, .updateSettings,
            .rotateKey, .importKeys:
            true
        case .renameAccount, .setLimit, .removeLimit, .renameKey, .charge, .changeMember, .tick,
            .reportLastUsed, .createAPI, .removeAPI, .placeHold, .settleHold, .voidHold, .setPool,
            .removePool:
            false
        }
    }
}

extension Envelope {
    /// The subjects of an entry's command; empty if that is no key-state command. Of any other
    /// nothing is read but what precedes it and its kind, so that entries of charges stay cheap.
    public static func subjects(in payload: [UInt8]) -> [KeyStateSubject] {
        guard let kind = try? kind(in: payload), kind.mayBeKeyState,
            let envelope = try? Envelope(decoding: payload)
        else { return [] }
        return envelope.command.subjects
    }

    private static func kind(in payload: [UInt8]) throws(MalformedBytes) -> Command.Kind {
        var reader = ByteReader(payload)
        guard try reader.readUInt8() == version else {
            throw MalformedBytes("a command of another version")
        }
        let _: RequestID = try reader.get()
        let _: Actor = try reader.get()
        let _: IdempotencyKey? = try reader.get()
        let _: Digest = try reader.get()
        return try reader.get()
    }
}
