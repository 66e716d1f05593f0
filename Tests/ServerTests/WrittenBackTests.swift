import Linux
import Testing

@testable import Server

@Suite struct WrittenBackTests {
    @Test func `a file that is handed over in steps holds what was written, in whatever pieces`()
        throws
    {
        let place = try TemporaryDirectory()
        let directory = try Directory(at: place.path)
        let file = try directory.create("large")
        var writtenBack = WrittenBack()
        var expected: [UInt8] = []
        for piece in 1...40 {
            let bytes = [UInt8](repeating: UInt8(piece), count: piece * 4_001)
            try file.write(bytes, at: expected.count)
            expected += bytes
            writtenBack.note(file, writtenThrough: expected.count)
        }
        #expect(expected.count > 3 * WrittenBack.step)
        #expect(try file.contents(limit: 1 << 30) == expected)
    }

    @Test func `what isn't there can be handed over, and nobody is told`() throws {
        let place = try TemporaryDirectory()
        let directory = try Directory(at: place.path)
        let file = try directory.create("short")
        var writtenBack = WrittenBack()
        // Beyond the end of the file, as after a write that another process cut off.
        writtenBack.note(file, writtenThrough: 5 * WrittenBack.step)
        try file.write([1, 2, 3], at: 0)
        writtenBack.note(file, writtenThrough: 3)
        try file.synchronize()
        #expect(try file.contents(limit: 100) == [1, 2, 3])
    }
}
