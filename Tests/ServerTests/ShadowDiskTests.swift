#if SHADOW_DISK
import Journal
import Linux
import Testing

@testable import Server

struct ShadowDiskTests {
    let directory: TemporaryDirectory
    let disk: DiskPerformer

    init() throws {
        directory = try TemporaryDirectory()
        let data = directory.path + "/data"
        _ = try Directory(creatingAt: data)
        let before = try DiskPerformer(configuration: DiskConfiguration(path: data))
        _ = before.perform([.create("old", bytes: 0), .write("old", offset: 0, bytes: [5])])
        let shadow = try ShadowDisk(at: data + ".shadow", copying: data)
        disk = try DiskPerformer(configuration: DiskConfiguration(path: data, shadow: shadow))
    }

    @Test func withoutSyncsNothingArrives() throws {
        let data = directory.path + "/data"
        let shadow = try ShadowDisk(at: data + ".shadow", copying: data)
        let idle = try DiskPerformer(
            configuration: DiskConfiguration(path: data, shadow: shadow, syncs: false))
        _ = idle.perform([
            .create("a", bytes: 0), .write("a", offset: 0, bytes: [1]), .sync("a"), .syncDirectory,
        ])
        #expect(try directory.names("/data.shadow") == ["old"])
    }

    private func shadow(_ name: String) throws -> [UInt8] {
        try directory.bytes("data.shadow/\(name)")
    }

    @Test func onlyWhatWasSyncedArrives() throws {
        #expect(try shadow("old") == [5])
        _ = disk.perform([
            .create("a", bytes: 4), .write("a", offset: 0, bytes: [1]), .sync("a"),
        ])
        #expect(try directory.names("/data.shadow") == ["old"])
        _ = disk.perform([.syncDirectory, .write("a", offset: 1, bytes: [2])])
        #expect(try shadow("a") == [1, 0, 0, 0])
        _ = disk.perform([.sync("a"), .write("a", offset: 2, bytes: [3])])
        #expect(try shadow("a") == [1, 2, 0, 0])
        _ = disk.perform([.rename(from: "a", to: "old"), .sync("old")])
        #expect(try shadow("old") == [5])
        #expect(try shadow("a") == [1, 2, 3, 0])
        _ = disk.perform([.syncDirectory])
        #expect(try shadow("old") == [1, 2, 3, 0])
        #expect(try directory.names("/data.shadow") == ["old"])
        _ = disk.perform([.delete("old")])
        #expect(try directory.names("/data.shadow") == ["old"])
        _ = disk.perform([.syncDirectory])
        #expect(try directory.names("/data.shadow") == [])
    }
}
#endif
