import Basics

/// A key of another store, in that one's form.
struct ForeignKey: Sendable {
    var text: String
    var digest: String
    /// Where it stands in its file, from 0.
    var place: Int

    init(_ number: Int) {
        let tail = String(number)
        text = "sk_live_" + String(repeating: "x", count: 24 - tail.count) + tail
        digest = SHA256.digest(of: Array(text.utf8)).hex
        place = number - 1
    }

    /// Every third of a file is inactive.
    var isActive: Bool { place % 3 != 2 }

    /// Writes a table of keys, every third of which Bob has, and the others Ada.
    static func write(_ keys: [ForeignKey], to file: String) throws {
        var text = "user,api,name,digest,suffix,foreign,active\n"
        for key in keys {
            let user = key.place % 3 == 1 ? "bob@example.com" : "ada@example.com"
            text += "\(user),rest,key \(key.place),\(key.digest),\(key.text.suffix(4)),true,"
            text += "\(key.isActive)\n"
        }
        try Files.write(text, to: file)
    }
}
