import Basics

// Version, count of members, of each: id, role, addresses, incarnation if known; count of former
// members, of each: id and whether it is drained.
extension Configuration {
    /// Most members at a time.
    public static let memberLimit = 64
    /// Most nodes that were members, in all the life of a cluster.
    public static let formerLimit = 4096
    /// Most bytes of an address.
    public static let addressLimit = 1024

    private static let version: UInt8 = 2

    public func encode(into writer: inout ByteWriter) {
        writer.write(Configuration.version)
        writer.write(UInt8(truncatingIfNeeded: members.count))
        for member in members {
            writer.write(member.id.rawValue)
            writer.write(member.role.rawValue)
            writer.writeString(member.address)
            writer.writeString(member.clientAddress)
            writer.write(member.incarnation != nil)
            if let incarnation = member.incarnation { writer.write(incarnation) }
        }
        writer.write(UInt32(former.count))
        for node in former {
            writer.write(node.id.rawValue)
            writer.write(node.isDrained)
        }
    }

    /// Throws for what `encode` can't have written: too many members, wrong order, repetitions.
    public init(from reader: inout ByteReader) throws(MalformedBytes) {
        let version = try reader.readUInt8()
        guard version == Configuration.version else {
            throw MalformedBytes("a configuration of version \(version)")
        }
        let count = Int(try reader.readUInt8())
        guard count <= Configuration.memberLimit else { throw MalformedBytes("\(count) members") }
        var members: [Member] = []
        for _ in 0..<count { members.append(try Member(from: &reader)) }
        let formerCount = Int(try reader.readUInt32())
        guard formerCount <= Configuration.formerLimit else {
            throw MalformedBytes("\(formerCount) former members")
        }
        var former: [FormerMember] = []
        for _ in 0..<formerCount {
            let id = NodeID(try reader.readUInt32())
            former.append(FormerMember(id: id, isDrained: try reader.readBool()))
        }
        let isAscending =
            zip(members, members.dropFirst()).allSatisfy { $0.id < $1.id }
            && zip(former, former.dropFirst()).allSatisfy { $0.id < $1.id }
        let formerIDs = former.map(\.id)
        guard isAscending, !members.contains(where: { formerIDs.contains($0.id) }) else {
            throw MalformedBytes("members out of order or named twice")
        }
        self.init(members: members, former: former)
    }
}

extension Member {
    fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
        id = NodeID(try reader.readUInt32())
        let code = try reader.readUInt8()
        guard let role = MemberRole(rawValue: code) else { throw MalformedBytes("role \(code)") }
        self.role = role
        address = try reader.readString(limit: Configuration.addressLimit)
        clientAddress = try reader.readString(limit: Configuration.addressLimit)
        if try reader.readBool() { incarnation = try reader.readUInt64() }
    }
}

/// The payload of an entry that changes the members.
public struct ConfigurationRecord: Hashable, Sendable {
    public var configuration: Configuration
    /// What the state machine is to note of the change; opaque here, empty if nothing.
    public var note: [UInt8]

    public init(configuration: Configuration, note: [UInt8] = []) {
        self.configuration = configuration
        self.note = note
    }

    public func encode() -> [UInt8] {
        var writer = ByteWriter()
        configuration.encode(into: &writer)
        writer.writeBytes(note)
        return writer.bytes
    }

    public init(decoding payload: [UInt8]) throws(MalformedBytes) {
        var reader = ByteReader(payload)
        configuration = try Configuration(from: &reader)
        note = [UInt8](try reader.readBytes(limit: Entry.payloadLimit))
        try reader.finish()
        guard !configuration.voters.isEmpty else { throw MalformedBytes("no voter") }
    }
}
