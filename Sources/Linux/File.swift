import CLinux
import Glibc

/// One open file, read and written at offsets only: no hidden position that two callers could
/// disagree about.
public struct File: ~Copyable, Sendable {
    public let descriptor: Descriptor
    /// For error messages.
    public let path: String

    init(_ descriptor: consuming Descriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Opens an existing file of any directory for reading.
    public init(reading path: String) throws(SystemError) {
        do throws(SystemError) {
            descriptor = Descriptor(
                owning: try systemCall("open") { linux_openat(AT_FDCWD, path, O_RDONLY, 0) })
            self.path = path
        } catch {
            throw error.about(path)
        }
    }

    /// Bytes in the file.
    public func size() throws(SystemError) -> Int { Int(try status().st_size) }

    /// The permission bits.
    public func mode() throws(SystemError) -> UInt32 { try status().st_mode & 0o7777 }

    /// Who may read or write a file beside the user that runs this process.
    public enum Privacy: Hashable, Sendable {
        /// Nobody: what a secret's file must be.
        case own
        /// Others, by its permission bits.
        case shared
        /// Its owner, who is another user, by number.
        case belongsTo(UInt32)
    }

    public func privacy() throws(SystemError) -> Privacy {
        let status = try status()
        guard status.st_uid == geteuid() else { return .belongsTo(status.st_uid) }
        return status.st_mode & 0o077 == 0 ? .own : .shared
    }

    /// Writes all of `bytes` at `offset`. Throws ENOSPC, EDQUOT, EIO, EFBIG; how much was written
    /// is then unknown.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
        let number = descriptor.number
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            do throws(SystemError) {
                done += try systemCall("pwrite") {
                    pwrite(number, rest.baseAddress, rest.count, off_t(offset + done))
                }
            } catch {
                throw error.about(path)
            }
        }
    }

    public func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
        // A typed throw can't cross `withUnsafeBytes` of this standard library.
        var trouble: SystemError?
        bytes.withUnsafeBytes { raw in
            do throws(SystemError) { try write(raw, at: offset) } catch { trouble = error }
        }
        if let trouble { throw trouble }
    }

    /// Up to `count` bytes from `offset`; fewer at the end of the file only.
    public func read(_ count: Int, at offset: Int) throws(SystemError) -> [UInt8] {
        let number = descriptor.number
        var trouble: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let rest = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<count])
                do throws(SystemError) {
                    let position = off_t(offset + filled)
                    let some = try systemCall("pread") {
                        pread(number, rest.baseAddress, rest.count, position)
                    }
                    if some == 0 { return }
                    filled += some
                } catch {
                    trouble = error
                    return
                }
            }
        }
        if let trouble { throw trouble.about(path) }
        return bytes
    }

    /// The whole file, of at most `limit` bytes. Throws EFBIG if it is longer.
    public func contents(limit: Int) throws(SystemError) -> [UInt8] {
        let size = try size()
        guard size <= limit else {
            throw SystemError(call: "read", code: EFBIG, subject: path)
        }
        // One byte more than it had: a file that grows under the reader is still read to its end
        // or refused. One of /proc has no size, and neither has one that a process just made
        // before it was killed: so the limit, which may be large, says nothing about how much
        // memory that takes.
        var wanted = size > 0 ? size + 1 : File.unsizedBytes
        var bytes: [UInt8] = []
        while true {
            let more = try read(wanted - bytes.count, at: bytes.count)
            // The usual case copies nothing.
            if bytes.isEmpty { bytes = more } else { bytes += more }
            guard bytes.count <= limit else {
                throw SystemError(call: "read", code: EFBIG, subject: path)
            }
            if bytes.count < wanted { return bytes }
            wanted *= 2
        }
    }

    /// Read at first of a file that doesn't say how long it is.
    private static let unsizedBytes = 4096

    /// Returns when the bytes written and the size are on the disk (fdatasync(2)). After a
    /// failure nothing is known about earlier writes, and a second call may lie: the kernel has
    /// dropped the pages.
    public func synchronize() throws(SystemError) {
        let number = descriptor.number
        do throws(SystemError) {
            _ = try systemCall("fdatasync") { fdatasync(number) }
        } catch {
            throw error.about(path)
        }
    }

    /// Hands what was written there to the disk and waits until it has taken it
    /// (sync_file_range(2)). It makes nothing durable: the disk may forget it, and the file its
    /// size, before `synchronize`. A file system that can't is left alone. Throws EIO and ENOSPC,
    /// of which `synchronize` will not tell any more.
    public func writeBack(_ count: Int, at offset: Int) throws(SystemError) {
        let number = descriptor.number
        do throws(SystemError) {
            _ = try systemCall("sync_file_range") {
                linux_write_back(number, off_t(offset), off_t(count))
            }
        } catch {
            if error.code != ENOSYS && error.code != EINVAL { throw error.about(path) }
        }
    }

    /// Reserves room for `count` bytes from the start and makes the file at least as long; what
    /// is new reads as zeroes. Throws ENOSPC and EDQUOT before any of it is lost to a write.
    public func preallocate(_ count: Int) throws(SystemError) {
        let number = descriptor.number
        // posix_fallocate returns the error and leaves errno alone.
        while true {
            let code = posix_fallocate(number, 0, off_t(count))
            if code == 0 { return }
            if code != EINTR { throw failure("posix_fallocate", code).about(path) }
        }
    }

    /// Takes the file for this process until it closes or dies (flock(2)); false if another has it.
    func lock() throws(SystemError) -> Bool {
        let number = descriptor.number
        do throws(SystemError) {
            return try nonBlockingCall("flock") { linux_flock_exclusive(number) } != nil
        } catch {
            throw error.about(path)
        }
    }

    func identity() throws(SystemError) -> FileIdentity { FileIdentity(try status()) }

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
}

/// Which file it is, whatever it is called.
struct FileIdentity: Hashable {
    var device: UInt
    var number: UInt

    init(_ status: stat) {
        device = UInt(status.st_dev)
        number = UInt(status.st_ino)
    }
}
