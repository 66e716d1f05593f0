import Journal
import Linux
import Server

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
    func write(_ identity: Journal.Identity) throws {
        try write { try $0.format(identity) }
    }

    /// The same with more than a node's first files; `fill` writes them all. What another attempt
    /// left half made is cleared away, and so is this one if it fails.
    func write(_ fill: (borrowing DataDirectory) throws -> Void) throws {
        parent.removeDrafts(of: name)
        let draft = DraftName.draw(for: name)
        do {
            let directory = try DataDirectory(creatingAt: "\(parent.path)/\(draft)")
            try fill(directory)
            try parent.rename(draft, to: name)
        } catch {
            try? parent.removeDirectory(draft)
            throw error
        }
        try parent.synchronize()
    }
}
