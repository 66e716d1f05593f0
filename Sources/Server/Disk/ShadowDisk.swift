#if SHADOW_DISK
import Glibc
import Journal
import Linux

/// A second directory that receives only what was synced: what a power cut would have left.
///
/// Killing a process keeps the kernel's page cache, so it proves nothing about syncs. A test kills
/// the node and starts it again from here instead. The strictest reading of POSIX is taken:
/// a file's bytes arrive with its own sync, names with the directory's.
///
/// Contents live in `PATH.contents`, named by number, and are linked into `PATH` under the names
/// that were made durable.
final class ShadowDisk: Sendable {
    private struct State {
        var nextNumber = 0
        /// The numbers of the files that the node sees under each name.
        var live: [String: Int] = [:]
        /// And those that a power cut would leave.
        var durable: [String: Int] = [:]
        /// Writes since the last sync of each file.
        var unsynced: [Int: [(offset: Int, bytes: [UInt8])]] = [:]
    }

    private let path: String
    private let state = Locked(State())

    /// Makes the directories and copies what `original` holds, all of which must be on the disk.
    init(at path: String, copying original: String) throws(SystemError) {
        self.path = path
        let shadow = try Directory(creatingAt: path)
        let contents = try Directory(creatingAt: "\(path).contents")
        for name in try shadow.names() { try shadow.remove(name) }
        for name in try contents.names() { try contents.remove(name) }
        let source = try Directory(at: original)
        var initial = State()
        for name in try source.names() {
            let file: File
            do throws(SystemError) { file = try source.open(name) } catch { continue }
            let bytes = try file.contents(limit: 1 << 40)
            let number = initial.nextNumber
            initial.nextNumber += 1
            try contents.create(String(number)).write(bytes, at: 0)
            initial.live[name] = number
        }
        ShadowDisk.materialize(&initial, path)
        let copied = initial
        state.withLock { $0 = copied }
    }

    /// Notes an operation that the real directory has just performed.
    func note(_ operation: DiskOperation) throws(SystemError) {
        var trouble: SystemError?
        state.withLock { state in
            do throws(SystemError) { try note(operation, &state) } catch { trouble = error }
        }
        if let trouble { throw trouble }
    }

    private func note(_ operation: DiskOperation, _ state: inout State) throws(SystemError) {
        switch operation {
        case .create(let name, let count):
            let number = state.nextNumber
            state.nextNumber += 1
            _ = try contents().create(String(number))
            state.live[name] = number
            state.unsynced[number] = count > 0 ? [(count - 1, [0])] : []
        case .write(let name, let offset, let bytes):
            guard let number = state.live[name] else { return }
            state.unsynced[number, default: []].append((offset, bytes))
        case .sync(let name):
            guard let number = state.live[name] else { return }
            let file = try contents().open(String(number))
            for write in state.unsynced.removeValue(forKey: number) ?? [] {
                try file.write(write.bytes, at: write.offset)
            }
        case .rename(from: let old, to: let new):
            state.live[new] = state.live.removeValue(forKey: old)
        case .delete(let name):
            state.live[name] = nil
        case .syncDirectory:
            ShadowDisk.materialize(&state, path)
        }
    }

    private func contents() throws(SystemError) -> Directory {
        try Directory(at: "\(path).contents")
    }

    /// Brings the names that are durable up to what the node sees.
    private static func materialize(_ state: inout State, _ path: String) {
        for (name, number) in state.live where state.durable[name] != number {
            // Beside and then over, so that a kill in between leaves the old or the new file.
            let beside = "\(path).contents/linked"
            unlink(beside)
            precondition(link("\(path).contents/\(number)", beside) == 0, "link \(name)")
            precondition(rename(beside, "\(path)/\(name)") == 0, "rename \(name)")
        }
        for name in state.durable.keys where state.live[name] == nil { unlink("\(path)/\(name)") }
        state.durable = state.live
    }
}

extension ShadowDisk {
    /// Whether this process is the one that loses what it acknowledged, and is to be found out.
    static var environmentForbidsSyncs: Bool { getenv("KEYCLAVE_WITHOUT_SYNCS") != nil }
}
#endif
