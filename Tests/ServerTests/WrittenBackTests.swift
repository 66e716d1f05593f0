import Glibc
import Journal
import Linux
import Testing

@testable import Server

@Suite struct WrittenBackTests {
    @Test func `a file that is handed over in steps holds what was written, in whatever pieces`()
        throws
    {
        let place = try TemporaryDirectory()
        let performer = try DiskPerformer(configuration: DiskConfiguration(path: place.path))
        var operations = [DiskOperation.create("large", bytes: 0)]
        var expected: [UInt8] = []
        for piece in 1...40 {
            let bytes = [UInt8](repeating: UInt8(piece), count: piece * 4_001)
            operations.append(.write("large", offset: expected.count, bytes: bytes))
            expected += bytes
        }
        #expect(expected.count > 3 * WrittenBack.step)
        #expect(performer.perform(operations + [.sync("large")]) == nil)
        #expect(try place.bytes("large") == expected)
    }

    /// The sync behind it would not tell of it any more. A pipe's pages can't be waited for, which
    /// stands for a disk that can't write them: Linux says ESPIPE.
    @Test func `trouble on the way to the disk is trouble of the write`() throws {
        let place = try TemporaryDirectory()
        try #require(mkfifo(place.path + "/pipe", 0o600) == 0)
        let pipe = try Directory(at: place.path).open("pipe")
        var writtenBack = WrittenBack()
        try writtenBack.note(pipe, writtenThrough: WrittenBack.step - 1)
        #expect(throws: SystemError.self) {
            try writtenBack.note(pipe, writtenThrough: WrittenBack.step)
        }
    }
}
