import Journal
import Linux

/// Performs disk operations in the data directory, one after the other, on the calling thread.
///
/// The one place where a byte of the node's meets the disk. Each lane of operations has a
/// performer of its own.
final class DiskPerformer {
    private let directory: Directory
    private var openFiles: [String: OpenFile] = [:]
    #if SHADOW_DISK
    private let shadow: ShadowDisk?
    private let syncs: Bool
    #endif

    /// Whether what it does is mostly small synced writes into preallocated files, as the journal,
    /// and not large files from their beginning to their end, as snapshots.
    private let writesAhead: Bool

    private final class OpenFile {
        let file: File
        var written: WrittenAhead
        var writtenBack = WrittenBack()
        init(_ file: consuming File) throws(SystemError) {
            written = WrittenAhead(size: try file.size())
            self.file = file
        }
    }

    /// Opens the data directory, which the process must have locked.
    init(configuration: DiskConfiguration, writesAhead: Bool = false) throws(SystemError) {
        self.writesAhead = writesAhead
        directory = try Directory(at: configuration.path)
        #if SHADOW_DISK
        shadow = configuration.shadow
        syncs = configuration.syncs
        #endif
    }

    /// Performs `operations` up to the first that fails, and says how that failed. After anything
    /// but a lack of room nothing is known of the files any more.
    func perform(_ operations: [DiskOperation]) -> DiskFailure? {
        for operation in operations {
            do throws(SystemError) {
                try perform(operation)
            } catch {
                if error.isOutOfSpace && operation.mayFindNoRoom { return .noSpace }
                return .broken("\(operation.summary) failed: \(error)")
            }
        }
        return nil
    }

    /// Part of a file: fewer bytes than asked for at its end, none if it can't be read. A reader
    /// of snapshots asks again or for another one, so that is no failure of the node.
    func read(_ read: DiskRead) -> [UInt8] {
        do throws(SystemError) {
            return try directory.open(read.name).read(read.count, at: read.offset)
        } catch {
            return []
        }
    }

    private func perform(_ operation: DiskOperation) throws(SystemError) {
        switch operation {
        case .create(let name, let count):
            try create(name, count)
        case .write(let name, let offset, let bytes):
            let open = try opened(name)
            if writesAhead { open.written.prepare(open.file, for: bytes.count, at: offset) }
            try open.file.write(bytes, at: offset)
            if !writesAhead {
                try open.writtenBack.note(open.file, writtenThrough: offset + bytes.count)
            }
        case .sync(let name):
            try synchronize(opened(name).file)
        case .rename(from: let old, to: let new):
            try directory.rename(old, to: new)
            openFiles[new] = openFiles.removeValue(forKey: old)
        case .syncDirectory:
            try synchronizeDirectory()
        case .delete(let name):
            openFiles[name] = nil
            try remove(name)
        }
        #if SHADOW_DISK
        try noteInShadow(operation)
        #endif
    }

    #if SHADOW_DISK
    private func noteInShadow(_ operation: DiskOperation) throws(SystemError) {
        // What wasn't synced doesn't reach the shadow.
        switch operation {
        case .sync, .syncDirectory: if !syncs { return }
        default: break
        }
        try shadow?.note(operation)
    }
    #endif

    private func create(_ name: String, _ count: Int) throws(SystemError) {
        openFiles[name] = nil
        try remove(name)
        let file = try directory.create(name)
        do throws(SystemError) {
            if count > 0 { try file.preallocate(count) }
            openFiles[name] = try OpenFile(file)
        } catch {
            // What found no room isn't left lying about.
            try? directory.remove(name)
            throw error
        }
    }

    /// A file that isn't there is as good as removed.
    private func remove(_ name: String) throws(SystemError) {
        do throws(SystemError) {
            try directory.remove(name)
        } catch {
            if !error.isMissing { throw error }
        }
    }

    private func opened(_ name: String) throws(SystemError) -> OpenFile {
        if let file = openFiles[name] { return file }
        let file = try OpenFile(directory.open(name))
        openFiles[name] = file
        return file
    }

    private func synchronize(_ file: borrowing File) throws(SystemError) {
        #if SHADOW_DISK
        guard syncs else { return }
        #endif
        try file.synchronize()
    }

    private func synchronizeDirectory() throws(SystemError) {
        #if SHADOW_DISK
        guard syncs else { return }
        #endif
        try directory.synchronize()
    }
}

extension DiskOperation {
    /// Making a file and writing to it need room, and so may a new name in the directory; a sync
    /// that reports none has lost data.
    fileprivate var mayFindNoRoom: Bool {
        switch self {
        case .create, .write, .rename: true
        case .sync, .syncDirectory, .delete: false
        }
    }

    /// For the one line that says why the process ends; without the bytes.
    fileprivate var summary: String {
        switch self {
        case .create(let name, let count): "creating \(name) of \(count) bytes"
        case .write(let name, let offset, let bytes):
            "writing \(bytes.count) bytes at \(offset) of \(name)"
        case .sync(let name): "syncing \(name)"
        case .rename(from: let old, to: let new): "renaming \(old) to \(new)"
        case .syncDirectory: "syncing the directory"
        case .delete(let name): "deleting \(name)"
        }
    }
}

/// Where the node's files are.
struct DiskConfiguration: Sendable {
    var path: String
    #if SHADOW_DISK
    var shadow: ShadowDisk?
    /// A program without syncs must lose acknowledged writes in the tests that kill nodes: it shows
    /// that those tests can fail.
    var syncs = true
    #endif
}
