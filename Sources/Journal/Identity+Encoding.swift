import Basics

/// The identity file.
///
/// | bytes | field |
/// |---|---|
/// | 8 | magic: `KEYCLAVE` |
/// | 4 | format version |
/// | 4 | count of the bytes that follow |
/// | 16 | cluster id |
/// | 4, 8 | node id, incarnation |
/// | 4, 4 | bytes of a sector, of a page |
/// | 4, … | count of members; each an id (4) and two addresses (counted strings) |
/// | 4 + n | genesis (counted bytes) |
/// | 4 | CRC-32C of everything before |
///
/// Magic, version, count and the checksum at the end stay where they are in every version, so
/// that a newer one is told from a damaged one.
extension Identity {
    static let magic: [UInt8] = Array("KEYCLAVE".utf8)
    static let addressLimit = 1024
    static let memberLimit = JournalHardState.peerLimit
    static let genesisLimit = 1 << 20

    func encoded() -> [UInt8] {
        var body = ByteWriter()
        body.writeRaw(clusterID)
        body.write(node.rawValue)
        body.write(incarnation)
        body.write(UInt32(geometry.sectorBytes))
        body.write(UInt32(geometry.pageBytes))
        body.write(UInt32(members.count))
        for member in members {
            body.write(member.node.rawValue)
            body.writeString(member.address)
            body.writeString(member.clientAddress)
        }
        body.writeBytes(genesis)
        var writer = ByteWriter()
        writer.writeRaw(Identity.magic)
        writer.write(Identity.formatVersion)
        writer.write(UInt32(body.count + 4))
        writer.writeRaw(body.bytes)
        writer.write(CRC32C.checksum(writer.bytes))
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(RecoveryRefusal) {
        guard bytes.count >= 20, bytes[..<8].elementsEqual(Identity.magic) else {
            if bytes.isEmpty { throw .identityDamaged("the file is empty") }
            throw .foreign("the identity file isn't Keyclave's")
        }
        var envelope = ByteReader(bytes[8...])
        guard let version = try? envelope.readUInt32(), let count = try? envelope.readUInt32(),
            Int(count) == envelope.remaining
        else { throw .identityDamaged("the file's size is wrong") }
        var end = ByteReader(bytes.suffix(4))
        guard (try? end.readUInt32()) == CRC32C.checksum(bytes.dropLast(4)) else {
            throw .identityDamaged("the checksum is wrong")
        }
        guard version <= Identity.formatVersion else {
            throw .newerFormat(file: FileName.identity, version: version)
        }
        guard version == Identity.formatVersion else { throw .olderFormat(version: version) }
        do {
            var reader = ByteReader(bytes[16...].dropLast(4))
            self = try Identity(body: &reader)
        } catch {
            throw .identityDamaged(error.reason)
        }
    }

    private init(body reader: inout ByteReader) throws(MalformedBytes) {
        let clusterID = Array(try reader.readRaw(Identity.clusterIDCount))
        let node = NodeID(try reader.readUInt32())
        let incarnation = try reader.readUInt64()
        let sector = Int(try reader.readUInt32())
        let page = Int(try reader.readUInt32())
        guard Geometry.isValid(sectorBytes: sector, pageBytes: page) else {
            throw MalformedBytes("sectors of \(sector) and pages of \(page) bytes")
        }
        let count = Int(try reader.readUInt32())
        guard count <= Identity.memberLimit else { throw MalformedBytes("\(count) members") }
        var members: [IdentityMember] = []
        for _ in 0..<count {
            let member = NodeID(try reader.readUInt32())
            let address = try reader.readString(limit: Identity.addressLimit)
            let clientAddress = try reader.readString(limit: Identity.addressLimit)
            members.append(
                IdentityMember(node: member, address: address, clientAddress: clientAddress))
        }
        let genesis = Array(try reader.readBytes(limit: Identity.genesisLimit))
        try reader.finish()
        self.init(
            clusterID: clusterID, node: node, members: members, incarnation: incarnation,
            genesis: genesis, geometry: Geometry(sectorBytes: sector, pageBytes: page))
    }
}

extension Identity {
    /// What makes a directory this node's, to be performed strictly in order. The identity file is
    /// put in place last, so a directory that has one is complete; until then `format` may be
    /// repeated. Requires valid settings.
    public func format(settings: JournalSettings = JournalSettings()) -> [DiskOperation] {
        precondition((try? settings.validate(for: geometry)) != nil, "invalid journal settings")
        let segment = SegmentName(sequence: 1, capacity: settings.segmentBytes)
        let opening = BatchHeader.restart(
            after: .start, doubt: nil, offset: 0, segment: segment, of: self)
        var slots = HardStateSlots(incarnation: incarnation, geometry: geometry, sequence: 0)
        var operations: [DiskOperation] = [
            .create(FileName.hardState, bytes: HardStateSlots.fileBytes(in: geometry))
        ]
        operations += slots.save(.initial)
        operations += [
            .create(FileName.incompleteSegment, bytes: segment.capacity),
            .write(FileName.incompleteSegment, offset: 0, bytes: opening),
            .sync(FileName.incompleteSegment),
            .rename(from: FileName.incompleteSegment, to: segment.description),
            .syncDirectory,
        ]
        let bytes = encoded()
        operations += [
            .create(FileName.incompleteIdentity, bytes: bytes.count),
            .write(FileName.incompleteIdentity, offset: 0, bytes: bytes),
            .sync(FileName.incompleteIdentity),
            .rename(from: FileName.incompleteIdentity, to: FileName.identity),
            .syncDirectory,
        ]
        return operations
    }
}
