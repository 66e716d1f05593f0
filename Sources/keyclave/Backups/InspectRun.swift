import Basics
import HTTP
import Keyring
import KeyclaveClient
import Linux
import Server

/// `keyclave inspect`: what a backup, a snapshot file or a stopped node's directory holds.
struct InspectRun {
    var invocation: Invocation
    var surroundings: Surroundings

    func run() throws -> ExitCode {
        let path = surroundings.absolutePath(invocation.required("file"))
        var members: [JSONValue.Member]
        if (try? Directory(at: path)) != nil {
            members = try directory(path)
        } else {
            members = try file(path)
        }
        members.insert(.init("path", .string(path)), at: 0)
        let answer = JSONValue.object(members)
        try surroundings.print(
            invocation.required("output") == "json"
                ? answer.prettyText + "\n" : TableText(columns: []).text(of: answer))
        return .done
    }

    private func file(_ path: String) throws -> [JSONValue.Member] {
        var progress = Progress("checked", surroundings)
        let file = try BackupFile.read(path, digesting: true) {
            progress.tell($0 >> 20, of: $1 >> 20, unit: "MiB")
        }
        let contents = file.contents
        var members: [JSONValue.Member] = [
            .init("kind", .string(contents.header == nil ? "snapshot" : "backup")),
            .init("checksums", .string("verified")),
            .init("bytes", .number(UInt64(contents.byteCount))),
            .init("sha256", file.fileDigest.map { .string($0.hex) } ?? .null),
            .init("snapshot_sha256", .string(contents.digest.hex)),
        ]
        if let header = contents.header {
            members.append(.init("made_at", .string(RFC3339.text(header.madeAt))))
            members.append(.init("format", .number(UInt64(header.formatVersion))))
        }
        members += position(
            ClusterID(stored: contents.clusterID), contents.last.index, contents.last.term,
            contents.time)
        let ids = contents.configuration.members.map { JSONValue.string("\($0.id)") }
        members.append(.init("members", .array(ids)))
        return members + counts(contents.summary)
    }

    private func directory(_ path: String) throws -> [JSONValue.Member] {
        let lost = try WaitingLine(surroundings).during("reading") { try Self.open(path) }
        let contents = lost.contents
        var members: [JSONValue.Member] = [
            .init("kind", .string("data directory")), .init("checksums", .string("verified")),
            .init("node", .string("\(lost.identity.node)")),
        ]
        members += position(
            ClusterID(stored: lost.identity.clusterID), contents.last.index, contents.last.term,
            contents.time)
        let ids = contents.configuration.members.map { JSONValue.string("\($0.id)") }
        members.append(.init("members", .array(ids)))
        return members + counts(contents.summary)
    }

    private static func open(_ path: String) throws -> LostCluster {
        guard try Directory(at: path).names().contains(where: { $0.hasPrefix("identity") }) else {
            throw LocalError(
                message: "\(path) is a directory, but no node's: the file “identity” isn't in it")
        }
        do throws(DataDirectoryRefusal) {
            return try LostCluster(at: path)
        } catch {
            throw LocalError(message: error.description)
        }
    }

    private func position(
        _ cluster: ClusterID, _ index: LogIndex, _ term: Term, _ time: Timestamp
    ) -> [JSONValue.Member] {
        [
            .init("cluster_id", .string("\(cluster)")), .init("index", .number(index.rawValue)),
            .init("term", .number(term.rawValue)), .init("log_time", .string(RFC3339.text(time))),
        ]
    }

    private func counts(_ summary: StateSummary) -> [JSONValue.Member] {
        func number(_ count: Int) -> JSONValue { .number(UInt64(count)) }
        let settings = Keyring.Setting.allCases.map { setting in
            JSONValue.Member(
                setting.name, .number(UInt64(summary.settings[keyPath: setting.path])))
        }
        return [
            .init("accounts", number(summary.accounts)), .init("users", number(summary.users)),
            .init("active_keys", number(summary.activeKeys)),
            .init("inactive_keys", number(summary.inactiveKeys)),
            .init("dead_keys", number(summary.deadKeys)),
            .init("limits", number(summary.limits)), .init("pools", number(summary.pools)),
            .init("open_holds", number(summary.openHolds)),
            .init("tokens", number(summary.tokens)),
            .init("operator_tokens", number(summary.operatorTokens)),
            .init("idempotency_records", number(summary.idempotencyRecords)),
            .init("audit_records", number(summary.auditRecords)),
            .init("apis", .array(summary.apis.map { .string($0.slug) })),
            .init("settings", .object(settings)),
        ]
    }
}

extension BackupFile {
    /// As a command reads it.
    static func read(
        _ path: String, digesting: Bool = false, progress: (Int, Int) -> Void
    ) throws(LocalError) -> BackupFile {
        do throws(Refusal) {
            return try BackupFile(at: path, digesting: digesting, progress: progress)
        } catch {
            throw LocalError(message: error.description)
        }
    }
}
