import Journal
import Replica
import Testing

@testable import Server

struct DiskPerformerTests {
    @Test func operationsArePerformedInOrder() throws {
        let directory = try TemporaryDirectory()
        let disk = try DiskPerformer(configuration: DiskConfiguration(path: directory.path))
        let result = disk.perform([
            .create("a", bytes: 8), .write("a", offset: 2, bytes: [1, 2]), .sync("a"),
            .create("b", bytes: 0), .write("b", offset: 0, bytes: [7]), .sync("b"),
            .rename(from: "b", to: "c"), .write("c", offset: 1, bytes: [8]), .sync("c"),
            .delete("nothing"), .syncDirectory,
        ])
        #expect(result == nil)
        #expect(try directory.names() == ["a", "c"])
        #expect(try directory.bytes("a") == [0, 0, 1, 2, 0, 0, 0, 0])
        #expect(try directory.bytes("c") == [7, 8])
        #expect(disk.read(DiskRead(name: "a", offset: 3, count: 100)) == [2, 0, 0, 0, 0])
        #expect(disk.read(DiskRead(name: "b", offset: 0, count: 1)) == [])
    }

    @Test func filesOfAnEarlierProcessAreWrittenOn() throws {
        let directory = try TemporaryDirectory()
        let first = try DiskPerformer(configuration: DiskConfiguration(path: directory.path))
        _ = first.perform([.create("a", bytes: 4), .write("a", offset: 0, bytes: [1])])
        let second = try DiskPerformer(configuration: DiskConfiguration(path: directory.path))
        _ = second.perform([.write("a", offset: 1, bytes: [2]), .sync("a")])
        #expect(try directory.bytes("a") == [1, 2, 0, 0])
    }

    @Test func aFileMadeAnewReplacesTheOldOne() throws {
        let directory = try TemporaryDirectory()
        let disk = try DiskPerformer(configuration: DiskConfiguration(path: directory.path))
        _ = disk.perform([.create("a", bytes: 0), .write("a", offset: 0, bytes: [1, 2, 3])])
        _ = disk.perform([.create("a", bytes: 2), .write("a", offset: 1, bytes: [9])])
        #expect(try directory.bytes("a") == [0, 9])
    }

    @Test func whatCannotBeDoneEndsTheBatchAndSaysWhy() throws {
        let directory = try TemporaryDirectory()
        let disk = try DiskPerformer(configuration: DiskConfiguration(path: directory.path))
        let failure = disk.perform([.sync("missing"), .create("after", bytes: 0)])
        let reason =
            "syncing missing failed: openat \(directory.path)/missing: No such file or directory"
        #expect(failure == .broken(reason))
        #expect(try directory.names() == [])
    }

    @Test func aFileThatFindsNoRoomIsReportedAndLeavesNothing() throws {
        let directory = try TemporaryDirectory()
        let disk = try DiskPerformer(configuration: DiskConfiguration(path: directory.path))
        // More than any disk of today has.
        let result = disk.perform([
            .create("vast", bytes: 1 << 43), .create("after", bytes: 0),
        ])
        #expect(result == .noSpace)
        #expect(try directory.names() == [])
    }
}
