import HTTP
import Keyring
import Server

/// Keys of a file that go into one entry of the log: lines that follow each other.
struct ImportPart {
    /// Among the parts of the file, from zero on.
    var number = 0
    /// The place of its first row among those of the file.
    var start = 0
    var rows: [ImportRow]

    var places: Range<Int> { start..<start + rows.count }

    var lines: ClosedRange<Int> { rows[0].line...rows[rows.count - 1].line }

    /// What is sent, and what is checked.
    func body(for account: String) -> String {
        JSONValue.object([
            .init("account", .string(account)), .init("keys", .array(rows.map(\.json))),
        ]).compactText
    }

    /// The file in its order: as one part if an entry takes it, else in smaller ones, since nothing
    /// is gained by large ones then. The same file gives the same parts.
    static func cut(_ rows: [ImportRow]) -> [ImportPart] {
        guard !rows.isEmpty, !ImportSize(of: rows).fitsEntry else {
            return rows.isEmpty ? [] : [ImportPart(rows: rows)]
        }
        var parts: [ImportPart] = []
        var size = ImportSize()
        var start = 0
        for (place, row) in rows.enumerated() {
            let own = ImportSize(of: row)
            if place > start, !(size + own).fitsPart {
                parts.append(
                    ImportPart(
                        number: parts.count, start: start, rows: Array(rows[start..<place])))
                start = place
                size = ImportSize()
            }
            size = size + own
        }
        let rest = ImportPart(number: parts.count, start: start, rows: Array(rows[start...]))
        return parts + [rest]
    }
}

/// What keys take in a request and in the log, at most.
struct ImportSize {
    var count = 0
    var entryBytes = 0
    var bodyBytes = 0

    init() {}

    init(of rows: some Sequence<ImportRow>) {
        self = rows.reduce(ImportSize()) { $0 + ImportSize(of: $1) }
    }

    init(of row: ImportRow) {
        count = 1
        let text = row.user.utf8.count + row.name.utf8.count
        entryBytes = Self.entryBytesBesideText + text
        // A character that JSON escapes here becomes two.
        let expiry = row.expiresAt.isEmpty ? 0 : Self.bodyBytesOfExpiry
        bodyBytes = Self.bodyBytesBesideText + expiry + 2 * text
    }

    /// Of a key, whatever it is: ids, digest, lengths, and in the body the names of the members.
    private static let entryBytesBesideText = 96
    private static let bodyBytesBesideText = 240
    private static let bodyBytesOfExpiry = 56

    static func + (left: ImportSize, right: ImportSize) -> ImportSize {
        var sum = left
        sum.count += right.count
        sum.entryBytes += right.entryBytes
        sum.bodyBytes += right.bodyBytes
        return sum
    }

    /// Of all that surrounds the keys.
    private static let frameBytes = 4096

    /// A node is busy with an entry until all of it is applied, and hears no heartbeat meanwhile;
    /// where processors are scarce, large entries one after the other cost one election each.
    private static let keysPerPart = 1_000
    private static let bytesPerPart = 256 << 10

    var fitsPart: Bool { count <= Self.keysPerPart && entryBytes <= Self.bytesPerPart }

    /// A question keeps a node as busy. No user has more keys than this.
    var fitsCheck: Bool { count <= 2 * Self.keysPerPart && fitsRequest }

    var fitsRequest: Bool {
        count <= Bounds.keysPerImport
            && bodyBytes + Self.frameBytes <= ImportLimits.bodyBytes
    }

    var fitsEntry: Bool {
        fitsRequest && entryBytes + Self.frameBytes <= ImportLimits.entryBytes
    }
}
