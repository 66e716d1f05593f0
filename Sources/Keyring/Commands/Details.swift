import Basics

/// An account, as answers show it.
public struct AccountDetail: Hashable, Sendable {
    public var id: AccountID
    public var name: Name
    public var createdAt: Timestamp
    /// The log index of its last change.
    public var changedAt: LogIndex

    public init(
        id: AccountID, name: Name, createdAt: Timestamp, changedAt: LogIndex
    ) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
        self.changedAt = changedAt
    }
}

/// A user, as answers show them.
public struct UserDetail: Hashable, Sendable {
    public var id: UserID
    public var account: AccountID
    public var email: EmailAddress
    public var name: Name
    public var role: UserRole
    public var createdAt: Timestamp
    public var changedAt: LogIndex

    public init(
        id: UserID, account: AccountID, email: EmailAddress, name: Name, role: UserRole,
        createdAt: Timestamp, changedAt: LogIndex
    ) {
        self.id = id
        self.account = account
        self.email = email
        self.name = name
        self.role = role
        self.createdAt = createdAt
        self.changedAt = changedAt
    }
}

/// Who did something: a token, and its user if it has one.
public struct Author: Hashable, Sendable {
    public var token: TokenID
    public var user: UserID?

    public init(token: TokenID, user: UserID?) {
        self.token = token
        self.user = user
    }
}

/// A key, as answers show it: all but its text.
public struct KeyDetail: Hashable, Sendable {
    public var id: KeyID
    public var account: AccountID
    public var user: UserID
    public var api: API
    public var name: Name
    /// Revoked also if its user is removed.
    public var state: KeyState
    public var createdAt: Timestamp
    public var createdBy: Author
    /// To the minute; late by up to a minute and more, and lost with a node.
    public var lastUsedAt: Timestamp?
    public var suffix: Suffix
    public var changedAt: LogIndex
    /// Nil: never.
    public var expiresAt: Timestamp?
    /// When its grace ends; nil unless it is retiring.
    public var retiresAt: Timestamp?
    /// The key whose place it took, known here or not any more.
    public var replaces: KeyID?
    /// The key that took its place.
    public var replacedBy: KeyID?

    public init(
        id: KeyID, account: AccountID, user: UserID, api: API, name: Name, state: KeyState,
        createdAt: Timestamp, createdBy: Author, lastUsedAt: Timestamp?, suffix: Suffix,
        changedAt: LogIndex, expiresAt: Timestamp? = nil, retiresAt: Timestamp? = nil,
        replaces: KeyID? = nil, replacedBy: KeyID? = nil
    ) {
        self.id = id
        self.account = account
        self.user = user
        self.api = api
        self.name = name
        self.state = state
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.lastUsedAt = lastUsedAt
        self.suffix = suffix
        self.changedAt = changedAt
        self.expiresAt = expiresAt
        self.retiresAt = retiresAt
        self.replaces = replaces
        self.replacedBy = replacedBy
    }

    /// As much of the key's text as may be shown: `kc_rest_…4x7Q`, or `…4x7Q` of a key that was
    /// made elsewhere.
    public var display: String { suffix.isForeign ? "…\(suffix)" : "kc_\(api.slug)_…\(suffix)" }
}

/// An API, as answers show it.
public struct APIDetail: Hashable, Sendable {
    public var api: API
    public var name: Name

    public init(api: API, name: Name) {
        self.api = api
        self.name = name
    }
}

/// A user's allowance for one API and what has become of it.
public struct LimitDetail: Hashable, Sendable {
    public var user: UserID
    public var api: API
    public var credits: Credits
    public var period: Period
    /// In the current period.
    public var spent: Credits
    public var held: Credits
    public var remaining: Credits
    /// Nil if it never is.
    public var resetsAt: Timestamp?
    public var changedAt: LogIndex

    public init(
        user: UserID, api: API, credits: Credits, period: Period, spent: Credits, held: Credits,
        remaining: Credits, resetsAt: Timestamp?, changedAt: LogIndex
    ) {
        self.user = user
        self.api = api
        self.credits = credits
        self.period = period
        self.spent = spent
        self.held = held
        self.remaining = remaining
        self.resetsAt = resetsAt
        self.changedAt = changedAt
    }
}

/// A management token, as answers show it: all but its text.
public struct TokenDetail: Hashable, Sendable {
    public var id: TokenID
    public var role: Role
    public var account: AccountID?
    public var user: UserID?
    public var name: Name
    public var createdAt: Timestamp
    public var createdBy: Author?
    public var suffix: Suffix
    /// Whether it can be used: not revoked, its user and account not gone.
    public var active: Bool
    public var changedAt: LogIndex

    public init(
        id: TokenID, role: Role, account: AccountID?, user: UserID?, name: Name,
        createdAt: Timestamp, createdBy: Author?, suffix: Suffix, active: Bool, changedAt: LogIndex
    ) {
        self.id = id
        self.role = role
        self.account = account
        self.user = user
        self.name = name
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.suffix = suffix
        self.active = active
        self.changedAt = changedAt
    }

    /// As much of the token's text as may be shown.
    public var display: String { "kct_\(role.text)_…\(suffix)" }
}

/// What a user has spent for one API, in the limit's period or, where none is set, ever.
public struct UsageRow: Hashable, Sendable {
    public var user: UserID
    public var api: API
    /// Nil where no limit is set, and so is `remaining`.
    public var allowance: Credits?
    public var period: Period
    public var spent: Credits
    public var held: Credits
    public var remaining: Credits?
    public var resetsAt: Timestamp?
    /// Keys of the user for this API, each with its share: those that aren't revoked, and of the
    /// revoked ones those that spent something in the period.
    public var keys: [KeyUsage]
    /// The row was on the page before too, whose query ended among its keys: these are further
    /// ones, and all the rest is said again.
    public var isContinued: Bool

    public init(
        user: UserID, api: API, allowance: Credits?, period: Period, spent: Credits, held: Credits,
        remaining: Credits?, resetsAt: Timestamp?, keys: [KeyUsage], isContinued: Bool = false
    ) {
        self.user = user
        self.api = api
        self.allowance = allowance
        self.period = period
        self.spent = spent
        self.held = held
        self.remaining = remaining
        self.resetsAt = resetsAt
        self.keys = keys
        self.isContinued = isContinued
    }
}

/// A key's share of what its user has spent, in the same period.
public struct KeyUsage: Hashable, Sendable {
    public var key: KeyID
    public var spent: Credits

    public init(
        key: KeyID, spent: Credits
    ) {
        self.key = key
        self.spent = spent
    }
}

/// What an administrative change did. Codes are fixed.
public enum AuditAction: UInt8, CaseIterable, Hashable, Sendable {
    case accountCreated = 1
    case accountRenamed = 2
    case accountDeleted = 3
    case userCreated = 4
    case userUpdated = 5
    case userRemoved = 6
    case limitSet = 7
    case limitRemoved = 8
    case keyCreated = 9
    case keyRenamed = 10
    case keyActivated = 11
    case keyDeactivated = 12
    case keyRevoked = 13
    case keysRevoked = 14
    case tokenCreated = 15
    case tokenRevoked = 16
    case settingsUpdated = 17
    case memberAdded = 40
    case memberPromoted = 41
    case memberRemoved = 42
    case poolSet = 70
    case poolRemoved = 71

    case keyRotated = 60
    case apiCreated = 61
    case apiRemoved = 62
    case clusterRestored = 80
    case keysImported = 81

    /// As in the body: `key.revoked`.
    public var text: String {
        switch self {
        case .accountCreated: "account.created"
        case .accountRenamed: "account.renamed"
        case .accountDeleted: "account.deleted"
        case .userCreated: "user.created"
        case .userUpdated: "user.updated"
        case .userRemoved: "user.removed"
        case .limitSet: "limit.set"
        case .limitRemoved: "limit.removed"
        case .keyCreated: "key.created"
        case .keyRenamed: "key.renamed"
        case .keyActivated: "key.activated"
        case .keyDeactivated: "key.deactivated"
        case .keyRevoked: "key.revoked"
        case .keysRevoked: "keys.revoked"
        case .tokenCreated: "token.created"
        case .tokenRevoked: "token.revoked"
        case .settingsUpdated: "settings.updated"
        case .memberAdded: "member.added"
        case .memberPromoted: "member.promoted"
        case .memberRemoved: "member.removed"

        case .keyRotated: "key.rotated"
        case .apiCreated: "api.created"
        case .apiRemoved: "api.removed"
        case .poolSet: "pool.set"
        case .poolRemoved: "pool.removed"
        case .clusterRestored: "cluster.restored"
        case .keysImported: "keys.imported"
        }
    }
}

/// To whom or what an administrative change was done.
public enum AuditSubject: Hashable, Sendable {
    case cluster
    case account(AccountID)
    case user(UserID)
    case limit(UserID, API)
    case key(KeyID)
    case token(TokenID)
    case member(NodeID)
    case api(API)
    case pool(AccountID, API)

    /// As in the body: the id, and for a limit or pool its API behind a slash.
    public var text: String {
        switch self {
        case .cluster: "cluster"
        case .account(let id): id.text
        case .user(let id): id.text
        case .limit(let id, let api): "\(id.text)/\(api.slug)"
        case .key(let id): id.text
        case .token(let id): id.text
        case .member(let id): "\(id)"
        case .api(let api): api.slug
        case .pool(let id, let api): "\(id.text)/\(api.slug)"
        }
    }
}

/// One line of the audit trail.
public struct AuditItem: Hashable, Sendable {
    public var index: LogIndex
    public var at: Timestamp
    public var actor: Author
    /// Nil for what concerns the cluster.
    public var account: AccountID?
    public var action: AuditAction
    public var subject: AuditSubject

    public init(
        index: LogIndex, at: Timestamp, actor: Author, account: AccountID?, action: AuditAction,
        subject: AuditSubject
    ) {
        self.index = index
        self.at = at
        self.actor = actor
        self.account = account
        self.action = action
        self.subject = subject
    }
}
