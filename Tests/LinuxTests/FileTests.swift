import Glibc
import Testing

@testable import Linux

struct FileTests {
    let temporary = TemporaryDirectory()

    @Test func whatIsWrittenIsReadAtItsOffset() throws {
        let directory = try Directory(at: temporary.path)
        let file = try directory.create("a")
        try file.write([1, 2, 3], at: 0)
        try file.write([9], at: 5)
        try file.synchronize()
        #expect(try file.size() == 6)
        #expect(try file.read(100, at: 0) == [1, 2, 3, 0, 0, 9])
        #expect(try file.read(2, at: 1) == [2, 3])
        #expect(try file.read(10, at: 6) == [])
        #expect(try directory.open("a").contents(limit: 6) == [1, 2, 3, 0, 0, 9])
    }

    @Test func filesAreForTheirOwnerOnly() throws {
        let directory = try Directory(creatingAt: temporary.path + "/inner")
        defer { rmdir(temporary.path + "/inner") }
        #expect(try directory.mode() == 0o700)
        let file = try directory.create("secret")
        #expect(try file.mode() == 0o600)
        #expect(try file.privacy() == .own)
        chmod(temporary.path + "/inner/secret", 0o640)
        #expect(try file.privacy() == .shared)
        if geteuid() == 0 {
            chmod(temporary.path + "/inner/secret", 0o600)
            chown(temporary.path + "/inner/secret", 1_234, 1_234)
            #expect(try file.privacy() == .belongsTo(1_234))
        } else {
            #expect(try File(reading: "/etc/passwd").privacy() == .belongsTo(0))
        }
        try directory.remove("secret")
    }

    @Test func aFileIsMadeOnceAndOpenedOnlyIfItIsThere() throws {
        let directory = try Directory(at: temporary.path)
        _ = try directory.create("a")
        #expect(code { _ = try directory.create("a") } == EEXIST)
        #expect(code { _ = try directory.open("b") } == ENOENT)
        #expect(code { try directory.remove("b") } == ENOENT)
        #expect(code { _ = try File(reading: temporary.path + "/b") } == ENOENT)
        #expect(code { _ = try Directory(at: temporary.path + "/b") } == ENOENT)
        _ = try directory.create("b")
        try directory.synchronize()
        #expect(try directory.names() == ["a", "b"])
    }

    /// What isn't listed would pass for what was never there.
    @Test func aListingThatFailsIsNoShorterListing() throws {
        _ = try Directory(at: temporary.path).create("a")
        let listing = try #require(opendir(temporary.path))
        defer { closedir(listing) }
        #expect(try Directory.names(in: listing) == ["a"])
        rewinddir(listing)
        let null = open("/dev/null", O_RDONLY)
        defer { close(null) }
        #expect(dup2(null, dirfd(listing)) >= 0)
        #expect(code { _ = try Directory.names(in: listing) } == ENOTDIR)
    }

    @Test func renamingReplacesInOneStep() throws {
        let directory = try Directory(at: temporary.path)
        try directory.create("old").write([1], at: 0)
        try directory.create("new").write([2, 2], at: 0)
        try directory.rename("new", to: "old")
        #expect(try directory.names() == ["old"])
        #expect(try directory.open("old").contents(limit: 10) == [2, 2])
    }

    @Test func preallocatedRoomReadsAsZeroes() throws {
        let directory = try Directory(at: temporary.path)
        let file = try directory.create("a")
        try file.write([5], at: 0)
        try file.preallocate(4096)
        #expect(try file.size() == 4096)
        #expect(try file.read(4096, at: 0) == [5] + [UInt8](repeating: 0, count: 4095))
        try file.preallocate(10)
        #expect(try file.size() == 4096)
    }

    @Test func aFileBeyondTheLimitIsRefused() throws {
        let directory = try Directory(at: temporary.path)
        try directory.create("a").write([1, 2, 3], at: 0)
        let path = temporary.path + "/a"
        #expect(code { _ = try File(reading: path).contents(limit: 2) } == EFBIG)
        #expect(try File(reading: path).contents(limit: 3) == [1, 2, 3])
        #expect(try File(reading: "/proc/self/comm").contents(limit: 100).last == 10)
        #expect(code { _ = try File(reading: "/proc/self/status").contents(limit: 100) } == EFBIG)
    }

    /// As a process that is killed leaves it, and under a limit that no memory holds.
    @Test func anEmptyFileIsReadWithoutRoomForItsLimit() throws {
        let directory = try Directory(at: temporary.path)
        _ = try directory.create("a")
        #expect(try directory.open("a").contents(limit: 1 << 40) == [])
    }

    @Test func aFileThatSaysNoSizeIsReadToItsEnd() throws {
        // Longer than what is read at first.
        let path = "/proc/self/maps"
        let bytes = try File(reading: path).contents(limit: 1 << 30)
        #expect(bytes.count > 4096)
        #expect(bytes.last == 10)
    }

    @Test func theDirectoryIsLockedForOneOwner() throws {
        let first = try Directory(at: temporary.path)
        #expect(try first.lock() == true)
        #expect(try first.lock() == true)
        do {
            let second = try Directory(at: temporary.path)
            #expect(try second.lock() == false)
            #expect(try first.lock() == true)
        }
        #expect(try Directory(at: temporary.path).lock() == false)
    }

    @Test func theLockEndsWithItsOwner() throws {
        do {
            let first = try Directory(at: temporary.path)
            #expect(try first.lock() == true)
        }
        #expect(try Directory(at: temporary.path).lock() == true)
    }

    @Test func aLinkIsNotFollowed() throws {
        let directory = try Directory(at: temporary.path)
        _ = try directory.create("a")
        #expect(symlink("/etc/hostname", temporary.path + "/link") == 0)
        #expect(code { _ = try directory.open("link") } == ELOOP)
    }

    @Test func aFullDiskIsAnError() throws {
        let full = try File(writingDevice: "/dev/full")
        #expect(code { try full.write([1], at: 0) } == ENOSPC)
    }

    @Test func errorsNameTheCallAndTheFile() throws {
        let directory = try Directory(at: temporary.path)
        do throws(SystemError) {
            _ = try directory.open("nothing")
            Issue.record("opened nothing")
        } catch {
            let text = "openat \(temporary.path)/nothing: No such file or directory"
            #expect(error.description == text)
        }
    }

    private func code(_ body: () throws -> Void) -> Int32? {
        do {
            try body()
            return nil
        } catch {
            return (error as? SystemError)?.code
        }
    }
}

extension File {
    fileprivate init(writingDevice path: String) throws(SystemError) {
        let number = try systemCall("open") { Glibc.open(path, O_WRONLY) }
        self.init(Descriptor(owning: number), path: path)
    }
}
