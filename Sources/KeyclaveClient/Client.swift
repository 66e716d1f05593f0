import Basics
import HTTP
import Linux

/// Speaks to a cluster: keeps one connection to a node, goes on with the next one when it fails,
/// and repeats a request only if that can't do anything twice.
///
/// - A connection that can't be made: nothing was sent, the next endpoint is asked.
/// - An answer that doesn't come, and 504 `outcome_unknown`: asked again, under the same
///   idempotency key, if the request bears one or is safe; else `outcomeUnknown` is thrown.
/// - 503: nothing was done; the next endpoint is asked, after a pause once all have said so.
/// - Any other problem is an answer, and thrown as `refused`.
///
/// A client belongs to one thread.
public final class Client {
    public let endpoints: [Endpoint]
    public let settings: ClientSettings
    /// The endpoint asked first: the last one that answered.
    private(set) var preferred = 0
    private var connection: Connection?

    /// Requires at least one endpoint.
    public init(endpoints: [Endpoint], settings: ClientSettings = ClientSettings()) {
        precondition(!endpoints.isEmpty, "a client without endpoints")
        self.endpoints = endpoints
        self.settings = settings
    }

    /// How one attempt at one node ended.
    private enum Attempt {
        case answer(Response)
        /// Not carried out: another node may be asked.
        case notTaken(String, unavailable: Problem?)
        /// Sent, and nobody knows.
        case unknown(String)
    }

    /// The answer, whose status is in 200…299.
    public func send(_ request: ClientRequest) throws(ClientError) -> Response {
        let deadline = Clocks.now() + settings.deadline
        var pause = settings.shortestPause
        var wasPerhapsTaken = false
        while true {
            var troubles: [String] = []
            var problem: Problem?
            var pauses = pause
            for _ in endpoints.indices {
                switch attempt(request, until: deadline) {
                case .answer(let answer):
                    return try judge(answer)
                case .notTaken(let trouble, let unavailable):
                    troubles.append(trouble)
                    problem = unavailable ?? problem
                case .unknown(let trouble):
                    guard request.isRepeatable else {
                        throw .outcomeUnknown(id: nil, reason: trouble)
                    }
                    wasPerhapsTaken = true
                    troubles.append(trouble)
                }
                preferred = (preferred + 1) % endpoints.count
            }
            let now = Clocks.now()
            // Nobody listens anywhere: waiting would only hide it. A node that said 503, or took
            // the request and went silent, is worth asking again.
            let isHopeless = !wasPerhapsTaken && (problem == nil || !request.waitsForService)
            if isHopeless || now + pauses >= deadline {
                throw failure(request, wasPerhapsTaken, problem, troubles)
            }
            pauses = min(pauses, deadline - now)
            Pause.wait(pauses)
            pause = min(pause * 2, settings.longestPause)
        }
    }

    private func failure(
        _ request: ClientRequest, _ wasPerhapsTaken: Bool, _ problem: Problem?,
        _ troubles: [String]
    ) -> ClientError {
        if wasPerhapsTaken, !request.isSafe {
            let reason = problem?.description ?? troubles.last ?? "no answer"
            return .outcomeUnknown(id: request.idempotencyKey, reason: reason)
        }
        if let problem { return .refused(problem) }
        return .unreachable(troubles)
    }

    private func judge(_ answer: Response) throws(ClientError) -> Response {
        if (200...299).contains(answer.status) { return answer }
        throw .refused(Problem(status: Int(answer.status), body: try? answer.json()))
    }

    private func attempt(_ request: ClientRequest, until deadline: Instant) -> Attempt {
        let endpoint = endpoints[preferred]
        let isReused = connection?.endpoint == endpoint
        switch exchange(request, endpoint, until: deadline) {
        case .success(let answer):
            return sort(answer, endpoint)
        case .failure(let trouble):
            connection = nil
            let text = "\(endpoint): \(trouble.reason)"
            // The server may close an idle connection at any time (RFC 9112, 9.3.1): a request
            // that met this was most likely never read, and is sent once more on a new one.
            if isReused, trouble.wasClosedSilently, request.isRepeatable {
                return attempt(request, until: deadline)
            }
            return trouble.wasSent ? .unknown(text) : .notTaken(text, unavailable: nil)
        }
    }

    private func sort(_ answer: Response, _ endpoint: Endpoint) -> Attempt {
        switch answer.status {
        case 503:
            let problem = Problem(status: 503, body: try? answer.json())
            return .notTaken("\(endpoint): \(problem)", unavailable: problem)
        case 504:
            let problem = Problem(status: 504, body: try? answer.json())
            return .unknown("\(endpoint): \(problem)")
        default: return .answer(answer)
        }
    }

    private func exchange(
        _ request: ClientRequest, _ endpoint: Endpoint, until deadline: Instant
    ) -> Result<Response, Connection.Trouble> {
        let open: Connection
        do throws(Connection.Trouble) {
            if let connection, connection.endpoint == endpoint {
                open = connection
            } else {
                connection = nil
                let limit = min(deadline, Clocks.now() + settings.connectTimeout)
                open = try Connection(
                    to: endpoint, until: limit, answerLimit: settings.answerLimit)
            }
            connection = open
            let limit = min(deadline, Clocks.now() + settings.answerTimeout)
            let answer = try open.exchange(request, until: limit)
            if !answer.keepsAlive { connection = nil }
            return .success(answer)
        } catch {
            return .failure(error)
        }
    }
}

/// Sleeps.
enum Pause {
    static func wait(_ time: Duration) {
        do throws(SystemError) {
            _ = try Wakeup().wait(time)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
