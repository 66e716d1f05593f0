import Basics

/// Where a page begins: right behind the item that the cursor names. Opaque to clients, and good
/// for as long as they like: what was added or removed in between neither repeats nor hides
/// anything else.
public struct Cursor: Hashable, Sendable, CustomStringConvertible {
    /// The place in the order of the list, most significant first.
    var words: [UInt64]

    /// Words of the cursor with the most of them, that of usage.
    private static let longest = 5

    init(_ words: UInt64...) { self.words = words }

    /// Nil for a text that no list gave.
    public init?(text: String) {
        let utf8 = Array(text.utf8)
        guard !utf8.isEmpty, utf8.count.isMultiple(of: Base62.fullWidth),
            utf8.count <= Cursor.longest * Base62.fullWidth
        else { return nil }
        words = []
        for start in stride(from: 0, to: utf8.count, by: Base62.fullWidth) {
            guard let word = Base62.decode(utf8[start..<start + Base62.fullWidth]) else {
                return nil
            }
            words.append(word)
        }
    }

    public var text: String {
        words.map { Base62.encode($0, width: Base62.fullWidth) }.joined()
    }

    public var description: String { text }
}

/// Which part of a list is wanted.
public struct PageRequest: Hashable, Sendable {
    /// From 1 to `Bounds.pageItems`; what lies outside counts as the nearest within.
    public var limit: Int
    public var cursor: Cursor?

    public init(limit: Int = Bounds.defaultPageItems, cursor: Cursor? = nil) {
        self.limit = min(max(limit, 1), Bounds.pageItems)
        self.cursor = cursor
    }
}

/// Part of a list. A page may hold fewer items than were asked for, even none, and yet have a
/// successor: a query looks at a bounded number of records.
public struct Page<Item: Hashable & Sendable>: Hashable, Sendable {
    public var items: [Item]
    /// Nil at the end of the list.
    public var next: Cursor?

    public init(items: [Item] = [], next: Cursor? = nil) {
        self.items = items
        self.next = next
    }
}

/// Which keys a list is to show; nil means all.
public struct KeyFilter: Hashable, Sendable {
    public var user: UserID?
    public var api: API?
    public var state: KeyState?

    public init(user: UserID? = nil, api: API? = nil, state: KeyState? = nil) {
        self.user = user
        self.api = api
        self.state = state
    }
}

/// Who a token is right now.
public struct Identity: Hashable, Sendable {
    public var token: TokenID
    /// What it may do now: the lesser of the token's own role and its user's.
    public var role: Role
    public var account: AccountID?
    public var user: UserID?
    public var name: Name
}

/// The answer of `GET /v1/credits`: what the presented key can spend.
public struct CreditsAnswer: Hashable, Sendable {
    public var key: KeyID
    public var account: AccountID
    public var user: UserID
    public var api: API
    /// Nil where no limit is set, and so is `remaining`.
    public var allowance: Credits?
    public var period: Period
    public var spent: Credits
    public var remaining: Credits?
    public var resetsAt: Timestamp?
    /// In the period, by all keys of the user for the API.
    public var held: Credits
    /// What the account's users may spend together; nil where no pool is set. A charge must fit
    /// both.
    public var pool: PoolDetail?
}

/// Why a key gives access or doesn't, for those who may administer it.
public enum KeyStanding: UInt8, Hashable, Sendable, CaseIterable {
    case active = 1
    case inactive
    case revoked
    case userRemoved
    case accountDeleted
    case retiring
    case expired

    public var text: String {
        switch self {
        case .active: "active"
        case .inactive: "inactive"
        case .revoked: "revoked"
        case .userRemoved: "user_removed"
        case .accountDeleted: "account_deleted"
        case .retiring: "retiring"
        case .expired: "expired"
        }
    }
}
