import Linux

/// A file that is there as a whole or not at all: written beside its place under another name,
/// synced and renamed.
struct BackupTarget: ~Copyable {
    private let name: String
    private let draft: String
    private let parent: Directory
    private let file: File
    private(set) var byteCount = 0

    /// Refuses to replace what is there, unless told to.
    init(_ path: String, replaces: Bool) throws {
        let parts = Path.split(path)
        let draft = parts.name + ".incomplete"
        let place = try Directory(at: parts.directory)
        let names = try place.names()
        guard replaces || !names.contains(parts.name) else {
            throw LocalError(message: "\(path) is there already; --force replaces it")
        }
        // What an attempt that was cut short has left.
        if names.contains(draft) { try place.remove(draft) }
        let made = try place.create(draft)
        name = parts.name
        self.draft = draft
        parent = place
        file = made
    }

    mutating func write(_ bytes: [UInt8]) throws(SystemError) {
        try file.write(bytes, at: byteCount)
        byteCount += bytes.count
    }

    /// Puts the file in its place.
    func finish() throws(SystemError) {
        try file.synchronize()
        try parent.rename(draft, to: name)
        try parent.synchronize()
    }

    /// Leaves nothing behind.
    func abandon() { try? parent.remove(draft) }
}
