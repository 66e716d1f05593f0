import Basics
import Journal
import Simulator
import Testing

@Suite struct InMemoryDiskTests {
    private static func outcomes(
        _ disk: InMemoryDisk, _ tearing: InMemoryDisk.Tearing = .init(unitBytes: 4)
    ) -> Set<[StoredFile]> {
        var outcomes: Set<[StoredFile]> = []
        for seed in UInt64(1)...200 {
            var cut = disk
            var generator = SeededGenerator(seed: seed)
            cut.cutPower(tearing: tearing, using: &generator)
            outcomes.insert(cut.files)
        }
        return outcomes
    }

    private static func synced() throws -> InMemoryDisk {
        var disk = InMemoryDisk()
        try disk.perform([
            .create("a", bytes: 8), .write("a", offset: 0, bytes: [1, 1, 1, 1, 1, 1, 1, 1]),
            .sync("a"), .syncDirectory,
        ])
        return disk
    }

    @Test func `what was synced survives`() throws {
        let disk = try InMemoryDiskTests.synced()
        #expect(InMemoryDiskTests.outcomes(disk) == [disk.files])
    }

    @Test func `of what wasn't synced any subset of the units survives`() throws {
        var disk = try InMemoryDiskTests.synced()
        try disk.perform(.write("a", offset: 2, bytes: [2, 2, 2, 2, 2]))
        #expect(disk.files[0].bytes == [1, 1, 2, 2, 2, 2, 2, 1])
        let bytes = Set(InMemoryDiskTests.outcomes(disk).map { $0[0].bytes })
        #expect(
            bytes == [
                [1, 1, 1, 1, 1, 1, 1, 1], [1, 1, 2, 2, 1, 1, 1, 1], [1, 1, 1, 1, 2, 2, 2, 1],
                [1, 1, 2, 2, 2, 2, 2, 1],
            ])
    }

    @Test func `a unit may be cut at any byte`() throws {
        var disk = try InMemoryDiskTests.synced()
        try disk.perform(.write("a", offset: 0, bytes: [2, 2, 2, 2]))
        let tearing = InMemoryDisk.Tearing(unitBytes: 4, cutsUnits: true)
        let bytes = Set(InMemoryDiskTests.outcomes(disk, tearing).map { $0[0].bytes.prefix(4) })
        #expect(bytes.contains([2, 2, 1, 1]) && bytes.contains([2, 2, 2, 2]))
    }

    @Test func `names not synced may be lost, one by one`() throws {
        var disk = try InMemoryDiskTests.synced()
        try disk.perform([
            .create("b", bytes: 0), .sync("b"), .rename(from: "b", to: "c"), .delete("a"),
        ])
        let names = Set(InMemoryDiskTests.outcomes(disk).map { $0.map(\.name) })
        #expect(
            names == [
                [], ["a"], ["b"], ["c"], ["a", "b"], ["a", "c"],
            ])
    }

    @Test func `a file takes room until it is deleted`() throws {
        var disk = InMemoryDisk(capacity: 10)
        try disk.perform([.create("a", bytes: 6)])
        #expect(throws: DiskFailure.noSpace) { try disk.perform(.create("b", bytes: 5)) }
        #expect(throws: DiskFailure.noSpace) {
            try disk.perform(.write("a", offset: 8, bytes: [1, 2, 3]))
        }
        try disk.perform([.delete("a"), .create("b", bytes: 10)])
        #expect(disk.usedBytes == 10)
    }

    private static func strayed() throws -> InMemoryDisk {
        var disk = InMemoryDisk()
        try disk.perform([
            .create("segment-1", bytes: 8), .create("segment-2", bytes: 8), .syncDirectory,
            .sync("segment-1"), .sync("segment-2"),
        ])
        disk.misdirectNextWrite(sparing: [], by: 1)
        try disk.perform([.write("segment-2", offset: 0, bytes: [7]), .sync("segment-2")])
        #expect(disk.files.map(\.bytes[0]) == [7, 0])
        return disk
    }

    @Test func `a write that landed in a file is put right if only that told of it, and goes`()
        throws
    {
        var disk = try Self.strayed()
        try disk.perform([.delete("segment-1"), .syncDirectory])
        #expect(disk.files.map(\.bytes[0]) == [7])
    }

    @Test func `a write that landed in a file stays lost once a later one tells of it`() throws {
        var disk = try Self.strayed()
        try disk.perform([.write("segment-2", offset: 4, bytes: [8]), .sync("segment-2")])
        try disk.perform([.delete("segment-1"), .syncDirectory])
        #expect(disk.files.map(\.bytes) == [[0, 0, 0, 0, 8, 0, 0, 0]])
    }
}
