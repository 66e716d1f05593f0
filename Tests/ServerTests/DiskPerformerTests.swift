import Glibc
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

    @Test func blocksAreWrittenAheadOfWhatComes() throws {
        let directory = try TemporaryDirectory()
        let configuration = DiskConfiguration(path: directory.path)
        let bytes = [UInt8](repeating: 1, count: 4096)
        for (name, writesAhead) in [("ahead", true), ("plain", false)] {
            // With a hole, which tells what was written; a file that is reserved has none.
            let file = fopen("\(directory.path)/\(name)", "w")
            #expect(ftruncate(fileno(file), 1 << 20) == 0)
            fclose(file)
            let disk = try DiskPerformer(configuration: configuration, writesAhead: writesAhead)
            #expect(disk.perform([.write(name, offset: 0, bytes: bytes), .sync(name)]) == nil)
            let written = writtenBytes("\(directory.path)/\(name)")
            #expect((written >= 4096 + WrittenAhead.step) == writesAhead, "\(written)")
            // Not a byte beyond its end.
            #expect(disk.perform([.write(name, offset: (1 << 20) - 1, bytes: [7])]) == nil)
        }
        #expect(try directory.bytes("ahead") == directory.bytes("plain"))
        #expect(try directory.bytes("ahead").count == 1 << 20)
    }

    /// What the file takes of the disk.
    private func writtenBytes(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_blocks) * 512 : -1
    }

    @Test func recordsThatWereCutOffAreNotOverwrittenAhead() throws {
        let directory = try TemporaryDirectory()
        let configuration = DiskConfiguration(path: directory.path)
        let before = try DiskPerformer(configuration: configuration)
        _ = before.perform([
            .create("a", bytes: 1 << 20), .write("a", offset: 100_000, bytes: [9, 9, 9]),
        ])
        let after = try DiskPerformer(configuration: configuration, writesAhead: true)
        _ = after.perform([.write("a", offset: 0, bytes: [1, 2]), .sync("a")])
        var expected = [UInt8](repeating: 0, count: 1 << 20)
        expected.replaceSubrange(0..<2, with: [1, 2])
        expected.replaceSubrange(100_000..<100_003, with: [9, 9, 9])
        #expect(try directory.bytes("a") == expected)
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
