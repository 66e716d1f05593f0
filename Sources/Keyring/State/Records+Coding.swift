import Basics

// Records as snapshots hold them. Links and counters are written as they are and verified when
// the whole has been read: see `StateMachine+Invariants.swift`.

extension Allowance: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(credits)
        writer.put(period)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        credits = try reader.get()
        period = try reader.get()
    }
}

extension CreditLine: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(api)
        writer.put(allowance)
        writer.put(spent)
        writer.put(held)
        writer.put(changedAt)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        api = try reader.get()
        allowance = try reader.get()
        spent = try reader.get()
        held = try reader.get()
        changedAt = try reader.get()
    }
}

extension AccountRecord {
    func encode(into writer: inout ByteWriter) {
        writer.put(id)
        writer.put(name)
        writer.put(isDeleted)
        writer.put(since)
        writer.put(createdAt)
        writer.put(changedAt)
        writer.put(users)
        writer.put(tokens)
        writer.putList(apiUses)
        writer.put(liveTokens)
        writer.put(freeFormRecords)
        writer.put(newestAudit)
        writer.put(openHolds)
        writer.put(forgotSpending)
        writer.putList(pools)
        writer.put(previous)
        writer.put(next)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        id = try reader.get()
        name = try reader.get()
        isDeleted = try reader.get()
        since = try reader.get()
        createdAt = try reader.get()
        changedAt = try reader.get()
        users = try reader.get()
        tokens = try reader.get()
        apiUses = try reader.getList(limit: Bounds.apis)
        liveTokens = try reader.get()
        freeFormRecords = try reader.get()
        newestAudit = try reader.get()
        openHolds = try reader.get()
        forgotSpending = try reader.get()
        pools = try reader.getList(limit: Bounds.apisEver)
        previous = try reader.get()
        next = try reader.get()
    }
}

extension UserRecord {
    func encode(into writer: inout ByteWriter) {
        writer.put(id)
        writer.put(account)
        writer.put(email)
        writer.put(name)
        writer.put(role)
        writer.put(isRemoved)
        writer.put(since)
        writer.put(createdAt)
        writer.put(changedAt)
        writer.put(keys)
        writer.put(activeKeys)
        writer.put(liveKeys)
        writer.put(liveTokens)
        writer.put(forgotSpending)
        writer.putList(credits)
        writer.put(holds)
        writer.put(openHolds)
        writer.put(previous)
        writer.put(next)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        id = try reader.get()
        account = try reader.get()
        email = try reader.get()
        name = try reader.get()
        role = try reader.get()
        isRemoved = try reader.get()
        since = try reader.get()
        createdAt = try reader.get()
        changedAt = try reader.get()
        keys = try reader.get()
        activeKeys = try reader.get()
        liveKeys = try reader.get()
        liveTokens = try reader.get()
        forgotSpending = try reader.get()
        credits = try reader.getList(limit: Bounds.apisEver)
        holds = try reader.get()
        openHolds = try reader.get()
        previous = try reader.get()
        next = try reader.get()
    }
}

// A table's keys are written and read by `KeyShelf`, to and from these very bytes.
extension KeyRecord {
    func encode(into writer: inout ByteWriter) {
        writer.put(id)
        writer.put(digest)
        writer.put(user)
        writer.put(api)
        writer.put(name)
        writer.put(state)
        writer.put(suffix)
        writer.put(since)
        writer.put(author)
        writer.put(lastUsedMinute)
        writer.put(spent)
        writer.put(expiresAt)
        writer.put(deadline)
        writer.put(replaces)
        writer.put(replacedBy)
        writer.put(createdAt)
        writer.put(changedAt)
        writer.put(previous)
        writer.put(next)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        id = try reader.get()
        digest = try reader.get()
        user = try reader.get()
        api = try reader.get()
        name = try reader.get()
        state = try reader.get()
        suffix = try reader.get()
        since = try reader.get()
        author = try reader.get()
        guard author.user?.rawValue != 0 else { throw MalformedBytes("a user without a number") }
        lastUsedMinute = try reader.get()
        spent = try reader.get()
        expiresAt = try reader.get()
        deadline = try reader.get()
        replaces = try reader.get()
        replacedBy = try reader.get()
        createdAt = try reader.get()
        changedAt = try reader.get()
        previous = try reader.get()
        next = try reader.get()
        guard KeyRecord.canBeKept(createdAt: createdAt, since: since) else {
            throw MalformedBytes("a key beyond what a log can reach")
        }
    }
}

extension TokenRecord {
    func encode(into writer: inout ByteWriter) {
        writer.put(id)
        writer.put(digest)
        writer.put(role)
        writer.put(account)
        writer.put(user)
        writer.put(name)
        writer.put(isRevoked)
        writer.put(suffix)
        writer.put(since)
        writer.put(author)
        writer.put(createdAt)
        writer.put(changedAt)
        writer.put(previous)
        writer.put(next)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        id = try reader.get()
        digest = try reader.get()
        role = try reader.get()
        account = try reader.get()
        user = try reader.get()
        name = try reader.get()
        isRevoked = try reader.get()
        suffix = try reader.get()
        since = try reader.get()
        author = try reader.get()
        createdAt = try reader.get()
        changedAt = try reader.get()
        previous = try reader.get()
        next = try reader.get()
    }
}

extension Grave: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(index)
        switch body {
        case .key(let slot): writer.put(1, slot)
        case .user(let slot): writer.put(2, slot)
        case .token(let slot): writer.put(3, slot)
        case .account(let slot): writer.put(4, slot)
        }
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        index = try reader.get()
        switch try reader.readUInt8() {
        case 1: body = .key(try reader.get())
        case 2: body = .user(try reader.get())
        case 3: body = .token(try reader.get())
        case 4: body = .account(try reader.get())
        case let code: throw MalformedBytes("no kind of grave \(code)")
        }
    }
}

extension AuditSubject: Coded {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .cluster: writer.write(UInt8(1))
        case .account(let id): writer.put(2, id)
        case .user(let id): writer.put(3, id)
        case .limit(let id, let api):
            writer.put(4, id)
            writer.put(api)
        case .key(let id): writer.put(5, id)
        case .token(let id): writer.put(6, id)
        case .member(let id): writer.put(40, id.rawValue)
        case .api(let api): writer.put(60, api)
        case .pool(let id, let api):
            writer.put(70, id)
            writer.put(api)
        }
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        switch try reader.readUInt8() {
        case 1: self = .cluster
        case 2: self = .account(try reader.get())
        case 3: self = .user(try reader.get())
        case 4: self = .limit(try reader.get(), try reader.get())
        case 5: self = .key(try reader.get())
        case 6: self = .token(try reader.get())
        case 40: self = .member(NodeID(try reader.readUInt32()))
        case 60: self = .api(try reader.get())
        case 70: self = .pool(try reader.get(), try reader.get())
        case let code: throw MalformedBytes("no kind of subject \(code)")
        }
    }
}

extension AuditRecord: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(index)
        writer.put(time)
        writer.put(author)
        writer.put(account)
        writer.put(action)
        writer.put(subject)
        writer.put(previousOfAccount)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        index = try reader.get()
        time = try reader.get()
        author = try reader.get()
        account = try reader.get()
        action = try reader.get()
        subject = try reader.get()
        previousOfAccount = try reader.get()
    }
}
