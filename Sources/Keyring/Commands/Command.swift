import Basics

/// One change, as the log carries it. Codes are fixed: a log outlives the program that wrote it.
///
/// Names and addresses were checked by their types; everything else is decided when the command
/// is applied.
public enum Command: Hashable, Sendable {
    case createAccount(AccountID, name: Name)
    case renameAccount(AccountID, name: Name)
    case deleteAccount(AccountID)
    case createUser(UserID, account: AccountID, email: EmailAddress, name: Name, role: UserRole)
    /// Nil leaves a field as it is.
    case updateUser(
        UserID, account: AccountID, email: EmailAddress?, name: Name?, role: UserRole?)
    /// Revokes the user's keys and tokens in the same entry.
    case removeUser(UserID, account: AccountID)
    case setLimit(UserID, account: AccountID, api: API, credits: Credits, period: Period)
    case removeLimit(UserID, account: AccountID, api: API)
    case createKey(NewKey)
    case renameKey(KeyID, account: AccountID, name: Name)
    case setKeyActive(KeyID, account: AccountID, active: Bool)
    case revokeKey(KeyID, account: AccountID)
    case revokeAllKeys(UserID, account: AccountID)
    case charge([Charge])
    case createToken(NewToken)
    case revokeToken(TokenID)
    case updateSettings(SettingsChange)
    case changeMember(MemberCommand)
    case hold(HoldCommand)
    case setPool(account: AccountID, api: API, credits: Credits, period: Period)
    case removePool(account: AccountID, api: API)
    case importKeys(KeyImport)
    /// Nothing but time passes.
    case tick
    case reportLastUsed([LastUsed])

    case rotateKey(Rotation)
    case createAPI(API, name: Name)
    case removeAPI(API)

    /// The kinds, for tables and metrics. The raw values are the codes in the log.
    public enum Kind: UInt8, CaseIterable, Hashable, Sendable {
        case createAccount = 1
        case renameAccount = 2
        case deleteAccount = 3
        case createUser = 4
        case updateUser = 5
        case removeUser = 6
        case setLimit = 7
        case removeLimit = 8
        case createKey = 9
        case renameKey = 10
        case setKeyActive = 11
        case revokeKey = 12
        case revokeAllKeys = 13
        case charge = 14
        case createToken = 15
        case revokeToken = 16
        case updateSettings = 17
        case tick = 18
        case reportLastUsed = 19
        case importKeys = 30
        case changeMember = 40

        case rotateKey = 20
        case createAPI = 21
        case removeAPI = 22
        case placeHold = 25
        case settleHold = 26
        case voidHold = 27
        case setPool = 28
        case removePool = 29
    }
}

/// A key about to be born. Its text never comes here: the node that drew it hashed it.
public struct NewKey: Hashable, Sendable {
    public var id: KeyID
    public var account: AccountID
    public var user: UserID
    public var api: API
    public var name: Name
    public var digest: Digest
    public var suffix: Suffix
    public var active: Bool
    /// Nil: never.
    public var expiresAt: Timestamp?

    public init(
        id: KeyID, account: AccountID, user: UserID, api: API, name: Name, digest: Digest,
        suffix: Suffix, active: Bool, expiresAt: Timestamp? = nil
    ) {
        self.id = id
        self.account = account
        self.user = user
        self.api = api
        self.name = name
        self.digest = digest
        self.suffix = suffix
        self.active = active
        self.expiresAt = expiresAt
    }
}

/// A management token about to be born.
///
/// An operator's has no account; an auditor's has one, and a user if it is to end with them; an
/// admin's or member's has both.
public struct NewToken: Hashable, Sendable {
    public var id: TokenID
    public var role: Role
    public var account: AccountID?
    public var user: UserID?
    public var name: Name
    public var digest: Digest
    public var suffix: Suffix

    public init(
        id: TokenID, role: Role, account: AccountID?, user: UserID?, name: Name, digest: Digest,
        suffix: Suffix
    ) {
        self.id = id
        self.role = role
        self.account = account
        self.user = user
        self.name = name
        self.digest = digest
        self.suffix = suffix
    }
}

/// The key that a charge presents.
public enum KeyReference: Hashable, Sendable {
    /// SHA-256 of the key's text.
    case digest(Digest)
    /// For a node that has looked the digest up already.
    case id(KeyID)
}

/// Credits to be spent with a key, once, under an id unique in its account.
public struct Charge: Hashable, Sendable {
    public var key: KeyReference
    /// 1 to 10^9; anything else is refused when applied.
    public var credits: UInt64
    public var id: IdempotencyKey

    public init(key: KeyReference, credits: UInt64, id: IdempotencyKey) {
        self.key = key
        self.credits = credits
        self.id = id
    }
}

/// When a key was last seen by a node: minutes since 1970, by that node's clock.
public struct LastUsed: Hashable, Sendable {
    public var key: KeyID
    public var minute: UInt32

    public init(key: KeyID, minute: UInt32) {
        self.key = key
        self.minute = minute
    }
}

/// New values for some settings.
public struct SettingsChange: Hashable, Sendable {
    /// Each setting at most once, in the order of their codes.
    public private(set) var values: [(setting: Setting, value: UInt32)]

    public init() { values = [] }

    public subscript(_ setting: Setting) -> UInt32? {
        get { values.first { $0.setting == setting }?.value }
        set {
            values.removeAll { $0.setting == setting }
            guard let newValue else { return }
            let position = values.firstIndex { $0.setting.rawValue > setting.rawValue }
            values.insert((setting, newValue), at: position ?? values.endIndex)
        }
    }

    public static func == (left: SettingsChange, right: SettingsChange) -> Bool {
        left.values.elementsEqual(right.values) { $0 == $1 }
    }

    public func hash(into hasher: inout Hasher) {
        for (setting, value) in values {
            hasher.combine(setting)
            hasher.combine(value)
        }
    }
}
