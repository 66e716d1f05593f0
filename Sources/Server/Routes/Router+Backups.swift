import Basics
import HTTP
import Journal
import Keyring
import Replica

/// How far a request about a backup has come: it takes more than one reply.
///
/// Apart, because every request's context has room for it.
indirect enum BackupProgress: Sendable {
    /// Everything that was answered before the request came must have been applied here first.
    case awaitsState(token: Digest)
    /// A snapshot of that state is being made.
    case awaitsSnapshot
    /// Whoever asks for a part must be an operator still.
    case awaitsPermission(name: String, offset: Int)
    /// The snapshot thread was asked.
    case awaitsFile
}

/// What follows from the node's reply to a request about a backup.
enum BackupStep {
    /// The reply is the answer.
    case answer(ClientReply)
    case submit(ClientRequest.Body, BackupProgress)
    case order(BackupOrder.Wish)
}

extension BackupProgress {
    /// The next step after a reply of the node's.
    func step(after reply: ClientReply) -> BackupStep {
        switch (self, reply) {
        case (.awaitsState(let token), .answer(.identity(let identity), _)):
            guard identity.role == .operator else { return .answer(.failed(.forbidden)) }
            return .submit(.takeSnapshot(token: token), .awaitsSnapshot)
        case (.awaitsSnapshot, .done(let index)): return .order(.open(index))
        case (.awaitsPermission(let name, let offset), .status):
            return .order(.part(name: name, offset: offset))
        default: return .answer(reply)
        }
    }
}

// Backups: a snapshot that reflects all that had been answered, in parts.
extension Router {
    func backupRequest(
        _ request: IncomingRequest, _ context: inout AnswerContext
    ) throws(ProblemDetails) -> ClientRequest.Body {
        let token = try request.token()
        try request.requireNoBody()
        guard context.endpoint == .readBackup else {
            _ = try QueryParameters(request, allowed: [])
            context.backup = .awaitsState(token: token)
            return .query(token, .whoami, .linearizable)
        }
        let parameters = try QueryParameters(request, allowed: [.offset])
        context.backup = .awaitsPermission(
            name: try request.segment(0), offset: parameters.offset)
        return .status(token: token)
    }

    /// Writes what the snapshot thread has found.
    mutating func render(
        _ reply: BackupReply, _ context: AnswerContext, date: HTTPDate,
        to response: inout ResponseWriter
    ) -> Status {
        switch reply {
        case .gone:
            let problem = ProblemDetails(
                .notFound, detail: "No such backup is open at this node any more: begin anew.")
            return write(problem, context.form, index: nil, date: date, to: &response)
        case .part(let bytes):
            begin(.ok, context.form, index: nil, date: date, to: &response)
            response.end(bytes, type: "application/octet-stream")
            return .ok
        case .opened(let name, let position, let byteCount):
            json.removeAll()
            json.object { json in
                json.member("id", name)
                json.member("node", nodeName)
                json.member("index", position.index.rawValue)
                json.member("term", position.term.rawValue)
                json.member("bytes", UInt64(byteCount))
                json.member("format", UInt64(Journal.Identity.formatVersion))
            }
            begin(.created, context.form, index: position.index, date: date, to: &response)
            response.end(json.written, type: "application/json")
            return .created
        }
    }
}
