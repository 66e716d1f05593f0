import Basics
import Foundation
import Journal
import Testing

@testable import Server

/// What an operator is told of a data directory that can't be used.
struct DataDirectoryTests {
    @Test func anOlderFormatIsRefusedInOneLine() throws {
        let place = try TemporaryDirectory()
        let identity = Identity(
            clusterID: [UInt8](repeating: 3, count: 16), node: NodeID(1),
            members: [IdentityMember(node: NodeID(1), address: "a:1")], incarnation: 1,
            genesis: [])
        let path = place.path + "/data"
        try DataDirectory(creatingAt: path).format(identity)
        _ = try DataDirectory(at: path).recover()
        var bytes = try place.bytes("data/identity")
        bytes[8] = UInt8(Identity.formatVersion - 1)
        let checksum = CRC32C.checksum(bytes.dropLast(4))
        bytes.replaceSubrange(
            (bytes.count - 4)..., with: (0..<4).map { UInt8(checksum >> (8 * $0) & 255) })
        try Data(bytes).write(to: URL(filePath: path + "/identity"))
        let refusal = #expect(throws: DataDirectoryRefusal.self) {
            _ = try DataDirectory(at: path).recover()
        }
        let version = Identity.formatVersion
        #expect(
            refusal?.description
                == "\(path): made by an older version of this program (format \(version - 1)), and "
                + "this one reads format \(version) only: go on with that version, or form a new "
                + "cluster")
        // Nor is it formatted over.
        #expect(throws: DataDirectoryRefusal.self) { try DataDirectory(at: path).format(identity) }
    }
}
