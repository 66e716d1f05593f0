import HTTP

/// A file of keys: comma-separated values under a line of names, or a JSON object a line.
struct ImportFile {
    enum Form: String {
        case csv, jsonl
    }

    private(set) var rows: [ImportRow] = []
    private(set) var complaints: [ImportComplaint] = []
    /// For rows that don't say whether they are.
    private let areForeign: Bool

    /// Reads all of it. What is wrong with a line is noted, and the next one read.
    init(_ bytes: [UInt8], form: Form, areForeign: Bool) {
        self.areForeign = areForeign
        let bytes = Self.withoutMark(bytes)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            complainOfEncoding(bytes)
            return
        }
        switch form {
        case .csv: readTable(text)
        case .jsonl: readObjects(bytes)
        }
        checkDigests()
    }

    /// The byte order mark that some programs put before UTF-8 is no part of the text.
    private static func withoutMark(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    }

    /// Nothing else is told of such a file: what would be read of it may be another's characters.
    private mutating func complainOfEncoding(_ bytes: ArraySlice<UInt8>) {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (place, text) in lines.enumerated()
        where String(validating: text, as: UTF8.self) == nil {
            complain(place + 1, "the line isn't UTF-8", "not_utf8")
        }
    }

    /// What the file must be: an object begins with a brace, a table with a name.
    static func form(of bytes: [UInt8]) -> Form {
        let first = withoutMark(bytes).first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return first == UInt8(ascii: "{") ? .jsonl : .csv
    }

    private mutating func complain(
        _ line: Int, _ reason: String, _ code: String = "malformed_line"
    ) {
        complaints.append(ImportComplaint(line: line, code: code, reason: reason))
    }

    private mutating func add(_ row: ImportRow) {
        if let complaint = row.complaint { return complain(row.line, complaint) }
        rows.append(row)
    }

    private mutating func checkDigests() {
        var lines: [String: Int] = [:]
        for row in rows {
            if let first = lines[row.digest] {
                complain(row.line, "the digest of line \(first) again", "digest_repeated")
            } else {
                lines[row.digest] = row.line
            }
        }
        complaints.sort()
    }

    // MARK: - Objects

    private mutating func readObjects(_ bytes: ArraySlice<UInt8>) {
        var line = 0
        for text in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            line += 1
            let isBlank = text.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
            if isBlank { continue }
            do throws(JSONRefusal) {
                guard case .object(let members) = try JSONValue(Array(text)) else {
                    complain(line, "not an object")
                    continue
                }
                readObject(members, line)
            } catch {
                complain(line, "not JSON: \(error)")
            }
        }
    }

    private mutating func readObject(_ members: [JSONValue.Member], _ line: Int) {
        var row = ImportRow(line: line, isForeign: areForeign)
        for member in members {
            guard let field = ImportRow.Field(rawValue: member.name) else {
                return complain(line, "“\(member.name)” isn't known")
            }
            switch (field, member.value) {
            case (.foreign, .bool(let flag)): row.isForeign = flag
            case (.active, .bool(let flag)): row.isActive = flag
            case (.suffix, .null), (.expiresAt, .null), (.userID, _): break
            case (.foreign, _), (.active, _):
                return complain(line, "\(field.rawValue) must be true or false")
            case (_, .string(let text)): row[field] = text
            default: return complain(line, "\(field.rawValue) must be a text")
            }
        }
        add(row)
    }

    // MARK: - Tables

    private mutating func readTable(_ text: String) {
        var table = CommaSeparated(text)
        guard let head = table.next() else { return }
        if let trouble = head.trouble { return complain(head.line, trouble) }
        var columns: [ImportRow.Field] = []
        for name in head.fields {
            guard let field = ImportRow.Field(rawValue: name), !columns.contains(field) else {
                return complain(head.line, "“\(name)” is no column, or one twice")
            }
            columns.append(field)
        }
        for field in ImportRow.Field.allCases where field.isRequired && !columns.contains(field) {
            return complain(head.line, "there is no column “\(field.rawValue)”")
        }
        while let record = table.next() { readRecord(record, columns) }
    }

    private mutating func readRecord(
        _ record: CommaSeparated.Record, _ columns: [ImportRow.Field]
    ) {
        if let trouble = record.trouble { return complain(record.line, trouble) }
        guard record.fields.count == columns.count else {
            return complain(
                record.line, "\(record.fields.count) fields under \(columns.count) columns")
        }
        var row = ImportRow(line: record.line, isForeign: areForeign)
        for (field, text) in zip(columns, record.fields) {
            switch field {
            case .userID: break
            case .foreign, .active:
                guard let flag = Self.flag(text, standard: field == .active || areForeign) else {
                    return complain(record.line, "\(field.rawValue) must be true or false")
                }
                if field == .active { row.isActive = flag } else { row.isForeign = flag }
            default: row[field] = text
            }
        }
        add(row)
    }

    private static func flag(_ text: String, standard: Bool) -> Bool? {
        switch text.lowercased() {
        case "true", "1", "yes": true
        case "false", "0", "no": false
        case "": standard
        default: nil
        }
    }
}

extension ImportRow {
    fileprivate subscript(field: Field) -> String {
        get { "" }
        set {
            switch field {
            case .user: user = newValue
            case .api: api = newValue
            case .name: name = newValue
            case .digest: digest = newValue.lowercased()
            case .suffix: suffix = newValue
            case .expiresAt: expiresAt = newValue
            case .foreign, .active, .userID: break
            }
        }
    }
}
