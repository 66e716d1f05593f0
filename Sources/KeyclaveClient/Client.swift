import Basics
import HTTP
import Linux

/// Speaks to a cluster: keeps one connection to a node, goes on with the next one when it fails,
/// and repeats a request only if that can't do anything twice.
///
/// - A connection that can't be made: nothing was sent, the next endpoint is asked.
/// - An answer that doesn't come, and 504 `outcome_unknown`: asked again, under the same
///   idempotency key, if the request bears one or is safe; else `outcomeUnknown` is thrown. While
///   another endpoint is left to be asked, a node may be silent for a short time only.
/// - 503: nothing was done; the next endpoint is asked, after a pause once all have said so.
/// - Any other problem is an answer, and thrown as `refused`.
///
/// A client belongs to one thread.
public final class Client {
    public let endpoints: [Endpoint]
    public internal(set) var settings: ClientSettings
    /// The places of the endpoints in the order in which they are asked, the last one that
    /// answered first; whoever knows better may give another before a request.
    var order: [Int]
    /// Told of each endpoint that gave no answer, or none that can be used.
    var noteTrouble: ((Int) -> Void)?
    private var preferred: Int { order[0] }
    private var connection: Connection?
    private var addresses = AddressBook()

    /// Requires at least one endpoint.
    public init(endpoints: [Endpoint], settings: ClientSettings = ClientSettings()) {
        precondition(!endpoints.isEmpty, "a client without endpoints")
        self.endpoints = endpoints
        self.settings = settings
        order = Array(endpoints.indices)
    }

    /// Whether a connection is kept for the next request.
    var isConnected: Bool { connection != nil }

    /// Closes the connection. The next request makes another.
    func disconnect() { connection = nil }

    /// How one attempt at one node ended.
    private enum Attempt {
        case answer(Response)
        /// Not carried out: another node may be asked.
        case notTaken(String, unavailable: Problem?)
        /// Sent, and nobody knows.
        case unknown(String, problem: Problem?)
    }

    /// What the attempts at one request came to so far.
    private struct Attempts {
        /// The last trouble with each endpoint that was asked.
        var troubles: [String?]
        /// The last thing that a node said, in whatever round: those that say nothing must not
        /// hide it.
        var problem: Problem?
        /// A node may have carried it out.
        var wasPerhapsTaken = false
        /// In this round a node said 503.
        var wasServed = false
    }

    /// The answer, whose status is in 200…299.
    public func send(_ request: ClientRequest) throws(ClientError) -> Response {
        let deadline = Clocks.now() + settings.deadline
        var pause = settings.shortestPause
        var past = Attempts(troubles: endpoints.map { _ in nil })
        while true {
            past.wasServed = false
            for place in endpoints.indices {
                let hasOthers = place < endpoints.count - 1
                if let answer = try ask(request, hasOthers, until: deadline, &past) {
                    return answer
                }
                order.append(order.removeFirst())
                // An attempt without time would end as one more silence.
                guard Clocks.now() < deadline else { throw failure(request, past) }
            }
            let rest = deadline - Clocks.now()
            guard isWorthAnother(request, past), pause < rest else {
                throw failure(request, past)
            }
            Thread.sleep(pause)
            pause = min(pause * 2, settings.longestPause)
        }
    }

    /// Asks the endpoint whose turn it is; nil if that has no answer.
    private func ask(
        _ request: ClientRequest, _ hasOthers: Bool, until deadline: Instant,
        _ past: inout Attempts
    ) throws(ClientError) -> Response? {
        switch attempt(request, hasOthers, until: deadline, &past) {
        case .answer(let answer):
            return try judge(answer, request, past)
        case .notTaken(let trouble, let unavailable):
            // Without a leader no node is better than another.
            if unavailable == nil || request.isSafe { noteTrouble?(preferred) }
            past.troubles[preferred] = trouble
            past.problem = unavailable ?? past.problem
            if unavailable != nil { past.wasServed = true }
        case .unknown(let trouble, let problem):
            if problem == nil { noteTrouble?(preferred) }
            guard request.isRepeatable else { throw .outcomeUnknown(id: nil, reason: trouble) }
            past.troubles[preferred] = trouble
            past.problem = problem ?? past.problem
            past.wasPerhapsTaken = true
        }
        return nil
    }

    /// After a round without an answer. If nobody listens anywhere, waiting would only hide it; a
    /// node that said 503, or took the request and went silent, is worth asking again.
    private func isWorthAnother(_ request: ClientRequest, _ past: Attempts) -> Bool {
        // What may have been done is asked for until it is known.
        if past.wasPerhapsTaken, !request.isSafe { return true }
        return request.waitsForService && (past.wasServed || past.wasPerhapsTaken)
    }

    private func failure(_ request: ClientRequest, _ past: Attempts) -> ClientError {
        let troubles = past.troubles.compactMap(\.self)
        if past.wasPerhapsTaken, !request.isSafe {
            let reason = past.problem?.description ?? troubles.last ?? "no answer"
            return .outcomeUnknown(id: request.idempotencyKey, reason: reason)
        }
        if let problem = past.problem { return .refused(problem) }
        return .unreachable(troubles)
    }

    private func judge(
        _ answer: Response, _ request: ClientRequest, _ past: Attempts
    ) throws(ClientError) -> Response {
        if (200...299).contains(answer.status) { return answer }
        let problem = Problem(status: Int(answer.status), body: try? answer.json())
        // Who asks is judged before the id is looked up: an earlier attempt may have been carried
        // out, and may even be why the token is good no more.
        if past.wasPerhapsTaken, !request.isSafe, problem.isAboutWhoAsks {
            throw .outcomeUnknown(id: request.idempotencyKey, reason: "\(problem)")
        }
        throw .refused(problem)
    }

    private func attempt(
        _ request: ClientRequest, _ hasOthers: Bool, until deadline: Instant,
        _ past: inout Attempts
    ) -> Attempt {
        let endpoint = endpoints[preferred]
        if let connection, !connection.stillStands { disconnect() }
        let isReused = connection?.endpoint == endpoint
        switch exchange(request, endpoint, hasOthers, until: deadline) {
        case .success(let answer):
            return sort(answer, endpoint)
        case .failure(let trouble):
            connection = nil
            let text = "\(endpoint): \(trouble.reason)"
            // The server may close an idle connection at any time (RFC 9112, 9.3.1), even after
            // the look at it: a request that met this was most likely never read, and is sent once
            // more on a new one.
            if isReused, trouble.wasClosedSilently, request.isRepeatable {
                // Most likely isn't surely: the node may have been killed right after it.
                if trouble.wasSent, !request.isSafe { past.wasPerhapsTaken = true }
                return attempt(request, hasOthers, until: deadline, &past)
            }
            return trouble.wasSent
                ? .unknown(text, problem: nil) : .notTaken(text, unavailable: nil)
        }
    }

    private func sort(_ answer: Response, _ endpoint: Endpoint) -> Attempt {
        switch answer.status {
        case 503:
            let problem = Problem(status: 503, body: try? answer.json())
            return .notTaken("\(endpoint): \(problem)", unavailable: problem)
        case 504:
            let problem = Problem(status: 504, body: try? answer.json())
            return .unknown("\(endpoint): \(problem)", problem: problem)
        default: return .answer(answer)
        }
    }

    private func exchange(
        _ request: ClientRequest, _ endpoint: Endpoint, _ hasOthers: Bool,
        until deadline: Instant
    ) -> Result<Response, Connection.Trouble> {
        let begun = Clocks.now()
        let limit = min(deadline, begun + settings.answerTimeout)
        // Nobody waits long for a node that says nothing while another may answer. What can't be
        // asked again has no other.
        let isHasty = hasOthers && request.isRepeatable
        let firstByte = isHasty ? min(limit, begun + settings.silenceTimeout) : limit
        let open: Connection
        do throws(Connection.Trouble) {
            if let connection, connection.endpoint == endpoint {
                open = connection
            } else {
                connection = nil
                open = try Connection(
                    to: endpoint, &addresses, until: min(deadline, begun + settings.connectTimeout),
                    answerLimit: settings.answerLimit)
            }
            connection = open
            let answer = try open.exchange(request, firstByteBy: firstByte, until: limit)
            if !answer.keepsAlive { connection = nil }
            return .success(answer)
        } catch {
            return .failure(error)
        }
    }
}
