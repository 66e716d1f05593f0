import HTTP
import Keyring
import KeyclaveClient
import Linux

/// `keyclave import`.
///
/// Laws:
/// - Before the first key is imported every line was checked: by itself, within the file, against
///   the store, and against the caps with all keys of the file together.
/// - One entry of the log holds a part: all of it or nothing. A file of one part is all or nothing.
/// - Parts are imported in the order of the file, each under an id that is the digest of what it
///   is. So what is there after any interruption are the parts up to some line, whole, and the
///   same command goes on from there; nothing is done twice.
/// - A part that is there is passed over only if all of its keys are this account's, of the same
///   users and APIs. A part of which some keys are there is another file's, and refused.
/// - What is said of a file that isn't in as a whole names the lines that are.
struct ImportRun {
    var invocation: Invocation
    var surroundings: Surroundings

    private static let fileLimit = 1 << 30
    /// Refusals remembered for one part whose reasons have gone, one after the other.
    private static let attempts = 8

    func run() throws -> ExitCode {
        let file = try WaitingLine(surroundings).during("reading", read)
        var report = ImportReport(count: file.rows.count, isDryRun: invocation.has("dry-run"))
        guard file.complaints.isEmpty else { return try refuse(file.complaints, &report) }
        guard !file.rows.isEmpty else { throw LocalError(message: "there is no key in the file") }
        let parts = ImportPart.cut(file.rows)
        guard parts.count == 1 || invocation.has("in-parts") else {
            throw LocalError(
                message: "\(file.rows.count) keys are more than one entry of the log takes, all or "
                    + "none: \(Bounds.keysPerImport), or fewer with long names. --in-parts imports "
                    + "them in \(parts.count) parts, each of them all or none")
        }
        let session = try Session(invocation: invocation, surroundings: surroundings)
        guard let store = try ImportStore(session) else { return .localError }
        let complaints = try check(parts, file.rows, store, &report)
        guard complaints.isEmpty else { return try refuse(complaints, &report) }
        if !report.isDryRun {
            var progress = Progress("imported", surroundings)
            for part in parts where !report.holds(part) {
                let found = try send(part, of: parts.count, store, &report)
                guard found.isEmpty else { return try refuse(found, &report) }
                progress.tell(part.places.upperBound, of: report.count, unit: "keys")
            }
        }
        return try show(report)
    }

    private func read() throws -> ImportFile {
        let path = invocation.required("file")
        let bytes =
            path == "-"
            ? surroundings.readInput() : try Self.contents(of: surroundings.absolutePath(path))
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

    // MARK: - Before anything is changed

    /// Everything that is wrong by what the store holds. Notes the parts that are there.
    private func check(
        _ parts: [ImportPart], _ rows: [ImportRow], _ store: ImportStore,
        _ report: inout ImportReport
    ) throws -> [ImportComplaint] {
        let faults = try store.faults(of: rows)
        var complaints = faults.filter { !$0.isTaken }.map { Self.complaint($0, rows) }
        let taken = Set(faults.filter(\.isTaken).map(\.place))
        guard !taken.isEmpty else { return complaints }
        let whole = parts.filter { part in part.places.allSatisfy(taken.contains) }
        let places = whole.flatMap(\.places)
        let same = places.isEmpty ? [] : try store.areTheSame(places.map { rows[$0] })
        let others = Set(zip(places, same).filter { !$0.1 }.map(\.0))
        for part in parts {
            let there = part.places.filter(taken.contains)
            if there.isEmpty { continue }
            if there.count == part.rows.count, others.isDisjoint(with: there) {
                report.notePresent(part)
                continue
            }
            complaints += there.compactMap { place in
                guard there.count < part.rows.count || others.contains(place) else { return nil }
                let isAnothers = there.count == part.rows.count
                return ImportComplaint(
                    line: rows[place].line, code: ImportFault.digestTaken.code,
                    reason: ImportFault.digestTaken.text
                        + (isAnothers
                            ? ", another's or revoked" : parts.count > 1 ? Self.notWhole(part) : "")
                )
            }
        }
        return complaints.sorted()
    }

    private static func notWhole(_ part: ImportPart) -> String {
        ", and not all of lines \(part.lines.lowerBound) to \(part.lines.upperBound), which are "
            + "imported together: an earlier import was of another file"
    }

    private static func complaint(
        _ fault: ImportStore.Fault, _ rows: [ImportRow]
    ) -> ImportComplaint {
        let reason = ImportFault(code: fault.code)?.text ?? fault.detail ?? fault.code
        return ImportComplaint(line: rows[fault.place].line, code: fault.code, reason: reason)
    }

    // MARK: - The import

    /// Imports a part. Returns what the store, which has changed since it was asked, says against
    /// it now.
    private func send(
        _ part: ImportPart, of count: Int, _ store: ImportStore, _ report: inout ImportReport
    ) throws -> [ImportComplaint] {
        let body = part.body(for: store.account)
        let given = invocation.text("id")
        for attempt in 0..<Self.attempts {
            // A single part bears the very id that it is given.
            let id =
                count == 1
                ? given ?? ImportStore.id(of: body, given: nil, attempt: attempt)
                : ImportStore.id(of: body, given: given, attempt: attempt)
            do {
                report.noteImported(part, at: try store.send(body, id: id))
                return []
            } catch ClientError.refused(let problem) where problem.code == "import_refused" {
                // It tells the first 500 faults, of now or of when it was remembered.
                let faults = try store.faults(of: part.rows)
                guard faults.isEmpty else {
                    return faults.map { Self.complaint($0, part.rows) }
                }
                guard count > 1 || given == nil else {
                    throw LocalError(
                        message: "under this id the import was refused before, for what isn't "
                            + "wrong any more: give another --id, or none")
                }
            } catch {
                throw stopped(error, at: part, report)
            }
        }
        throw stopped(
            LocalError(
                message: "the import was refused \(Self.attempts) times for nothing that is "
                    + "wrong"), at: part, report)
    }

    /// Says what is in, and returns the error to end with.
    private func stopped(
        _ error: any Error, at part: ImportPart, _ report: ImportReport
    ) -> any Error {
        let lines = "lines \(part.lines.lowerBound) to \(part.lines.upperBound)"
        let standing = report.standing
        if case ClientError.outcomeUnknown(_, let reason)? = error as? ClientError {
            return LocalError(
                message: "whether \(lines) are in isn't known (\(reason)); of the others, "
                    + "\(standing). The same command finds out, and goes on from there")
        }
        surroundings.tell("\(standing); the same command goes on with \(lines).\n")
        return error
    }

    // MARK: - What is said

    private func refuse(
        _ complaints: [ImportComplaint], _ report: inout ImportReport
    ) throws -> ExitCode {
        report.complaints = complaints
        try surroundings.print(isJSON ? report.json.prettyText + "\n" : report.faultText)
        let count = complaints.count == 1 ? "1 line" : "\(complaints.count) lines"
        surroundings.tell("\(count) can't be imported; \(report.standing).\n")
        return .refused
    }

    private func show(_ report: ImportReport) throws(LocalError) -> ExitCode {
        try surroundings.print(
            isJSON
                ? report.json.prettyText + "\n" : TableText(columns: []).text(of: report.table))
        if report.isDryRun {
            surroundings.tell("Nothing is wrong with the file, and nothing was imported.\n")
        } else if report.importedCount == 0 {
            surroundings.tell("All of these keys are there already; nothing was changed.\n")
        }
        return .done
    }

    private var isJSON: Bool { invocation.required("output") == "json" }
}
