import CLinux
import Glibc

/// One directory of private files, held open: names are relative to it, so that it stays the
/// same directory however paths change. Files are made 0600, the directory 0700.
public struct Directory: ~Copyable, Sendable {
    private let descriptor: Descriptor
    public let path: String

    /// Opens an existing directory.
    public init(at path: String) throws(SystemError) {
        do throws(SystemError) {
            descriptor = Descriptor(
                owning: try systemCall("open") {
                    linux_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0)
                })
            self.path = path
        } catch {
            throw error.about(path)
        }
    }

    /// Makes the directory if it isn't there and opens it. The parent must exist.
    public init(creatingAt path: String) throws(SystemError) {
        do throws(SystemError) {
            _ = try systemCall("mkdir") { mkdir(path, 0o700) }
        } catch  where error.code == EEXIST {
        } catch {
            throw error.about(path)
        }
        self = try Directory(at: path)
    }

    /// Takes the directory for this process until it closes or dies (flock(2)); false if another
    /// process has it.
    public func lock() throws(SystemError) -> Bool {
        let number = descriptor.number
        do throws(SystemError) {
            return try nonBlockingCall("flock") { linux_flock_exclusive(number) } != nil
        } catch {
            throw error.about(path)
        }
    }

    /// The permission bits of the directory.
    public func mode() throws(SystemError) -> UInt32 { try status().st_mode & 0o7777 }

    func identity() throws(SystemError) -> FileIdentity { FileIdentity(try status()) }

    /// Which file has a name. Throws ENOENT.
    func identity(of name: String) throws(SystemError) -> FileIdentity {
        checkName(name)
        var status = stat()
        let number = descriptor.number
        do throws(SystemError) {
            _ = try systemCall("fstatat") { fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) }
        } catch {
            throw error.about("\(path)/\(name)")
        }
        return FileIdentity(status)
    }

    private func status() throws(SystemError) -> stat {
        var status = stat()
        let number = descriptor.number
        do throws(SystemError) {
            _ = try systemCall("fstat") { fstat(number, &status) }
        } catch {
            throw error.about(path)
        }
        return status
    }

    /// Takes everybody else's permissions away.
    public func makePrivate() throws(SystemError) {
        guard try mode() & 0o077 != 0 else { return }
        let number = descriptor.number
        do throws(SystemError) {
            _ = try systemCall("fchmod") { fchmod(number, 0o700) }
        } catch {
            throw error.about(path)
        }
    }

    /// Makes a new file of no bytes, readable and writable. Throws EEXIST, ENOSPC.
    public func create(_ name: String) throws(SystemError) -> File {
        try open(name, O_RDWR | O_CREAT | O_EXCL)
    }

    /// Opens a file for reading and writing. Throws ENOENT.
    public func open(_ name: String) throws(SystemError) -> File { try open(name, O_RDWR) }

    /// Gives a file another name, replacing what had it, in one step.
    public func rename(_ old: String, to new: String) throws(SystemError) {
        checkName(old)
        checkName(new)
        let number = descriptor.number
        do throws(SystemError) {
            _ = try systemCall("renameat") { renameat(number, old, number, new) }
        } catch {
            throw error.about("\(path)/\(old)")
        }
    }

    /// Gives a file a name that nothing has, in one step; false if something has it.
    public func rename(_ old: String, toFree new: String) throws(SystemError) -> Bool {
        checkName(old)
        checkName(new)
        do throws(SystemError) {
            try renameToFree(old, new)
            return true
        } catch {
            if error.code == EEXIST { return false }
            throw error.about("\(path)/\(new)")
        }
    }

    private func renameToFree(_ old: String, _ new: String) throws(SystemError) {
        let number = descriptor.number
        do throws(SystemError) {
            _ = try systemCall("renameat2") { linux_rename_to_free(number, old, new) }
        } catch {
            // A file system that can't: a second name for the same file is as safe.
            guard error.code == EINVAL || error.code == ENOSYS else { throw error }
            _ = try systemCall("linkat") { linkat(number, old, number, new, 0) }
            _ = try systemCall("unlinkat") { unlinkat(number, old, 0) }
        }
    }

    /// Removes a file. Throws ENOENT.
    public func remove(_ name: String) throws(SystemError) {
        checkName(name)
        let number = descriptor.number
        do throws(SystemError) {
            _ = try systemCall("unlinkat") { unlinkat(number, name, 0) }
        } catch {
            throw error.about("\(path)/\(name)")
        }
    }

    /// Removes a directory and the files in it. Throws ENOTEMPTY, EISDIR if others lie deeper.
    public func removeDirectory(_ name: String) throws(SystemError) {
        checkName(name)
        let inner = try Directory(at: "\(path)/\(name)")
        for file in try inner.names() { try inner.remove(file) }
        let number = descriptor.number
        do throws(SystemError) {
            _ = try systemCall("unlinkat") { unlinkat(number, name, AT_REMOVEDIR) }
        } catch {
            throw error.about("\(path)/\(name)")
        }
    }

    /// Returns when names made, changed and removed are on the disk (fsync(2)).
    public func synchronize() throws(SystemError) {
        let number = descriptor.number
        do throws(SystemError) {
            _ = try systemCall("fsync") { fsync(number) }
        } catch {
            throw error.about(path)
        }
    }

    /// The names of what is in it, sorted bytewise, without `.` and `..`.
    public func names() throws(SystemError) -> [String] {
        let number = descriptor.number
        let copy: Int32
        do throws(SystemError) {
            // The listing has a position of its own and closes what it is given.
            copy = try systemCall("open") {
                linux_openat(number, ".", O_RDONLY | O_DIRECTORY, 0)
            }
        } catch {
            throw error.about(path)
        }
        guard let listing = fdopendir(copy) else {
            throw failure("fdopendir", linux_errno()).about(path)
        }
        defer { closedir(listing) }
        do throws(SystemError) {
            return try Directory.names(in: listing)
        } catch {
            throw error.about(path)
        }
    }

    /// Reads an open listing to its end.
    static func names(in listing: OpaquePointer) throws(SystemError) -> [String] {
        var names: [String] = []
        while true {
            // The end and a failure look alike but for errno, and a file that isn't listed would
            // pass for one that never was.
            errno = 0
            guard let entry = readdir(listing) else {
                let code = linux_errno()
                guard code == 0 else { throw failure("readdir", code) }
                return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
    }

    private func open(_ name: String, _ flags: Int32) throws(SystemError) -> File {
        checkName(name)
        let number = descriptor.number
        do throws(SystemError) {
            let opened = try systemCall("openat") {
                linux_openat(number, name, flags | O_NOFOLLOW, 0o600)
            }
            return File(Descriptor(owning: opened), path: "\(path)/\(name)")
        } catch {
            throw error.about("\(path)/\(name)")
        }
    }

    /// Names are ours: a slash in one would leave the directory.
    private func checkName(_ name: String) {
        precondition(
            !name.isEmpty && name != "." && name != ".." && !name.utf8.contains(UInt8(ascii: "/")),
            "\(name) is no name within a directory")
    }
}
