import Basics
import HTTP
import Keyring
import KeyclaveClient
import Linux

/// `keyclave import`.
struct ImportRun {
    var invocation: Invocation
    var surroundings: Surroundings

    private static let fileLimit = 1 << 30

    func run() throws -> ExitCode {
        let file = try read()
        guard file.complaints.isEmpty else { return try refuse(file.complaints) }
        guard !file.rows.isEmpty else { throw LocalError(message: "there is no key in the file") }
        let parts = Self.parts(file.rows)
        guard parts.count == 1 || invocation.has("in-parts") else {
            throw LocalError(
                message:
                    "\(file.rows.count) keys are more than the \(Bounds.keysPerImport) that one "
                    + "entry of the log takes, all or none; --in-parts imports them in as many "
                    + "entries as that takes, each of them all or none")
        }
        var session = try Session(invocation: invocation, surroundings: surroundings)
        guard let account = try session.account(isNeeded: true) else { return .localError }
        var (wanted, complaints) = ([[ImportRow]](), [ImportComplaint]())
        for part in parts {
            let found = try check(part, account, session)
            if parts.count > 1, found.count == part.count, found.allSatisfy(Self.isThere) {
                surroundings.tell(
                    "lines \(part[0].line) to \(part[part.count - 1].line) are there already\n")
                continue
            }
            wanted.append(part)
            complaints += found.map { item in
                ImportComplaint(line: part[item.place].line, reason: Self.text(of: item.reason))
            }
        }
        guard complaints.isEmpty else { return try refuse(complaints) }
        if invocation.has("dry-run") {
            return try show(imported: 0, of: file.rows.count, entries: 0, index: nil)
        }
        return try send(wanted, account, session, of: file.rows.count)
    }

    private func read() throws -> ImportFile {
        let path = invocation.required("file")
        let bytes =
            path == "-"
            ? Array(surroundings.readInput().utf8)
            : try Self.contents(of: surroundings.absolutePath(path))
        let form =
            invocation.text("format").flatMap(ImportFile.Form.init)
            ?? ImportFile.form(of: bytes)
        return ImportFile(bytes, form: form, areForeign: invocation.has("foreign"))
    }

    private static func contents(of path: String) throws(LocalError) -> [UInt8] {
        do throws(SystemError) {
            let file = try File(reading: path)
            return try file.contents(limit: fileLimit)
        } catch {
            throw LocalError(message: "\(error)")
        }
    }

    static func parts(_ rows: [ImportRow]) -> [[ImportRow]] {
        stride(from: 0, to: rows.count, by: Bounds.keysPerImport).map {
            Array(rows[$0..<min($0 + Bounds.keysPerImport, rows.count)])
        }
    }

    // MARK: - The server

    private typealias Fault = (place: Int, reason: String)

    private static func isThere(_ fault: Fault) -> Bool { fault.reason == "digest_taken" }

    private func body(_ part: [ImportRow], _ account: String) -> String {
        JSONValue.object([
            .init("account", .string(account)), .init("keys", .array(part.map(\.json))),
        ]).compactText
    }

    /// Everything that is wrong with a part by what the store holds now.
    private func check(
        _ part: [ImportRow], _ account: String, _ session: Session
    ) throws -> [Fault] {
        let answer = try session.client.send(
            ClientRequest(
                method: .post, path: "/v1/imports?check=true",
                authorization: try session.token(), body: body(part, account), isSafe: true)
        ).json()
        return Self.faults(answer)
    }

    private static func faults(_ answer: JSONValue?) -> [Fault] {
        (answer?["faults"]?.array ?? []).compactMap { item in
            guard let place = item["place"]?.number, let reason = item["reason"]?.string else {
                return nil
            }
            return (Int(clamping: place), reason)
        }
    }

    private func send(
        _ parts: [[ImportRow]], _ account: String, _ session: Session, of all: Int
    ) throws -> ExitCode {
        var progress = Progress("imported", surroundings)
        var imported = 0
        var index: UInt64?
        for part in parts {
            // An id for each: a repeated attempt imports nothing twice.
            let id = parts.count == 1 ? session.idempotencyKey : IdempotencyKeys.next()
            do throws(ClientError) {
                let answer = try session.client.send(
                    ClientRequest(
                        method: .post, path: "/v1/imports",
                        authorization: (try? session.token()) ?? "",
                        body: body(part, account), idempotencyKey: id))
                index = answer.field("x-keyclave-index").flatMap { UInt64($0) }
            } catch {
                if imported > 0 {
                    surroundings.tell(
                        "\(imported) keys are imported, those before line \(part[0].line); the same "
                            + "command goes on from there\n")
                }
                // The store has changed since it was asked.
                guard case .refused(let problem) = error, problem.code == "import_refused" else {
                    throw error
                }
                return try refuse(
                    Self.faults(problem.members).map { item in
                        ImportComplaint(
                            line: part[item.place].line, reason: Self.text(of: item.reason))
                    })
            }
            imported += part.count
            progress.tell(imported, of: all, unit: "keys")
        }
        return try show(imported: imported, of: all, entries: parts.count, index: index)
    }

    // MARK: - What is said

    /// Every line that is wrong, with its number, and the code of a refusal.
    private func refuse(_ complaints: [ImportComplaint]) throws -> ExitCode {
        if invocation.required("output") == "json" {
            let items = complaints.map { complaint in
                JSONValue.object([
                    .init("line", .number(UInt64(complaint.line))),
                    .init("reason", .string(complaint.reason)),
                ])
            }
            try surroundings.print(
                JSONValue.object([.init("faults", .array(items))]).prettyText + "\n")
        } else {
            let lines = complaints.map { "line \($0.line): \($0.reason)\n" }
            try surroundings.print(lines.joined())
        }
        surroundings.tell("\(complaints.count) lines can't be imported, and nothing was.\n")
        return .refused
    }

    private func show(
        imported: Int, of all: Int, entries: Int, index: UInt64?
    ) throws(LocalError) -> ExitCode {
        let answer = JSONValue.object([
            .init("keys", .number(UInt64(all))), .init("imported", .number(UInt64(imported))),
            .init("entries", .number(UInt64(entries))),
            .init("index", index.map { .number($0) } ?? .null),
        ])
        try surroundings.print(
            invocation.required("output") == "json"
                ? answer.prettyText + "\n" : TableText(columns: []).text(of: answer))
        return .done
    }

    static func text(of reason: String) -> String {
        switch reason {
        case "user_not_found": "the account has no such user"
        case "api_not_found": "there is no such API"
        case "digest_taken": "a key with this digest is there already"
        case "digest_repeated": "an earlier key has this digest"
        case "key_limit": "the user would have more keys than are allowed"
        case "active_key_limit": "the user would have more active keys than are allowed"
        default: reason
        }
    }
}
