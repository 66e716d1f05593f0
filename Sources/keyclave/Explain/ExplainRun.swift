import Basics
import HTTP
import KeyclaveClient

/// Gathers a key's story from the interface.
struct ExplainRun {
    private let session: Session
    private let token: String

    /// Pages of the trail that are looked through: a million records.
    private static let pageLimit = 100

    /// What was read of the trail, and whether that is all of it.
    private struct Records {
        var newestFirst: [JSONValue]
        var isWhole: Bool
    }

    init(_ invocation: Invocation, _ surroundings: Surroundings) throws {
        session = try Session(invocation: invocation, surroundings: surroundings)
        token = try session.token()
    }

    func run() throws -> ExitCode {
        let named = try Session.apiKey(of: session.invocation, in: session.surroundings)
        guard let key = try find(named) else { throw ClientError.malformedAnswer("no key") }
        var story = KeyStory(key: key, user: nil, limit: nil, pool: nil, trail: nil)
        let (account, user) = (key["account"]?.string ?? "", key["user"]?.string ?? "")
        let path = "/v1/accounts/\(account)"
        let api = key["api"]?.string ?? ""
        story.user = try optional { try get("\(path)/users/\(user)") }
        story.limit = try optional { try get("\(path)/users/\(user)/limits/\(api)") }
        story.pool = try optional { try get("\(path)/pools/\(api)") }
        let id = key["id"]?.string ?? ""
        // A successor's birth is a record of the key that it replaces, and the end of a grace may
        // be one of the successor.
        let subjects =
            [id] + ["replaces", "replaced_by"].compactMap { key[$0]?.string }
            + [user, account, "\(user)/\(api)", "\(account)/\(api)"]
        let query = "limit=1000&subject=" + subjects.joined(separator: ",")
        let trail = try optional { try records("\(path)/audit?\(query)") }
        story.trail = trail?.newestFirst
        story.isTrailRead = trail?.isWhole ?? false

        let isJSON = session.invocation.required("output") == "json"
        try session.surroundings.print(
            isJSON ? story.value.prettyText + "\n" : TableText(columns: []).text(of: story.value))
        if story.trail == nil {
            session.surroundings.tell("Changes are shown to auditors, admins and operators.\n")
        } else if !story.isComplete {
            session.surroundings.tell(
                story.isTrailRead
                    ? "The history is incomplete: the trail has forgotten how the key was made.\n"
                    : "The history is incomplete: older records of the trail weren't looked at.\n")
        }
        return .done
    }

    private func find(_ named: String) throws -> JSONValue? {
        let member: JSONValue.Member =
            named.hasPrefix("key_")
            ? .init("id", .string(named))
            : .init("digest", .string(SHA256.digest(of: Array(named.utf8)).hex))
        let request = ClientRequest(
            method: .post, path: "/v1/keys/find", authorization: token,
            body: JSONValue.object([member]).compactText, isSafe: true)
        return try session.send(request).json()
    }

    private func get(_ path: String) throws -> JSONValue? {
        let request = ClientRequest(
            method: .get, path: path, authorization: token, isSafe: true)
        return try session.send(request).json()
    }

    private func records(_ path: String) throws -> Records? {
        var items: [JSONValue] = []
        var before = ""
        for _ in 0..<ExplainRun.pageLimit {
            let page = try get(path + before)
            items += page?["items"]?.array ?? []
            guard let next = page?["next"]?.string else {
                return Records(newestFirst: items, isWhole: true)
            }
            before = "&before=" + OperationRunner.percentEncoded(next)
        }
        return Records(newestFirst: items, isWhole: false)
    }

    /// What isn't there, or not for this token, is nothing.
    private func optional<Value>(_ body: () throws -> Value?) throws -> Value? {
        do {
            return try body()
        } catch let error as ClientError {
            guard case .refused(let problem) = error, [403, 404].contains(problem.status) else {
                throw error
            }
            return nil
        }
    }
}
