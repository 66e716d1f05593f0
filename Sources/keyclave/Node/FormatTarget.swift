import Glibc
import Journal
import Linux

/// A path in two parts.
enum Path {
    /// The directory and the name in it, of an absolute path to something other than the root.
    static func split(_ path: String) -> (directory: String, name: String) {
        let parts = path.split(separator: "/")
        return ("/" + parts.dropLast().joined(separator: "/"), String(parts.last ?? ""))
    }
}

/// The directory that `format` makes: whole under its name, or not at all.
struct FormatTarget: ~Copyable {
    private let path: String
    private let name: String
    private let parent: Directory

    init(_ path: String) throws(SystemError) {
        let parts = Path.split(path)
        self.path = path
        name = parts.name
        parent = try Directory(at: parts.directory)
    }

    /// True if there is nothing at all, or an empty directory.
    func isEmpty() throws(SystemError) -> Bool {
        guard try parent.names().contains(name) else { return true }
        return try Directory(at: path).names().isEmpty
    }

    /// Writes a node's first files beside the target and renames the directory into place, so that
    /// a crash leaves nothing that looks like a node's data.
    func write(_ identity: Journal.Identity) throws(SystemError) {
        let draft = name + ".incomplete"
        let directory = try Directory(creatingAt: path + ".incomplete")
        guard try directory.lock() else {
            throw SystemError(call: "flock", code: EBUSY, subject: directory.path)
        }
        for leftover in try directory.names() { try directory.remove(leftover) }
        for operation in identity.format() { try perform(operation, in: directory) }
        try parent.rename(draft, to: name)
        try parent.synchronize()
    }

    private func perform(
        _ operation: DiskOperation, in directory: borrowing Directory
    ) throws(SystemError) {
        switch operation {
        case .create(let name, let bytes): try directory.create(name).preallocate(bytes)
        case .write(let name, let offset, let bytes):
            try directory.open(name).write(bytes, at: offset)
        case .sync(let name): try directory.open(name).synchronize()
        case .rename(let old, let new): try directory.rename(old, to: new)
        case .syncDirectory: try directory.synchronize()
        case .delete(let name): try directory.remove(name)
        }
    }
}
