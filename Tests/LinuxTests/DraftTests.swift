import Glibc
import Testing

@testable import Linux

struct DraftTests {
    let temporary = TemporaryDirectory()

    private func draft(_ name: String, _ bytes: [UInt8]) throws -> DraftFile {
        var draft = try DraftFile(name, in: Directory(at: temporary.path))
        try draft.write(bytes)
        return draft
    }

    private func contents(_ name: String) throws -> [UInt8] {
        try File(reading: temporary.path + "/" + name).contents(limit: 100)
    }

    @Test func twoAtOnceAreTwoFilesOfWhichEachIsWhole() throws {
        var first = try draft("a", [1])
        var second = try draft("a", [2])
        try first.write([1, 1])
        try second.finish()
        #expect(try contents("a") == [2])
        try first.write([1])
        try first.finish()
        #expect(try contents("a") == [1, 1, 1, 1])
        #expect(try Directory(at: temporary.path).names() == ["a"])
    }

    @Test func whatWasMadeMeanwhileIsNotReplacedUnasked() throws {
        do {
            var first = try draft("a", [1])
            var second = try draft("a", [2])
            let (isSecond, isFirst) = (try second.finishIfFree(), try first.finishIfFree())
            #expect(isSecond && !isFirst)
        }
        #expect(try contents("a") == [2])
        #expect(try Directory(at: temporary.path).names() == ["a"])
    }

    @Test func whatIsNotFinishedIsRemoved() throws {
        _ = try draft("a", [1])
        #expect(try Directory(at: temporary.path).names() == [])
    }

    /// Of a process that died: nobody has the lock any more.
    @Test func whatOthersLeftIsClearedAwayAndWhatTheyAreAtWorkOnStays() throws {
        let directory = try Directory(at: temporary.path)
        let dead = "a.incomplete-0123456789abcdef"
        let folder = "a.incomplete-0123456789abcde0"
        _ = try directory.create(dead)
        _ = try directory.create("a.incomplete")
        _ = try directory.create("a.incomplete-mine")
        let inner = try Directory(creatingAt: temporary.path + "/" + folder)
        _ = try inner.create("identity")
        let locked = "a.incomplete-0123456789abcde1"
        let kept = try Directory(creatingAt: temporary.path + "/" + locked)
        #expect(try kept.lock())
        defer { rmdir(temporary.path + "/" + locked) }
        let work = try draft("a", [1])
        let names = try directory.names()
        #expect(!names.contains(dead) && !names.contains(folder))
        #expect(names.contains(locked) && names.contains("a.incomplete-mine"))
        #expect(names.count == 3)
        directory.removeDrafts(of: "a")
        #expect(try directory.names() == names)
        _ = work.byteCount
    }
}
