import Basics
import HTTP
import Journal
import KeyclaveClient
import Linux

/// `keyclave backup`.
struct BackupRun {
    var invocation: Invocation
    var surroundings: Surroundings

    /// What a node has opened.
    private struct Opened {
        var id: String
        var node: String
        var index: UInt64
        var bytes: UInt64
        var format: UInt32
    }

    /// Snapshots are deleted when there are newer ones, and a node that was restarted has none
    /// open: then the copy begins anew.
    private static let attempts = 3

    func run() throws -> ExitCode {
        let path = surroundings.absolutePath(invocation.required("file"))
        var last: any Error = LocalError(message: "no node was asked")
        for endpoint in try Session(invocation: invocation, surroundings: surroundings)
            .client.endpoints
        {
            do {
                return try run(endpoint, to: path)
            } catch let error as ClientError {
                // The parts of a backup are all one node's, so the next is asked for all of them.
                guard error.isWorthAnotherNode else { throw error }
                last = error
            }
        }
        throw last
    }

    private func run(_ endpoint: Endpoint, to path: String) throws -> ExitCode {
        var session = try Session(invocation: invocation, surroundings: surroundings)
        var settings = session.client.settings
        // The snapshot of a large state takes its time.
        settings.answerTimeout = settings.deadline
        session.client = Client(endpoints: [endpoint], settings: settings)
        var attempt = 1
        while true {
            do {
                return try attemptOnce(&session, to: path)
            } catch let error as ClientError {
                guard error.isGone, attempt < Self.attempts else { throw error }
                attempt += 1
                surroundings.tell("The node has let go of the snapshot; beginning anew.\n")
            }
        }
    }

    private func attemptOnce(_ session: inout Session, to path: String) throws -> ExitCode {
        var target = try BackupTarget(path, replaces: invocation.has("force"))
        let opened = try open(&session)
        try copy(opened, session, to: &target)
        try target.finish()
        try show(opened, path, target.byteCount)
        return .done
    }

    private func open(_ session: inout Session) throws -> Opened {
        let request = ClientRequest(
            method: .post, path: "/v1/cluster/backups", authorization: try session.token(),
            isSafe: true)
        let answer = try session.send(request, saying: "waiting for the snapshot").json()
        guard let id = answer?["id"]?.string, let node = answer?["node"]?.string,
            let index = answer?["index"]?.number, let bytes = answer?["bytes"]?.number,
            let format = answer?["format"]?.number
        else { throw ClientError.malformedAnswer("that is no backup") }
        return Opened(
            id: id, node: node, index: index, bytes: bytes, format: UInt32(clamping: format))
    }

    /// Takes the parts one after the other, and checks them on their way to the disk.
    private func copy(
        _ opened: Opened, _ session: Session, to target: inout BackupTarget
    ) throws {
        var scanner = BackupScanner()
        var progress = Progress("copied", surroundings)
        let header = BackupHeader(
            formatVersion: opened.format, snapshotBytes: opened.bytes, madeAt: Clocks.wall())
        try put(header.encoded(), &scanner, &target)
        var offset = 0
        while offset < Int(clamping: opened.bytes) {
            let path =
                "/v1/cluster/backups/\(OperationRunner.percentEncoded(opened.id))?offset=\(offset)"
            let part = try session.send(
                ClientRequest(
                    method: .get, path: path, authorization: try session.token(), isSafe: true)
            ).body
            guard !part.isEmpty else {
                throw LocalError(message: "\(opened.node) gave \(offset) bytes only")
            }
            offset += part.count
            try put(part, &scanner, &target)
            progress.tell(offset >> 20, of: Int(clamping: opened.bytes >> 20), unit: "MiB")
        }
        do {
            _ = try scanner.finish()
        } catch {
            throw LocalError(message: "what \(opened.node) gave is \(error)")
        }
    }

    private func put(
        _ bytes: [UInt8], _ scanner: inout BackupScanner, _ target: inout BackupTarget
    ) throws {
        do throws(BackupRefusal) {
            _ = try scanner.take(bytes[...])
        } catch {
            throw LocalError(message: "what the node gave is \(error)")
        }
        try target.write(bytes)
    }

    private func show(_ opened: Opened, _ path: String, _ byteCount: Int) throws(LocalError) {
        let answer = JSONValue.object([
            .init("file", .string(path)), .init("node", .string(opened.node)),
            .init("index", .number(opened.index)), .init("bytes", .number(UInt64(byteCount))),
        ])
        try surroundings.print(
            invocation.required("output") == "json"
                ? answer.prettyText + "\n" : TableText(columns: []).text(of: answer))
        surroundings.tell(
            "It holds the digests of all keys and tokens, and everybody's names and addresses: "
                + "keep it where nobody else reads it.\n")
    }
}

extension ClientError {
    /// The node doesn't have what it had.
    fileprivate var isGone: Bool {
        if case .refused(let problem) = self { problem.status == 404 } else { false }
    }

    /// Nobody answered, or a node can't serve now.
    fileprivate var isWorthAnotherNode: Bool {
        switch self {
        case .unreachable: true
        case .refused(let problem): problem.status == 503
        case .outcomeUnknown, .malformedAnswer, .cancelled, .overloaded, .invalidSettings: false
        }
    }
}
