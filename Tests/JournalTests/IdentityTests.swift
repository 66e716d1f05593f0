import Basics
import Testing

@testable import Journal

@Suite struct IdentityTests {
    private static func refusal(_ files: [StoredFile]) -> RecoveryRefusal? {
        do {
            _ = try Recovery(of: files)
            return nil
        } catch {
            return error
        }
    }

    @Test func `an identity comes back, members in the order of their ids`() throws {
        let identity = Identity(
            clusterID: Array(1..<17), node: NodeID(3),
            members: [3, 1, 2].map {
                IdentityMember(node: NodeID($0), address: "node\($0).example:7201")
            }, incarnation: .max, genesis: [UInt8](repeating: 9, count: 1000))
        let read = try Identity(decoding: identity.encoded())
        #expect(read == identity)
        #expect(read.members.map(\.node.rawValue) == [1, 2, 3])
        #expect(read.geometry == .disk)
    }

    @Test func `an identity cut at any byte or with any bit flipped is refused`() {
        let bytes = makeIdentity().encoded()
        for count in 0..<bytes.count {
            #expect(throws: RecoveryRefusal.self) {
                try Identity(decoding: Array(bytes.prefix(count)))
            }
        }
        for bit in 0..<8 * bytes.count {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: RecoveryRefusal.self) { try Identity(decoding: flipped) }
        }
    }

    @Test func `a newer version is told from damage, and another program's file from both`() {
        var newer = makeIdentity().encoded()
        newer[8] = UInt8(Identity.formatVersion + 1)
        var writer = ByteWriter(appendingTo: newer)
        writer.overwrite(CRC32C.checksum(newer.dropLast(4)), at: newer.count - 4)
        #expect(
            IdentityTests.refusal([StoredFile(name: "identity", bytes: writer.bytes)])
                == .newerFormat(file: "identity", version: Identity.formatVersion + 1))
        #expect(
            IdentityTests.refusal([StoredFile(name: "identity", bytes: newer)])
                == .identityDamaged("the checksum is wrong"))
        #expect(
            IdentityTests.refusal([
                StoredFile(name: "identity", bytes: Array("id_rsa AAAAB3NzaC1yc2E".utf8))
            ])
                == .foreign("the identity file isn't Keyclave's"))
    }

    /// Files whose layout has changed would be misread: as damage, or as votes lost.
    @Test(arguments: 0..<Identity.formatVersion)
    func `a directory of an older format is refused for what it is`(version: UInt32) throws {
        let files = changing(try Node.formatted().disk.files, "identity") { bytes in
            bytes[8] = UInt8(version)
            var writer = ByteWriter(appendingTo: bytes)
            writer.overwrite(CRC32C.checksum(bytes.dropLast(4)), at: bytes.count - 4)
            bytes = writer.bytes
        }
        #expect(IdentityTests.refusal(files) == .olderFormat(version: version))
    }

    @Test func `a directory without any of our files is empty`() {
        #expect(IdentityTests.refusal([]) == .empty)
        let others = ["pid", "log", "operator.token", "segment", "snapshot-1", "identity.old"]
        #expect(
            IdentityTests.refusal(others.map { StoredFile(name: $0, bytes: [1, 2, 3]) }) == .empty)
    }

    @Test func `other files in the directory make no difference`() throws {
        let node = try Node.formatted()
        let others = [
            StoredFile(name: "pid", bytes: Array("42".utf8)), StoredFile(name: "log", bytes: []),
        ]
        #expect(try Recovery(of: node.disk.files + others) == node.recover())
    }

    @Test func `a node that lost its identity isn't formatted again over its votes`() throws {
        var voted = try Node.formatted()
        voted.log.save(JournalHardState(term: Term(1), votedFor: NodeID(1)))
        try voted.run()
        var wrote = try Node.formatted()
        wrote.log.append([record(1, term: 0)])
        try wrote.run()
        for node in [voted, wrote] {
            let files = node.disk.files.filter { $0.name != "identity" }
            #expect(
                IdentityTests.refusal(files)
                    == .identityDamaged("the file is missing, and there is data"))
        }
        let fresh = try Node.formatted().disk.files.filter { $0.name != "identity" }
        #expect(IdentityTests.refusal(fresh) == .partlyFormatted)
    }

    @Test func `segments of another incarnation hold nothing for this node`() throws {
        let own = try Node.formatted().disk.files
        let other = FormattedFiles.of(7)
        let files = own.map { file in
            guard file.name.hasPrefix("segment-") else { return file }
            return StoredFile(name: file.name, bytes: other[file.name] ?? file.bytes)
        }
        guard case .corrupt(let corruption) = try Recovery(of: files).verdict else {
            Issue.record("another node's log was taken for this one's")
            return
        }
        #expect(corruption.detail == "no batch header stands in any segment")
    }
}
