import Basics

/// Whose an imported key is: a user of the account, by id or by address.
public enum KeyOwner: Hashable, Sendable {
    case id(UserID)
    case email(EmailAddress)
}

/// A key that exists elsewhere already and is known by its digest.
public struct ImportedKey: Hashable, Sendable {
    /// Drawn here, like that of a key that is born here.
    public var id: KeyID
    public var owner: KeyOwner
    public var api: API
    public var name: Name
    /// SHA-256 of its text.
    public var digest: Digest
    public var suffix: Suffix
    public var active: Bool
    /// Nil: never.
    public var expiresAt: Timestamp?

    public init(
        id: KeyID, owner: KeyOwner, api: API, name: Name, digest: Digest, suffix: Suffix,
        active: Bool, expiresAt: Timestamp? = nil
    ) {
        self.id = id
        self.owner = owner
        self.api = api
        self.name = name
        self.digest = digest
        self.suffix = suffix
        self.active = active
        self.expiresAt = expiresAt
    }
}

/// Keys to be taken over into one account: all of them, or none.
///
/// One entry holds the whole of it, so that one log position decides: there is no state between
/// two entries in which some of the keys are there, nothing to clear away when an import is
/// abandoned, and no entry that does more work than the largest one of charges.
public struct KeyImport: Hashable, Sendable {
    public var account: AccountID
    /// At most `Bounds.keysPerImport`, with ascending ids, so that those of one user keep the
    /// order in which they stand here.
    public var keys: [ImportedKey]

    public init(account: AccountID, keys: [ImportedKey]) {
        self.account = account
        self.keys = keys
    }
}

/// What is wrong with one key of an import. Codes are fixed.
public enum ImportFault: UInt8, Hashable, Sendable, CaseIterable {
    /// The account has no such user.
    case userNotFound = 1
    case apiNotFound = 2
    /// A key with this digest is there already, revoked perhaps.
    case digestTaken = 3
    /// An earlier key of the same import has this digest.
    case digestRepeated = 4
    /// The user would have more keys than are allowed.
    case keyLimit = 5
    /// The user would have more active keys than are allowed.
    case activeKeyLimit = 6
    /// The key would have ended already.
    case expiryPassed = 7

    /// As in a body: `user_not_found`.
    public var code: String {
        switch self {
        case .userNotFound: "user_not_found"
        case .apiNotFound: "api_not_found"
        case .digestTaken: "digest_taken"
        case .digestRepeated: "digest_repeated"
        case .keyLimit: "key_limit"
        case .activeKeyLimit: "active_key_limit"
        case .expiryPassed: "expiry_passed"
        }
    }
}

/// What is wrong with the keys of an import, in their order.
public struct ImportFaults: Hashable, Sendable {
    public struct Item: Hashable, Sendable {
        /// The key's place in the import, from zero on.
        public var place: UInt32
        public var fault: ImportFault

        public init(place: UInt32, fault: ImportFault) {
            self.place = place
            self.fault = fault
        }
    }

    public var items: [Item]
    /// How many keys are at fault, those that aren't listed included.
    public var count: UInt32

    public init(_ items: [Item]) {
        self.items = items
        count = UInt32(items.count)
    }

    /// As many as a remembered outcome has room for.
    var shortened: ImportFaults {
        var short = self
        short.items = Array(items.prefix(Bounds.importFaultsTold))
        return short
    }
}

extension KeyOwner: Coded {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .id(let id): writer.put(1, id)
        case .email(let email): writer.put(2, email)
        }
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        switch try reader.readUInt8() {
        case 1: self = .id(try reader.get())
        case 2: self = .email(try reader.get())
        case let code: throw MalformedBytes("no way \(code) to name a user")
        }
    }
}

extension ImportedKey: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(id)
        writer.put(owner)
        writer.put(api)
        writer.put(name)
        writer.put(digest)
        writer.put(suffix)
        writer.put(active)
        writer.put(expiresAt)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        id = try reader.get()
        owner = try reader.get()
        api = try reader.get()
        name = try reader.get()
        digest = try reader.get()
        suffix = try reader.get()
        active = try reader.get()
        expiresAt = try reader.get()
    }
}

extension KeyImport: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(account)
        writer.putList(keys)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        account = try reader.get()
        keys = try reader.getList(limit: Bounds.keysPerImport)
    }
}

extension ImportFault: Coded {}

extension ImportFaults: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(count)
        writer.put(UInt32(items.count))
        for item in items {
            writer.put(item.place)
            writer.put(item.fault)
        }
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        count = try reader.get()
        let told = try reader.readUInt32()
        guard told <= Bounds.importFaultsTold, told <= count else {
            throw MalformedBytes("\(told) faults of \(count)")
        }
        items = []
        for _ in 0..<told {
            items.append(Item(place: try reader.get(), fault: try reader.get()))
        }
    }
}
