import Basics
import Journal
import Linux
import Replica

/// What a front thread asks the snapshot thread for, on behalf of a client that takes a backup.
struct BackupOrder: Sendable {
    enum Wish: Sendable {
        /// A snapshot that reaches this index at least.
        case open(LogIndex)
        /// A part of one that was opened.
        case part(name: String, offset: Int)
    }

    var wish: Wish
    var ticket: RequestTicket
    var sender: Mailbox<FrontLetter>
}

/// The answer to a `BackupOrder`.
enum BackupReply: Sendable {
    case opened(name: String, position: JournalPosition, byteCount: Int)
    /// No bytes at the end of the file.
    case part([UInt8])
    /// There is no such snapshot, any more.
    case gone
}

/// The snapshot files that backups are taken from, held open: the node may write others meanwhile
/// and delete these, and whoever copies one gets the rest of it all the same.
///
/// Belongs to the snapshot thread, which is the one that deletes snapshots: between a look at the
/// directory and the opening of a file nothing goes.
struct BackupShelf: ~Copyable {
    private final class Volume {
        let file: File
        var lastUse: Instant
        init(_ file: consuming File, at now: Instant) {
            self.file = file
            lastUse = now
        }
    }

    /// Bytes of a part.
    static let partBytes = 1 << 20
    /// A client that hasn't asked for so long won't.
    static let patience = Duration.seconds(60)
    /// More at once than these push out the one that was used longest ago.
    static let volumeLimit = 4

    private let directory: Directory
    private var volumes: [(name: String, volume: Volume)] = []

    init(at path: String) throws(SystemError) { directory = try Directory(at: path) }

    var isEmpty: Bool { volumes.isEmpty }

    mutating func answer(_ wish: BackupOrder.Wish, at now: Instant) -> BackupReply {
        do throws(SystemError) {
            switch wish {
            case .open(let index): return try open(reaching: index, at: now) ?? .gone
            case .part(let name, let offset):
                guard offset >= 0, let volume = try volume(name, at: now) else { return .gone }
                return .part(try volume.file.read(BackupShelf.partBytes, at: offset))
            }
        } catch {
            return .gone
        }
    }

    /// Closes what nobody has asked for in a while.
    mutating func tidy(at now: Instant) {
        volumes.removeAll { now - $0.volume.lastUse > BackupShelf.patience }
    }

    private mutating func open(
        reaching index: LogIndex, at now: Instant
    ) throws(SystemError) -> BackupReply? {
        var newest: (name: String, position: JournalPosition)?
        for name in try directory.names() {
            guard let position = SnapshotDescription.last(ofFileNamed: name),
                position.index >= index, newest.map({ $0.position < position }) ?? true
            else { continue }
            newest = (name, position)
        }
        guard let newest, let volume = try volume(newest.name, at: now) else { return nil }
        return .opened(
            name: newest.name, position: newest.position, byteCount: try volume.file.size())
    }

    private mutating func volume(
        _ name: String, at now: Instant
    ) throws(SystemError) -> Volume? {
        if let (_, volume) = volumes.first(where: { $0.name == name }) {
            volume.lastUse = now
            return volume
        }
        // A name of another kind must reach no other file.
        guard SnapshotDescription.last(ofFileNamed: name) != nil else { return nil }
        let volume = Volume(try directory.open(name), at: now)
        if volumes.count == BackupShelf.volumeLimit {
            let oldest = volumes.indices.min {
                volumes[$0].volume.lastUse < volumes[$1].volume.lastUse
            }
            if let oldest { volumes.remove(at: oldest) }
        }
        volumes.append((name, volume))
        return volume
    }
}
