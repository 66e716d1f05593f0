import HTTP
import KeyclaveClient

/// `keyclave export`.
struct ExportRun {
    var invocation: Invocation
    var surroundings: Surroundings

    private static let columns = [
        "user", "user_id", "api", "name", "digest", "suffix", "foreign", "active", "expires_at",
    ]

    func run() throws -> ExitCode {
        var session = try Session(invocation: invocation, surroundings: surroundings)
        guard let account = try session.account(isNeeded: true) else { return .localError }
        guard let file = invocation.text("file") else {
            let count = try export(account, session) { try surroundings.print($0) }
            surroundings.tell("\(count) keys.\n")
            return .done
        }
        let path = surroundings.absolutePath(file)
        var target = try BackupTarget(path, replaces: invocation.has("force"))
        let count = try export(account, session) { try target.write(Array($0.utf8)) }
        try target.finish()
        surroundings.tell("\(count) keys are in \(path).\n")
        return .done
    }

    /// Returns how many keys there are.
    private func export(
        _ account: String, _ session: Session, _ write: (String) throws -> Void
    ) throws -> Int {
        let isTable = invocation.required("format") == "csv"
        if isTable { try write(Self.columns.joined(separator: ",") + "\n") }
        var (count, cursor) = (0, "")
        while true {
            let path = "/v1/exports?limit=1000&account=\(OperationRunner.percentEncoded(account))"
            let answer = try session.send(
                ClientRequest(
                    method: .get, path: path + cursor, authorization: try session.token(),
                    isSafe: true), saying: "\(count) keys exported"
            ).json()
            guard let items = answer?["items"]?.array else {
                throw ClientError.malformedAnswer("a list has no items")
            }
            let lines = items.map { isTable ? Self.row($0) : $0.compactText }
            try write(lines.map { $0 + "\n" }.joined())
            count += items.count
            guard let next = answer?["next"]?.string else { return count }
            cursor = "&cursor=" + OperationRunner.percentEncoded(next)
        }
    }

    private static func row(_ item: JSONValue) -> String {
        columns.map { name in
            switch item[name] {
            case .string(let text)?: CommaSeparated.text(of: text)
            case .bool(let flag)?: flag ? "true" : "false"
            default: ""
            }
        }.joined(separator: ",")
    }
}
