import Basics

// Outcomes as the ledger remembers them, down to the names: a later answer is the first one.

extension Outcome: Coded {
    /// Requires an outcome of an administrative change: those of charges have a form of their own.
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .changed(let change):
            writer.write(UInt8(1))
            writer.put(change)
        case .refused(let refusal):
            writer.write(UInt8(2))
            writer.put(refusal)
        case .held(let receipt): writer.put(70, receipt)
        case .charged, .noted, .malformed: preconditionFailure("nothing to remember")
        }
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        switch try reader.readUInt8() {
        case 1: self = .changed(try reader.get())
        case 2: self = .refused(try reader.get())
        case 70: self = .held(try reader.get())
        case let code: throw MalformedBytes("no outcome \(code)")
        }
    }
}

extension Change: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(result)
        writer.put(index)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        self.init(try reader.get(), index: try reader.get())
    }
}

extension Change.Result: Coded {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .account(let account): writer.put(1, account)
        case .accountDeleted(let id): writer.put(2, id)
        case .user(let user): writer.put(3, user)
        case .userRemoved(let id): writer.put(4, id)
        case .limit(let limit): writer.put(5, limit)
        case .limitRemoved(let user, let api):
            writer.put(6, user)
            writer.put(api)
        case .key(let key): writer.put(7, key)
        case .keyRevoked(let id): writer.put(8, id)
        case .keysRevoked(let user, let count):
            writer.put(9, user)
            writer.put(count)
        case .token(let token): writer.put(10, token)
        case .tokenRevoked(let id): writer.put(11, id)
        case .settings(let settings): writer.put(12, settings)
        case .member(let member): writer.put(40, member)

        case .keyRotated(let key, let old):
            writer.put(60, key)
            writer.put(old)
        case .api(let api): writer.put(61, api)
        case .apiRemoved(let api): writer.put(62, api)
        case .pool(let pool): writer.put(70, pool)
        case .poolRemoved(let account, let api):
            writer.put(71, account)
            writer.put(api)
        case .keysImported(let account, let count):
            writer.put(80, account)
            writer.put(count)
        }
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        switch try reader.readUInt8() {
        case 1: self = .account(try reader.get())
        case 2: self = .accountDeleted(try reader.get())
        case 3: self = .user(try reader.get())
        case 4: self = .userRemoved(try reader.get())
        case 5: self = .limit(try reader.get())
        case 6: self = .limitRemoved(try reader.get(), try reader.get())
        case 7: self = .key(try reader.get())
        case 8: self = .keyRevoked(try reader.get())
        case 9: self = .keysRevoked(try reader.get(), count: try reader.get())
        case 10: self = .token(try reader.get())
        case 11: self = .tokenRevoked(try reader.get())
        case 12: self = .settings(try reader.get())
        case 40: self = .member(try reader.get())

        case 60: self = .keyRotated(try reader.get(), old: try reader.get())
        case 61: self = .api(try reader.get())
        case 62: self = .apiRemoved(try reader.get())
        case 70: self = .pool(try reader.get())
        case 71: self = .poolRemoved(try reader.get(), try reader.get())
        case 80: self = .keysImported(try reader.get(), count: try reader.get())
        case let code: throw MalformedBytes("no result \(code)")
        }
    }
}

extension ByteWriter {
    /// A case's code and what it holds.
    mutating func put(_ code: UInt8, _ value: some Coded) {
        write(code)
        put(value)
    }
}

extension AccountDetail: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(id)
        writer.put(name)
        writer.put(createdAt)
        writer.put(changedAt)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        id = try reader.get()
        name = try reader.get()
        createdAt = try reader.get()
        changedAt = try reader.get()
    }
}

extension UserDetail: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(id)
        writer.put(account)
        writer.put(email)
        writer.put(name)
        writer.put(role)
        writer.put(createdAt)
        writer.put(changedAt)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        id = try reader.get()
        account = try reader.get()
        email = try reader.get()
        name = try reader.get()
        role = try reader.get()
        createdAt = try reader.get()
        changedAt = try reader.get()
    }
}

extension Author: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(token)
        writer.put(user)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        token = try reader.get()
        user = try reader.get()
    }
}

extension KeyDetail: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(id)
        writer.put(account)
        writer.put(user)
        writer.put(api)
        writer.put(name)
        writer.put(state)
        writer.put(createdAt)
        writer.put(createdBy)
        writer.put(lastUsedAt)
        writer.put(suffix)
        writer.put(changedAt)
        writer.put(expiresAt)
        writer.put(retiresAt)
        writer.put(replaces)
        writer.put(replacedBy)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        id = try reader.get()
        account = try reader.get()
        user = try reader.get()
        api = try reader.get()
        name = try reader.get()
        state = try reader.get()
        createdAt = try reader.get()
        createdBy = try reader.get()
        lastUsedAt = try reader.get()
        suffix = try reader.get()
        changedAt = try reader.get()
        expiresAt = try reader.get()
        retiresAt = try reader.get()
        replaces = try reader.get()
        replacedBy = try reader.get()
    }
}

extension APIDetail: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(api)
        writer.put(name)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        api = try reader.get()
        name = try reader.get()
    }
}

extension LimitDetail: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(user)
        writer.put(api)
        writer.put(credits)
        writer.put(period)
        writer.put(spent)
        writer.put(held)
        writer.put(remaining)
        writer.put(resetsAt)
        writer.put(changedAt)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        user = try reader.get()
        api = try reader.get()
        credits = try reader.get()
        period = try reader.get()
        spent = try reader.get()
        held = try reader.get()
        remaining = try reader.get()
        resetsAt = try reader.get()
        changedAt = try reader.get()
    }
}

extension TokenDetail: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(id)
        writer.put(role)
        writer.put(account)
        writer.put(user)
        writer.put(name)
        writer.put(createdAt)
        writer.put(createdBy)
        writer.put(suffix)
        writer.put(active)
        writer.put(changedAt)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        id = try reader.get()
        role = try reader.get()
        account = try reader.get()
        user = try reader.get()
        name = try reader.get()
        createdAt = try reader.get()
        createdBy = try reader.get()
        suffix = try reader.get()
        active = try reader.get()
        changedAt = try reader.get()
    }
}

extension ClusterSettings: Coded {
    func encode(into writer: inout ByteWriter) {
        for setting in Setting.allCases { writer.put(self[keyPath: setting.path]) }
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        self = .standard
        for setting in Setting.allCases { self[keyPath: setting.path] = try reader.get() }
        if let violation = firstViolation {
            throw MalformedBytes("setting \(violation.name) is out of its bounds")
        }
    }
}
