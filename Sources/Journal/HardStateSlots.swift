import Basics

/// The file that keeps the hard state: two slots, written in turn, each twice.
///
/// | page | what |
/// |---|---|
/// | 0, 1 | slot 0, both copies |
/// | 2, 3 | slot 1, both copies |
///
/// A copy is a magic number, the sequence number of the write, the incarnation, the term, a flag
/// and the vote, the count of known peers and each one's id and incarnation, and a CRC-32C. The
/// write with sequence number n goes to slot n mod 2, so it never
/// touches the newest.
///
/// **What a bad slot means.** Two slots alone can't tell a write that was torn, which nobody was
/// told of, from a newest state that rotted after a vote had left: using the older would be right
/// in the first case and would lose a vote without a word in the second. Hence two copies of each,
/// a page apart. Rot takes a page, so it leaves one copy of the newest, and that one is used. A
/// slot with both copies bad was being written when the power failed: it was never reported
/// durable, and the other slot is the newest that was. Both slots bad is corruption. So is a file
/// of the wrong size, and so is a log whose last entry has a higher term than the hard state,
/// because the term is always made durable before an entry of it.
struct HardStateSlots: Hashable, Sendable {
    static let magic: UInt32 = 0x3153_484b
    static func byteCount(peers: Int) -> Int { 4 + 8 + 8 + 8 + 1 + 4 + 4 + 12 * peers + 4 }

    var incarnation: UInt64
    var geometry: Geometry
    /// Of the newest state on disk, or on its way there.
    var sequence: UInt64

    static func fileBytes(in geometry: Geometry) -> Int { 4 * geometry.pageBytes }

    /// The operations that make `state` the newest.
    mutating func save(_ state: JournalHardState) -> [DiskOperation] {
        let count = HardStateSlots.byteCount(peers: state.peers.count)
        precondition(
            state.peers.count <= JournalHardState.peerLimit && count <= geometry.pageBytes,
            "a hard state beyond its page")
        sequence += 1
        #if MUTANTS
        if PlantedBug.isOn(.hardStateInPlace) { sequence += 1 }
        #endif
        var writer = ByteWriter(capacity: count)
        writer.write(HardStateSlots.magic)
        writer.write(sequence)
        writer.write(incarnation)
        writer.write(state.term.rawValue)
        writer.write(state.votedFor != nil)
        writer.write(state.votedFor?.rawValue ?? 0)
        writer.write(UInt32(state.peers.count))
        for peer in state.peers {
            writer.write(peer.node.rawValue)
            writer.write(peer.incarnation)
        }
        writer.write(CRC32C.checksum(writer.bytes))
        let slot = Int(sequence % 2) * 2 * geometry.pageBytes
        let name = FileName.hardState
        return [
            .write(name, offset: slot, bytes: writer.bytes),
            .write(name, offset: slot + geometry.pageBytes, bytes: writer.bytes),
            .sync(name),
        ]
    }
}

extension HardStateSlots {
    struct Copy: Hashable {
        var sequence: UInt64
        var incarnation: UInt64
        var state: JournalHardState
    }

    /// The copy at `offset` of the file's bytes; nil unless a whole one stands there.
    static func copy(at offset: Int, of bytes: [UInt8]) -> Copy? {
        guard offset <= bytes.count else { return nil }
        return try? decode(bytes[offset...])
    }

    private static func decode(_ bytes: ArraySlice<UInt8>) throws(MalformedBytes) -> Copy {
        var reader = ByteReader(bytes)
        guard try reader.readUInt32() == magic else { throw MalformedBytes("no hard state") }
        let sequence = try reader.readUInt64()
        let incarnation = try reader.readUInt64()
        let term = Term(try reader.readUInt64())
        let voted = try reader.readBool()
        let candidate = NodeID(try reader.readUInt32())
        let count = Int(try reader.readUInt32())
        guard count <= JournalHardState.peerLimit else { throw MalformedBytes("\(count) peers") }
        var peers: [PeerIncarnation] = []
        for _ in 0..<count {
            let node = NodeID(try reader.readUInt32())
            peers.append(PeerIncarnation(node: node, incarnation: try reader.readUInt64()))
        }
        let checked = bytes.prefix(byteCount(peers: count) - 4)
        guard try reader.readUInt32() == CRC32C.checksum(checked) else {
            throw MalformedBytes("the checksum of a hard state is wrong")
        }
        return Copy(
            sequence: sequence, incarnation: incarnation,
            state: JournalHardState(
                term: term, votedFor: voted ? candidate : nil, peers: peers))
    }

    /// What recovery found.
    enum Reading: Hashable {
        /// `blemished` if a copy of the newest isn't readable.
        case found(JournalHardState, HardStateSlots, blemished: Bool)
        case corrupt(offset: Int, String)
    }

    static func read(_ bytes: [UInt8]?, of identity: Identity) -> Reading {
        guard let bytes else { return .corrupt(offset: 0, "the file is missing") }
        let page = identity.geometry.pageBytes
        guard bytes.count == fileBytes(in: identity.geometry) else {
            return .corrupt(offset: bytes.count, "the file's size is wrong")
        }
        let copies = (0..<4).map { number -> Copy? in
            let copy = copy(at: number * page, of: bytes)
            let isOurs =
                copy?.incarnation == identity.incarnation
                && copy.map { Int($0.sequence % 2) == number / 2 } == true
            return isOurs ? copy : nil
        }
        guard let newest = copies.compactMap(\.self).max(by: { $0.sequence < $1.sequence }) else {
            return .corrupt(offset: 0, "neither slot is readable")
        }
        let slots = HardStateSlots(
            incarnation: identity.incarnation, geometry: identity.geometry,
            sequence: newest.sequence)
        let isBlemished = copies.count(where: { $0 == newest }) == 1
        return .found(newest.state, slots, blemished: isBlemished)
    }
}
