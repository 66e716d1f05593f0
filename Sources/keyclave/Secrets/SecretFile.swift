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
        let bytes: [UInt8]
        do {
            let file = try File(reading: path)
            guard try file.isPrivate() else {
                throw LocalError(message: "\(path) can be read by others: chmod 600 \(path)")
            }
            bytes = try file.contents(limit: 4096)
        } catch let error as SystemError {
            throw LocalError(message: "\(error)")
        }
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
        try file.write()
        return file
    }

    /// Puts it in place: whole, and never with others' permissions.
    func write() throws {
        let (directory, name) = Path.split(path)
        let place = try Directory(at: directory)
        let draft = name + ".incomplete"
        if try place.names().contains(draft) { try place.remove(draft) }
        let file = try place.create(draft)
        let text = secrets.map { $0 + "\n" }.joined()
        try file.write(Array(text.utf8), at: 0)
        try file.synchronize()
        try place.rename(draft, to: name)
        try place.synchronize()
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
