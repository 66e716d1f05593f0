import Basics

// The bytes of an `Optional<KeyRecord>`, straight from packed ones and into them: in between there
// would be a string and an optional or two for each of ten million keys.
extension KeyShelf {
    func encode(_ number: Int, into writer: inout ByteWriter) {
        let key = packed(number)
        guard let state = key.state else { return writer.write(false) }
        writer.write(true)
        writer.put(key.id)
        writer.put(key.digest)
        writer.write(key.user)
        writer.put(key.api)
        if key.name.isLong {
            writer.put(longName(of: key))
        } else {
            key.name.encode(into: &writer)
        }
        writer.put(state)
        writer.put(key.suffix)
        writer.put(key.since)
        writer.put(author(of: key))
        writer.write(key.lastUsedMinute)
        writer.put(spent(of: key))
        let ending = ending(of: key)
        writer.put(ending.expiresAt)
        writer.put(ending.deadline)
        writer.put(ending.replaces)
        writer.put(ending.replacedBy)
        writer.put(key.createdAt)
        writer.put(key.changedAt)
        writer.write(key.previous)
        writer.write(key.next)
    }

    mutating func load(from reader: inout ByteReader) throws(MalformedBytes) {
        guard try reader.readBool() else { return append(nil) }
        var key = PackedKey()
        key.id = KeyID(try reader.readUInt64())
        key.digest = try reader.get()
        key.user = try reader.readUInt32()
        let api: API = try reader.get()
        let longName = try PackedName.read(&reader, into: &key.name)
        key.set(api, try reader.get(), try reader.get())
        key.since = Timestamp(milliseconds: try reader.readInt64())
        let author: Author = try reader.get()
        guard author.user?.rawValue != 0 else { throw MalformedBytes("a user without a number") }
        key.lastUsedMinute = try reader.readUInt32()
        let spent: SpentCounters = try reader.get()
        let ending = try KeyEnding(from: &reader)
        key.createdAt = LogIndex(try reader.readUInt64())
        key.changedAt = LogIndex(try reader.readUInt64())
        key.previous = try reader.readUInt32()
        key.next = try reader.readUInt32()
        append(key, longName: longName, author: author, spent: spent, ending: ending)
    }
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
    /// What ``Name`` writes. Requires that the name isn't long.
    func encode(into writer: inout ByteWriter) {
        writer.write(UInt32(count))
        for place in 0..<count { writer.write(byte(place)) }
    }

    /// Reads a ``Name``: into `packed` if it fits, else it is returned.
    static func read(
        _ reader: inout ByteReader, into packed: inout PackedName
    ) throws(MalformedBytes) -> Name? {
        var ahead = reader
        if let name = PackedName(printable: try ahead.readBytes(limit: Bounds.nameBytes)) {
            (reader, packed) = (ahead, name)
            return nil
        }
        let name: Name = try reader.get()
        guard let short = PackedName(name) else { return name }
        packed = short
        return nil
    }
}
