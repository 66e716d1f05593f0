import HTTP
import KeyclaveClient

/// `keyclave export`.
struct ExportRun {
    var invocation: Invocation
    var surroundings: Surroundings

    private static let columns = [
        "user", "user_id", "api", "name", "digest", "suffix", "foreign", "active",
    ]

    func run() throws -> ExitCode {
        var session = try Session(invocation: invocation, surroundings: surroundings)
        guard let account = try session.account(isNeeded: true) else { return .localError }
        let isTable = invocation.required("format") == "csv"
        if isTable { try surroundings.print(Self.columns.joined(separator: ",") + "\n") }
        var progress = Progress("exported", surroundings)
        var (count, cursor) = (0, "")
        while true {
            let path = "/v1/exports?limit=1000&account=\(OperationRunner.percentEncoded(account))"
            let answer = try session.client.send(
                ClientRequest(
                    method: .get, path: path + cursor, authorization: try session.token(),
                    isSafe: true)
            ).json()
            guard let items = answer?["items"]?.array else {
                throw ClientError.malformedAnswer("a list has no items")
            }
            let lines = items.map { isTable ? Self.row($0) : $0.compactText }
            try surroundings.print(lines.map { $0 + "\n" }.joined())
            count += items.count
            progress.tell(count, of: 0, unit: "keys")
            guard let next = answer?["next"]?.string else { break }
            cursor = "&cursor=" + OperationRunner.percentEncoded(next)
        }
        surroundings.tell("\(count) keys.\n")
        return .done
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
