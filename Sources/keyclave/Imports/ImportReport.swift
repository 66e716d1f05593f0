import HTTP
import Keyring

/// What became of a file.
struct ImportReport {
    /// Keys of the file, whatever became of them.
    var count: Int
    var isDryRun = false
    /// The lines whose keys this run imported, and those whose keys were there already.
    private var imported: [Lines] = []
    private var present: [Lines] = []
    private var presentParts: Set<Int> = []
    private(set) var importedCount = 0
    private(set) var presentCount = 0
    private(set) var entryCount = 0
    private(set) var index: UInt64?
    var complaints: [ImportComplaint] = []

    /// The lines of parts that follow each other.
    private struct Lines {
        var lines: ClosedRange<Int>
        var lastPart: Int
    }

    init(count: Int, isDryRun: Bool = false) {
        self.count = count
        self.isDryRun = isDryRun
    }

    mutating func noteImported(_ part: ImportPart, at index: UInt64?) {
        Self.add(part, to: &imported)
        importedCount += part.rows.count
        entryCount += 1
        self.index = index
    }

    mutating func notePresent(_ part: ImportPart) {
        Self.add(part, to: &present)
        presentParts.insert(part.number)
        presentCount += part.rows.count
    }

    /// Whether a part was there before.
    func holds(_ part: ImportPart) -> Bool { presentParts.contains(part.number) }

    private static func add(_ part: ImportPart, to all: inout [Lines]) {
        guard let last = all.last, last.lastPart + 1 == part.number else {
            return all.append(Lines(lines: part.lines, lastPart: part.number))
        }
        all[all.count - 1] = Lines(
            lines: last.lines.lowerBound...part.lines.upperBound, lastPart: part.number)
    }

    /// For people: without the lists that are empty.
    var table: JSONValue {
        guard case .object(let members) = json else { return json }
        return .object(members.filter { $0.value != .array([]) })
    }

    /// For programs.
    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("keys", .number(UInt64(count))), .init("dry_run", .bool(isDryRun)),
            .init("imported", .number(UInt64(importedCount))),
            .init("there_already", .number(UInt64(presentCount))),
            .init("entries", .number(UInt64(entryCount))),
            .init("index", index.map { .number($0) } ?? .null),
            .init("imported_lines", Self.json(imported)),
            .init("lines_there_already", Self.json(present)),
            .init("fault_count", .number(UInt64(complaints.count))),
        ]
        guard !complaints.isEmpty else { return .object(members) }
        let faults = complaints.map { complaint in
            JSONValue.object([
                .init("line", .number(UInt64(complaint.line))),
                .init("code", .string(complaint.code)),
                .init("reason", .string(complaint.reason)),
            ])
        }
        members.append(.init("faults", .array(faults)))
        return .object(members)
    }

    /// Every line that is wrong, with its number. Words of the file may be among the reasons.
    var faultText: String {
        complaints.map { "line \($0.line): \(TableText.cell(.string($0.reason)))\n" }.joined()
    }

    /// What is in the store of a file that isn't in it as a whole.
    var standing: String {
        guard importedCount + presentCount > 0 else { return "nothing was imported" }
        var parts: [String] = []
        if importedCount > 0 {
            parts.append("\(importedCount) keys were imported (lines \(Self.text(imported)))")
        }
        if presentCount > 0 {
            parts.append("\(presentCount) were there before (lines \(Self.text(present)))")
        }
        return parts.joined(separator: ", ") + ", and none of the other lines"
    }

    private static func json(_ all: [Lines]) -> JSONValue {
        .array(all.map { .string("\($0.lines.lowerBound)-\($0.lines.upperBound)") })
    }

    private static func text(_ all: [Lines]) -> String {
        all.map { "\($0.lines.lowerBound) to \($0.lines.upperBound)" }.joined(separator: ", ")
    }
}

extension ImportFault {
    /// What is wrong, for people.
    var text: String {
        switch self {
        case .userNotFound: "the account has no such user"
        case .apiNotFound: "there is no such API"
        case .digestTaken: "a key with this digest is there already"
        case .digestRepeated: "an earlier key has this digest"
        case .keyLimit: "the user would have more keys than are allowed"
        case .activeKeyLimit: "the user would have more active keys than are allowed"
        case .expiryPassed: "the key would have expired already"
        }
    }

    init?(code: String) {
        guard let fault = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = fault
    }
}
