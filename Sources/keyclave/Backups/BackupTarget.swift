import Linux

/// A file that a command writes: its owner's alone, and there as a whole or not at all.
struct BackupTarget: ~Copyable {
    private let path: String
    private let replaces: Bool
    private var draft: DraftFile
    var byteCount: Int { draft.byteCount }

    /// Refuses to replace what is there, unless told to.
    init(_ path: String, replaces: Bool) throws {
        self.path = path
        self.replaces = replaces
        draft = try BackupTarget.begin(path, replaces: replaces)
    }

    private static func begin(_ path: String, replaces: Bool) throws -> DraftFile {
        let parts = Path.split(path)
        let place = try Directory(at: parts.directory)
        // Known early, so that nobody waits for a copy that can't be put in its place.
        guard try replaces || !place.names().contains(parts.name) else { throw isThere(path) }
        return try DraftFile(parts.name, in: place)
    }

    mutating func write(_ bytes: [UInt8]) throws(SystemError) { try draft.write(bytes) }

    /// Puts the file in its place. What was made there meanwhile isn't replaced either.
    mutating func finish() throws {
        if replaces {
            try draft.finish()
        } else if try !draft.finishIfFree() {
            throw BackupTarget.isThere(path)
        }
    }

    private static func isThere(_ path: String) -> LocalError {
        LocalError(message: "\(path) is there already; --force replaces it")
    }
}
