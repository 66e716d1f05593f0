import Basics

extension Command {
    public var kind: Kind {
        switch self {
        case .createAccount: .createAccount
        case .renameAccount: .renameAccount
        case .deleteAccount: .deleteAccount
        case .createUser: .createUser
        case .updateUser: .updateUser
        case .removeUser: .removeUser
        case .setLimit: .setLimit
        case .removeLimit: .removeLimit
        case .createKey: .createKey
        case .renameKey: .renameKey
        case .setKeyActive: .setKeyActive
        case .revokeKey: .revokeKey
        case .revokeAllKeys: .revokeAllKeys
        case .charge: .charge
        case .createToken: .createToken
        case .revokeToken: .revokeToken
        case .updateSettings: .updateSettings
        case .tick: .tick
        case .reportLastUsed: .reportLastUsed
        case .changeMember: .changeMember

        case .rotateKey: .rotateKey
        case .createAPI: .createAPI
        case .removeAPI: .removeAPI
        case .hold(let command): command.kind
        case .setPool: .setPool
        case .removePool: .removePool
        case .importKeys: .importKeys
        }
    }
}

extension Command: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(kind)
        switch self {
        case .createAccount(let id, let name), .renameAccount(let id, let name):
            writer.put(id)
            writer.put(name)
        case .deleteAccount(let id):
            writer.put(id)
        case .createUser(let id, let account, let email, let name, let role):
            writer.put(id)
            writer.put(account)
            writer.put(email)
            writer.put(name)
            writer.put(role)
        case .updateUser(let id, let account, let email, let name, let role):
            writer.put(id)
            writer.put(account)
            writer.put(email)
            writer.put(name)
            writer.put(role)
        case .removeUser(let id, let account), .revokeAllKeys(let id, let account):
            writer.put(id)
            writer.put(account)
        case .setLimit(let user, let account, let api, let credits, let period):
            writer.put(user)
            writer.put(account)
            writer.put(api)
            writer.put(credits)
            writer.put(period)
        case .removeLimit(let user, let account, let api):
            writer.put(user)
            writer.put(account)
            writer.put(api)
        case .createKey, .renameKey, .setKeyActive, .revokeKey, .createToken, .revokeToken,
            .rotateKey:
            encodeSecret(into: &writer)
        case .charge(let charges): writer.putList(charges)
        case .updateSettings(let change): writer.put(change)
        case .changeMember(let command): writer.put(command)
        case .hold(let command): command.encode(into: &writer)
        case .setPool(let account, let api, let credits, let period):
            writer.put(account)
            writer.put(api)
            writer.put(credits)
            writer.put(period)
        case .removePool(let account, let api):
            writer.put(account)
            writer.put(api)
        case .importKeys(let batch): writer.put(batch)
        case .tick: break
        case .reportLastUsed(let stamps): writer.putList(stamps)

        case .createAPI(let api, let name):
            writer.put(api)
            writer.put(name)
        case .removeAPI(let api): writer.put(api)
        }
    }

    /// The fields of the commands about keys and tokens.
    private func encodeSecret(into writer: inout ByteWriter) {
        switch self {
        case .createKey(let key): writer.put(key)
        case .renameKey(let id, let account, let name):
            writer.put(id)
            writer.put(account)
            writer.put(name)
        case .setKeyActive(let id, let account, let active):
            writer.put(id)
            writer.put(account)
            writer.put(active)
        case .revokeKey(let id, let account):
            writer.put(id)
            writer.put(account)
        case .createToken(let token): writer.put(token)
        case .revokeToken(let id): writer.put(id)
        case .rotateKey(let rotation): writer.put(rotation)
        default: preconditionFailure("not a command about a key or token")
        }
    }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
        let kind: Kind = try reader.get()
        switch kind {
        case .createAccount: self = .createAccount(try reader.get(), name: try reader.get())
        case .renameAccount: self = .renameAccount(try reader.get(), name: try reader.get())
        case .deleteAccount: self = .deleteAccount(try reader.get())
        case .createUser:
            self = .createUser(
                try reader.get(), account: try reader.get(), email: try reader.get(),
                name: try reader.get(), role: try reader.get())
        case .updateUser:
            self = .updateUser(
                try reader.get(), account: try reader.get(), email: try reader.get(),
                name: try reader.get(), role: try reader.get())
        case .removeUser: self = .removeUser(try reader.get(), account: try reader.get())
        case .revokeAllKeys: self = .revokeAllKeys(try reader.get(), account: try reader.get())
        case .setLimit:
            self = .setLimit(
                try reader.get(), account: try reader.get(), api: try reader.get(),
                credits: try reader.get(), period: try reader.get())
        case .removeLimit:
            self = .removeLimit(
                try reader.get(), account: try reader.get(), api: try reader.get())
        case .createKey: self = .createKey(try reader.get())
        case .renameKey:
            self = .renameKey(try reader.get(), account: try reader.get(), name: try reader.get())
        case .setKeyActive:
            self = .setKeyActive(
                try reader.get(), account: try reader.get(), active: try reader.get())
        case .revokeKey: self = .revokeKey(try reader.get(), account: try reader.get())
        case .charge: self = .charge(try reader.getList(limit: Bounds.chargesPerEntry))
        case .createToken: self = .createToken(try reader.get())
        case .revokeToken: self = .revokeToken(try reader.get())
        case .updateSettings: self = .updateSettings(try reader.get())
        case .changeMember: self = .changeMember(try reader.get())
        case .placeHold, .settleHold, .voidHold:
            self = .hold(try HoldCommand(of: kind, from: &reader))
        case .setPool:
            self = .setPool(
                account: try reader.get(), api: try reader.get(), credits: try reader.get(),
                period: try reader.get())
        case .removePool: self = .removePool(account: try reader.get(), api: try reader.get())
        case .importKeys: self = .importKeys(try reader.get())
        case .tick: self = .tick
        case .reportLastUsed:
            self = .reportLastUsed(try reader.getList(limit: Bounds.stampsPerEntry))

        case .rotateKey: self = .rotateKey(try reader.get())
        case .createAPI: self = .createAPI(try reader.get(), name: try reader.get())
        case .removeAPI: self = .removeAPI(try reader.get())
        }
    }
}

extension NewKey: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(id)
        writer.put(account)
        writer.put(user)
        writer.put(api)
        writer.put(name)
        writer.put(digest)
        writer.put(suffix)
        writer.put(active)
        writer.put(expiresAt)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        id = try reader.get()
        account = try reader.get()
        user = try reader.get()
        api = try reader.get()
        name = try reader.get()
        digest = try reader.get()
        suffix = try reader.get()
        active = try reader.get()
        expiresAt = try reader.get()
    }
}

extension NewToken: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(id)
        writer.put(role)
        writer.put(account)
        writer.put(user)
        writer.put(name)
        writer.put(digest)
        writer.put(suffix)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        id = try reader.get()
        role = try reader.get()
        account = try reader.get()
        user = try reader.get()
        name = try reader.get()
        digest = try reader.get()
        suffix = try reader.get()
    }
}

extension KeyReference: Coded {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .digest(let digest):
            writer.write(UInt8(1))
            writer.put(digest)
        case .id(let id):
            writer.write(UInt8(2))
            writer.put(id)
        }
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        switch try reader.readUInt8() {
        case 1: self = .digest(try reader.get())
        case 2: self = .id(try reader.get())
        case let code: throw MalformedBytes("no way \(code) to name a key")
        }
    }
}

extension Charge: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(key)
        writer.put(credits)
        writer.put(id)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        key = try reader.get()
        credits = try reader.get()
        id = try reader.get()
    }
}

extension LastUsed: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(key)
        writer.put(minute)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        key = try reader.get()
        minute = try reader.get()
    }
}

extension SettingsChange: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(UInt8(values.count))
        for (setting, value) in values {
            writer.put(setting)
            writer.put(value)
        }
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        self.init()
        var previous: UInt8 = 0
        for _ in 0..<(try reader.readUInt8()) {
            let setting: Setting = try reader.get()
            guard setting.rawValue > previous else {
                throw MalformedBytes("settings out of order")
            }
            previous = setting.rawValue
            self[setting] = try reader.readUInt32()
        }
    }
}
