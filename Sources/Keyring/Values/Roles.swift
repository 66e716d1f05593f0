/// What a management token may do, from least to most. The codes are fixed.
public enum Role: UInt8, Comparable, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    /// Reads their own keys, limits and usage.
    case member = 1
    /// Reads one account.
    case auditor = 2
    /// Reads and changes one account.
    case admin = 3
    /// The cluster and every account.
    case `operator` = 4

    /// As in bodies and in the token's text: `kct_<role>_…`.
    public init?(text: String) {
        guard let role = Role.allCases.first(where: { $0.text.utf8.elementsEqual(text.utf8) })
        else { return nil }
        self = role
    }

    public var text: String {
        switch self {
        case .member: "member"
        case .auditor: "auditor"
        case .admin: "admin"
        case .operator: "operator"
        }
    }

    public var description: String { text }

    public static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}

/// What a user is in their account.
public enum UserRole: UInt8, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case member = 1
    case admin = 3

    public init?(text: String) {
        guard let role = UserRole.allCases.first(where: { $0.text.utf8.elementsEqual(text.utf8) })
        else { return nil }
        self = role
    }

    /// The most that a token of this user can do now, whatever was written on it.
    public var ceiling: Role { self == .admin ? .admin : .member }
    public var text: String { ceiling.text }
    public var description: String { text }
}

/// Where a key stands by itself; its user and account may close it as well.
public enum KeyState: UInt8, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    /// Gives access.
    case active = 1
    /// Gives none, and may be activated again.
    case inactive = 2
    /// Final: never usable or activable again.
    case revoked = 3
    /// The old key of a rotation, in its grace: gives access until that ends, and is revoked then.
    case retiring = 4
    /// Its expiry has come: as final as a revocation.
    case expired = 5

    public init?(text: String) {
        guard let state = KeyState.allCases.first(where: { $0.text.utf8.elementsEqual(text.utf8) })
        else { return nil }
        self = state
    }

    public var text: String {
        switch self {
        case .active: "active"
        case .inactive: "inactive"
        case .revoked: "revoked"
        case .retiring: "retiring"
        case .expired: "expired"
        }
    }

    public var description: String { text }

    /// Whether it gives access, as far as the key itself goes; and counts as active.
    @inlinable
    public var isAccepted: Bool { self == .active || self == .retiring }

    /// Whether it is over for good.
    public var isDead: Bool { self == .revoked || self == .expired }
}
