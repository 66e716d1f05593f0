import Basics
import Glibc
import Journal
import Linux
import Replica

/// Why a node can't use its data directory: an operator's matter, said in one line.
public struct DataDirectoryRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}

/// The data directory of a node, locked for this process as long as the value lives.
public struct DataDirectory: ~Copyable, Sendable {
    private let directory: Directory
    public var path: String { directory.path }

    /// Locks an existing directory. Throws if it isn't there or another process has it.
    public init(at path: String) throws(DataDirectoryRefusal) {
        directory = try DataDirectory.locked(missing: "\(path): \(DataDirectory.text(.empty))") {
            () throws(SystemError) in
            try Directory(at: path)
        }
    }

    /// Makes the directory, if it isn't there, for its owner alone, and locks it.
    public init(creatingAt path: String) throws(DataDirectoryRefusal) {
        directory = try DataDirectory.locked { () throws(SystemError) in
            try Directory(creatingAt: path)
        }
    }

    /// `missing` is what to say if the directory isn't there, instead of the kernel's words.
    private static func locked(
        missing: String? = nil, _ open: () throws(SystemError) -> Directory
    ) throws(DataDirectoryRefusal) -> Directory {
        let directory: Directory
        let isLocked: Bool
        do throws(SystemError) {
            let opened = try open()
            isLocked = try opened.lock()
            if isLocked { try opened.makePrivate() }
            directory = opened
        } catch {
            if let missing, error.code == ENOENT { throw DataDirectoryRefusal(missing) }
            throw DataDirectoryRefusal("\(error)")
        }
        guard isLocked else {
            throw DataDirectoryRefusal("\(directory.path) is in use by another process")
        }
        return directory
    }

    /// Reads what the directory holds.
    public func recover() throws(DataDirectoryRefusal) -> Recovery {
        let (files, snapshots) = try files()
        do throws(RecoveryRefusal) {
            return try Recovery(of: files, snapshots: snapshots)
        } catch {
            throw DataDirectoryRefusal("\(path): \(DataDirectory.text(error))")
        }
    }

    /// The same with the state of the snapshot, which is decoded while its file is checked.
    public func recoverNode() throws(DataDirectoryRefusal) -> NodeRecovery {
        let (files, snapshots) = try files()
        do throws(RecoveryRefusal) {
            return try NodeRecovery(of: files, snapshots: snapshots, with: TwoWorkers())
        } catch {
            throw DataDirectoryRefusal("\(path): \(DataDirectory.text(error))")
        }
    }

    /// For a start of the node: every refusal is why it can't.
    init(starting path: String) throws(StartFailure) {
        do throws(DataDirectoryRefusal) {
            self = try DataDirectory(at: path)
        } catch {
            throw StartFailure("\(error)")
        }
    }

    func recoveryAtStart() throws(StartFailure) -> NodeRecovery {
        do throws(DataDirectoryRefusal) {
            return try recoverNode()
        } catch {
            throw StartFailure("\(error)")
        }
    }

    /// Makes this the directory of a new node; what an earlier attempt left half made is begun
    /// anew. Throws if it is a node's already.
    public func format(_ identity: Identity) throws(DataDirectoryRefusal) {
        try checkIsUnused()
        let performer = try performer()
        switch performer.perform(identity.format()) {
        case nil: return
        case .noSpace: throw DataDirectoryRefusal("\(path): no room on the disk")
        case .broken(let reason): throw DataDirectoryRefusal("\(path): \(reason)")
        }
    }

    func performer() throws(DataDirectoryRefusal) -> DiskPerformer {
        do throws(SystemError) {
            return try DiskPerformer(configuration: DiskConfiguration(path: path))
        } catch {
            throw DataDirectoryRefusal("\(error)")
        }
    }

    private func checkIsUnused() throws(DataDirectoryRefusal) {
        let (files, snapshots) = try files()
        do throws(RecoveryRefusal) {
            _ = try Recovery(of: files, snapshots: snapshots)
        } catch {
            switch error {
            case .empty, .partlyFormatted: return
            default: throw DataDirectoryRefusal("\(path): \(DataDirectory.text(error))")
            }
        }
        throw DataDirectoryRefusal("\(path) is a node's data directory already")
    }

    /// The node's files, and its snapshots, which are only opened: they may be larger than what
    /// is free in memory. Other programs' files may lie beside them, of any size; they aren't read.
    private func files() throws(DataDirectoryRefusal) -> ([StoredFile], [any SnapshotBytes]) {
        var files: [StoredFile] = []
        var snapshots: [any SnapshotBytes] = []
        do throws(SystemError) {
            for name in try directory.names() where DataDirectory.mayBeOurs(name) {
                let file = try directory.open(name)
                if name.hasPrefix(DataDirectory.snapshotPrefix) {
                    snapshots.append(SnapshotOnDisk(name: name, file: file))
                } else {
                    let bytes = try file.contents(limit: DataDirectory.largestFile)
                    files.append(StoredFile(name: name, bytes: bytes))
                }
            }
        } catch {
            throw DataDirectoryRefusal("\(error)")
        }
        return (files, snapshots)
    }

    /// What the journal's names begin with. It tells itself which are its own.
    private static func mayBeOurs(_ name: String) -> Bool {
        ["identity", "hard-state", "segment", snapshotPrefix].contains { name.hasPrefix($0) }
    }

    private static let snapshotPrefix = "snapshot"

    private static let largestFile = 1 << 40

    private static func text(_ refusal: RecoveryRefusal) -> String {
        switch refusal {
        case .empty:
            "nothing here; “keyclave format” makes a new node's directory. A node that lost its "
                + "data must not come back under its old id"
        case .partlyFormatted: "“keyclave format” didn't finish; run it again"
        case .identityDamaged(let detail): "the identity is damaged: \(detail)"
        case .foreign(let detail): "not made by this program: \(detail)"
        case .newerFormat(let file, let version):
            "\(file) has format version \(version), written by a newer version of this program"
        case .unreadable(let file, let detail): "\(file) can't be read: \(detail)"
        case .olderFormat(let version):
            "made by an older version of this program (format \(version)), and this one reads "
                + "format \(Identity.formatVersion) only: go on with that version, or form a new "
                + "cluster"
        }
    }
}
