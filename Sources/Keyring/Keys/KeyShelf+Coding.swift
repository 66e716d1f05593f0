import Basics

// The bytes of an `Optional<KeyRecord>`, straight from packed ones and into them: in between there
// would be a string and an optional or two for each of ten million keys.
extension KeyShelf {
    func encode(_ number: Int, into writer: inout ByteWriter) {
        let key = packed(number)
        guard let state = key.state else { return writer.write(false) }
        let parts = parts(of: key)
        writer.write(true)
        writer.put(key.id)
        writer.put(key.digest)
        writer.write(key.user)
        writer.put(api(of: key))
        if let name = packedName(of: key) {
            name.encode(into: &writer)
        } else {
            writer.put(longName(of: key))
        }
        writer.put(state)
        writer.put(key.suffix)
        writer.put(key.birth.since)
        writer.put(author(of: key))
        writer.write(key.rest.lastUsedMinute)
        writer.put(parts.spent)
        writer.put(parts.ending.expiresAt)
        writer.put(parts.ending.deadline)
        writer.put(parts.ending.replaces)
        writer.put(parts.ending.replacedBy)
        writer.put(key.birth.createdAt)
        writer.put(parts.changedAt)
        writer.write(key.links.previous)
        writer.write(key.links.next)
    }

    mutating func load(from reader: inout ByteReader) throws(MalformedBytes) {
        guard try reader.readBool() else { return append(nil) }
        var key = PackedKey()
        key.id = KeyID(try reader.readUInt64())
        key.digest = try reader.get()
        key.user = try reader.readUInt32()
        let api: API = try reader.get()
        let name = try PackedName.read(&reader)
        let state: KeyState = try reader.get()
        key.state = state
        let suffix: Suffix = try reader.get()
        key.rest.suffix = suffix.rawValue
        let since = Timestamp(milliseconds: try reader.readInt64())
        let author: Author = try reader.get()
        guard author.user?.rawValue != 0 else { throw MalformedBytes("a user without a number") }
        key.rest.lastUsedMinute = try reader.readUInt32()
        var parts = KeyParts(createdAt: .zero)
        // Most keys have neither.
        let isPlain = reader.skip(zeros: KeyParts.plainBytes)
        if !isPlain {
            parts.spent = try reader.get()
            parts.ending = try KeyEnding(from: &reader)
        }
        let createdAt = LogIndex(try reader.readUInt64())
        parts.changedAt = LogIndex(try reader.readUInt64())
        key.links.previous = try reader.readUInt32()
        key.links.next = try reader.readUInt32()
        guard KeyRecord.canBeKept(createdAt: createdAt, since: since) else {
            throw MalformedBytes("a key beyond what a log can reach")
        }
        let isPlaced = append(
            key, api: api, name: name.packed, longName: name.long, author: author,
            createdAt: createdAt, since: since,
            parts: isPlain && parts.changedAt == createdAt ? nil : parts)
        guard isPlaced else { throw MalformedBytes("more APIs than a cluster ever has") }
    }
}

extension KeyParts {
    /// Nothing spent and no end, as they are written: all zero.
    fileprivate static let plainBytes = 3 * 8 + 2 * 4 + 2 * 1 + 2 * 8
}

extension KeyEnding {
    fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
        self.init()
        expiresAt = try reader.get()
        deadline = try reader.get()
        replaces = KeyID(try reader.readUInt64())
        replacedBy = KeyID(try reader.readUInt64())
    }
}

extension PackedName {
    /// What ``Name`` writes.
    func encode(into writer: inout ByteWriter) {
        writer.write(UInt32(count))
        for place in 0..<count { writer.write(byte(place)) }
    }

    /// Reads a ``Name``: packed if it fits, else as it is.
    static func read(
        _ reader: inout ByteReader
    ) throws(MalformedBytes) -> (packed: PackedName?, long: Name?) {
        var ahead = reader
        if let name = PackedName(printable: try ahead.readBytes(limit: Bounds.nameBytes)) {
            reader = ahead
            return (name, nil)
        }
        let name: Name = try reader.get()
        guard let short = PackedName(name) else { return (nil, name) }
        return (short, nil)
    }
}
