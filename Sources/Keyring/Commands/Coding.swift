import Basics

/// A value with exactly one encoding, in the log and in snapshots alike. Reading checks all that
/// the type promises, so that whatever comes out of damaged bytes is still a legal value.
protocol Coded {
    func encode(into writer: inout ByteWriter)
    init(from reader: inout ByteReader) throws(MalformedBytes)
}

extension ByteWriter {
    @inline(__always)
    mutating func put(_ value: some Coded) { value.encode(into: &self) }

    mutating func putList(_ list: some Collection<some Coded>) {
        put(UInt32(list.count))
        for element in list { put(element) }
    }
}

extension ByteReader {
    @inline(__always)
    mutating func get<Value: Coded>() throws(MalformedBytes) -> Value {
        try Value(from: &self)
    }

    /// A list of at most `limit` elements. Room is made for what the bytes left can hold, not for
    /// what the count claims.
    mutating func getList<Value: Coded>(limit: Int) throws(MalformedBytes) -> [Value] {
        let count = Int(try readUInt32())
        guard count <= limit else { throw MalformedBytes("\(count) elements, \(limit) allowed") }
        var list: [Value] = []
        list.reserveCapacity(min(count, remaining))
        for _ in 0..<count { list.append(try get()) }
        return list
    }
}

// Numbers and flags.
extension UInt8: Coded {
    func encode(into writer: inout ByteWriter) { writer.write(self) }
    init(from reader: inout ByteReader) throws(MalformedBytes) { self = try reader.readUInt8() }
}
extension UInt32: Coded {
    func encode(into writer: inout ByteWriter) { writer.write(self) }
    @inline(__always)
    init(from reader: inout ByteReader) throws(MalformedBytes) { self = try reader.readUInt32() }
}
extension UInt64: Coded {
    func encode(into writer: inout ByteWriter) { writer.write(self) }
    @inline(__always)
    init(from reader: inout ByteReader) throws(MalformedBytes) { self = try reader.readUInt64() }
}
extension Int32: Coded {
    func encode(into writer: inout ByteWriter) { writer.write(UInt32(bitPattern: self)) }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        self.init(bitPattern: try reader.readUInt32())
    }
}
extension Bool: Coded {
    func encode(into writer: inout ByteWriter) { writer.write(self) }
    @inline(__always)
    init(from reader: inout ByteReader) throws(MalformedBytes) { self = try reader.readBool() }
}

extension Optional: Coded where Wrapped: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(self != nil)
        if let self { writer.put(self) }
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        guard try reader.readBool() else {
            self = nil
            return
        }
        let wrapped: Wrapped = try reader.get()
        self = wrapped
    }
}

/// Enumerations whose codes are fixed.
extension Coded where Self: RawRepresentable, RawValue == UInt8 {
    func encode(into writer: inout ByteWriter) { writer.write(rawValue) }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        let code = try reader.readUInt8()
        guard let value = Self(rawValue: code) else {
            throw MalformedBytes("\(Self.self) has no code \(code)")
        }
        self = value
    }
}
extension Role: Coded {}
extension UserRole: Coded {}
extension KeyState: Coded {}
extension Period: Coded {}
extension Setting: Coded {}
extension AuditAction: Coded {}
extension Command.Kind: Coded {}

extension Coded where Self: Identifier {
    func encode(into writer: inout ByteWriter) { writer.write(rawValue) }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        self.init(try reader.readUInt64())
    }
}
extension AccountID: Coded {}
extension UserID: Coded {}
extension KeyID: Coded {}
extension TokenID: Coded {}

extension Timestamp: Coded {
    func encode(into writer: inout ByteWriter) { writer.write(milliseconds) }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        self.init(milliseconds: try reader.readInt64())
    }
}
extension LogIndex: Coded {
    func encode(into writer: inout ByteWriter) { writer.write(rawValue) }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        self.init(try reader.readUInt64())
    }
}
extension Digest: Coded {
    func encode(into writer: inout ByteWriter) { append(to: &writer) }
}
extension RequestID: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.write(high)
        writer.write(low)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        high = try reader.get()
        low = try reader.get()
    }
}

extension Credits: Coded {
    func encode(into writer: inout ByteWriter) { writer.write(rawValue) }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        guard let credits = Credits(try reader.readUInt64()) else {
            throw MalformedBytes("credits beyond 2^53 - 1")
        }
        self = credits
    }
}
extension API: Coded {
    func encode(into writer: inout ByteWriter) { writer.write(rawValue) }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        let number = try reader.readUInt64()
        // The two of most keys needn't be taken apart.
        if number == API.rest.rawValue || number == API.batch.rawValue {
            self.init(trusted: number)
            return
        }
        guard let api = API(rawValue: number) else {
            throw MalformedBytes("not the number of an API's slug")
        }
        self = api
    }
}
extension Suffix: Coded {
    func encode(into writer: inout ByteWriter) { writer.write(rawValue) }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        guard let suffix = Suffix(rawValue: try reader.readUInt32()) else {
            throw MalformedBytes("not the end of a key")
        }
        self = suffix
    }
}
extension Name: Coded {
    func encode(into writer: inout ByteWriter) { writer.writeString(string) }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        guard let name = Name(try reader.readString(limit: Bounds.nameBytes)) else {
            throw MalformedBytes("not a name")
        }
        self = name
    }
}
extension EmailAddress: Coded {
    func encode(into writer: inout ByteWriter) { writer.writeString(string) }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        guard let address = EmailAddress(try reader.readString(limit: Bounds.emailBytes)) else {
            throw MalformedBytes("not an e-mail address")
        }
        self = address
    }
}

extension IdempotencyKey: Coded {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .uuidV7(let high, let low):
            writer.write(UInt8(0))
            writer.write(high)
            writer.write(low)
        case .freeForm(let bytes):
            writer.write(UInt8(bytes.count))
            writer.writeRaw(bytes)
        }
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        let count = Int(try reader.readUInt8())
        guard count > 0 else {
            let high = try reader.readUInt64()
            let low = try reader.readUInt64()
            guard IdempotencyKey.isVersion7(high: high, low: low) else {
                throw MalformedBytes("a UUID of another version than 7")
            }
            self = .uuidV7(high: high, low: low)
            return
        }
        guard count <= Bounds.idempotencyKeyBytes else {
            throw MalformedBytes("an idempotency key of \(count) bytes")
        }
        self = .freeForm(Array(try reader.readRaw(count)))
    }
}

extension Actor: Coded {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .cluster: writer.put(TokenID?.none)
        case .token(let id): writer.put(TokenID?.some(id))
        }
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        let token: TokenID? = try reader.get()
        self = token.map { .token($0) } ?? .cluster
    }
}
