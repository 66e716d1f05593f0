import Basics
import Linux
import Server

/// A cluster secret's file: one secret, or two on lines of their own while it is being changed.
/// The first is the one that the node presents; peers may present either.
struct SecretFile {
    let path: String
    private(set) var secrets: [String]

    /// Reads it. Throws unless nobody else may, and it holds one or two secrets.
    init(at path: String) throws {
        self.path = path
        let bytes = try PrivateFile.contents(of: path)
        let lines = String(decoding: bytes, as: UTF8.self).split { $0.isNewline }
        secrets = try lines.map { line in
            String(line.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
        }.filter { !$0.isEmpty }.map { try Self.checked($0, path) }
        guard (1...2).contains(secrets.count), Set(secrets).count == secrets.count else {
            throw LocalError(
                message: "\(path) must hold one cluster secret, or two different ones on lines of "
                    + "their own")
        }
    }

    /// The file as it would be with these secrets.
    init(at path: String, holding secrets: [String]) {
        self.path = path
        self.secrets = secrets
    }

    static func isThere(_ path: String) throws -> Bool {
        let (directory, name) = Path.split(path)
        return try Directory(at: directory).names().contains(name)
    }

    /// Makes a file with a new secret; nil if there is one.
    static func make(at path: String) throws -> SecretFile? {
        let (directory, name) = Path.split(path)
        let place = try Directory(at: directory)
        guard try !place.names().contains(name) else { return nil }
        let secret = Entropy.bytes(32).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        let file = SecretFile(at: path, holding: [secret])
        var draft = try file.draft()
        // Else another run made one meanwhile: that one it is.
        return try draft.finishIfFree() ? file : nil
    }

    /// Puts it in place: whole, and never with others' permissions.
    func write() throws {
        var draft = try draft()
        try draft.finish()
    }

    private func draft() throws -> DraftFile {
        let (directory, name) = Path.split(path)
        var draft = try DraftFile(name, in: Directory(at: directory))
        try draft.write(Array(secrets.map { $0 + "\n" }.joined().utf8))
        return draft
    }

    /// What may be shown of each, as `/v1/cluster` shows it.
    var fingerprints: [String] { secrets.map(Self.fingerprint) }

    static func fingerprint(_ secret: String) -> String {
        ClusterSecret.fingerprint(of: Array(secret.utf8))
    }

    /// Printable ASCII without spaces, and as long as a node wants it.
    private static func checked(_ secret: String, _ path: String) throws -> String {
        guard secret.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            ClusterSecret.lengths.contains(secret.utf8.count)
        else {
            throw LocalError(
                message: "the text in \(path) isn't of \(ClusterSecret.lengths.lowerBound) to "
                    + "\(ClusterSecret.lengths.upperBound) printable characters without spaces")
        }
        return secret
    }
}
