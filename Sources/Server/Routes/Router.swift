import Basics
import HTTP
import Keyring
import Replica

/// The translation between HTTP and what the node understands, for one front thread. It decides
/// nothing: whether a key is good stands in the table, everything else is the node's to say.
///
/// Laws: exactly one answer is written for a request, by `route`, `render` or `write`; a
/// validation is looked up and answered without allocation; no text of a key or token is
/// kept but in `AnswerContext`.
public struct Router: ~Copyable {
    public struct Settings: Sendable {
        /// As in `X-Keyclave-Node`.
        public var node: NodeID
        /// Whether `?api_key=` may present a key wherever a header may. It lands in logs of
        /// proxies, so it is off.
        public var acceptsKeyInQuery: Bool
        /// What `/v1/cluster` calls the program.
        public var version: String

        public init(node: NodeID, acceptsKeyInQuery: Bool = false, version: String) {
            self.node = node
            self.acceptsKeyInQuery = acceptsKeyInQuery
            self.version = version
        }
    }

    let settings: Settings
    let nodeName: String
    /// Of most answers.
    private var opening: ResponseOpening
    let reader: KeyTable.Reader
    var entropy: EntropyStream
    /// Bodies are written here first; used again and again.
    var json = JSONWriter(capacity: 4 << 10)
    var failedLogins = FailedLogins()
    /// Of the requests that were routed since the last were judged. Here and not in what `route`
    /// returns, because a look-up is large, and would be copied from hand to hand.
    var looks: [Look] = []
    private var nextMark: RequestMark

    /// The reader must have been made on the thread that uses the router.
    public init(settings: Settings, reader: consuming KeyTable.Reader, entropy: EntropyStream) {
        self.settings = settings
        nodeName = settings.node.description
        opening = ResponseOpening(.ok, "X-Keyclave-Node", nodeName)
        self.reader = reader
        self.entropy = entropy
        nextMark = RequestMark(high: self.entropy.next(), low: self.entropy.next())
    }

    /// To be called between batches of requests: nothing read of the table is in use any more.
    public func quiescent() { reader.quiescent() }
    /// To be called before the thread waits, and after.
    public func park() { reader.park() }
    public func unpark() { reader.unpark() }

    /// Answers a complete request, or says whom to ask. `now` reads the node's monotonic clock.
    /// `origin` is the number of the client's address, by which those are slowed down who try
    /// tokens.
    public mutating func route(
        _ head: RequestHead, in bytes: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer,
        from origin: UInt64 = 0, date: HTTPDate, now: () -> Instant,
        to response: inout ResponseWriter
    ) -> Routed {
        var request = IncomingRequest(head: head, bytes: bytes, body: body)
        var form = AnswerForm(
            endpoint: .live, mark: drawMark(), keepsAlive: head.keepsAlive,
            omitsContent: head.method == .head)
        do throws(ProblemDetails) {
            form.endpoint = try match(&request)
            switch form.endpoint {
            case .auth:
                return try authorize(request, &form)
            case .verify:
                return try verify(request, form)
            case .metrics: return .monitoring(.metrics, AnswerContext(form))
            case .live: return .monitoring(.live, AnswerContext(form))
            case .ready: return .monitoring(.ready, AnswerContext(form))
            case .problemPage:
                return .answered(try explain(request, form, date: date, to: &response))
            default:
                var context = AnswerContext(form, origin: origin)
                let body = try nodeRequest(request, &context)
                if origin != 0 { try slowDown(body, &context, now: now) }
                return .submit(body, context)
            }
        } catch {
            // A validation's headers stand on its refusals too.
            let index = form.endpoint.takesKey ? reader.image.appliedIndex : nil
            return .answered(write(error, form, index: index, date: date, to: &response))
        }
    }

    /// Answers what couldn't be read as a request. The connection is to be closed behind it.
    public mutating func refuse(
        _ refusal: RequestRefusal, of request: UnsafeRawBufferPointer, date: HTTPDate,
        to response: inout ResponseWriter
    ) -> Status {
        refuse(ProblemDetails(refusal), of: request, date: date, to: &response)
    }

    /// Answers in the place of a request that isn't there as a whole, and closes the connection:
    /// one that is too slow, or one too many. `request` is what there is of it: a gateway that
    /// understands 403 only is told 403 here, too.
    public mutating func refuse(
        _ problem: ProblemDetails, of request: UnsafeRawBufferPointer? = nil, date: HTTPDate,
        to response: inout ResponseWriter
    ) -> Status {
        var form = AnswerForm(
            endpoint: .live, mark: drawMark(), keepsAlive: false, omitsContent: false)
        if let request, let query = AuthQuery.query(ofUnfinished: request) {
            form.endpoint = .auth
            form.foldsRefusals = AuthQuery.foldsRefusals(query)
        }
        return write(problem, form, index: nil, date: date, to: &response)
    }

    /// Writes a page about the process; nil if what the page stands for isn't so.
    public mutating func write(
        _ page: MonitoringPage, _ text: [UInt8]?, _ context: AnswerContext, date: HTTPDate,
        to response: inout ResponseWriter
    ) -> Status {
        guard let text else {
            return write(
                ProblemDetails(.unavailable), context.form, index: nil, date: date, to: &response)
        }
        begin(.ok, context.form, index: nil, date: date, to: &response)
        switch page {
        case .metrics: response.end(text, type: "text/plain; version=0.0.4; charset=utf-8")
        case .live, .ready: response.end(text, type: "text/plain; charset=utf-8")
        }
        return .ok
    }

    /// Until when the key table may answer, by the leases that are held; nil where the leader
    /// confirms each answer.
    var leases: LeaseStanding? {
        reader.isConfirming ? nil : reader.leases(at: reader.image.appliedIndex)
    }

    // MARK: Finding the endpoint

    private func match(_ request: inout IncomingRequest) throws(ProblemDetails) -> Endpoint {
        let path = request.head.path.slice(of: request.bytes)
        // Those that must cost nothing.
        if path.equals("/v1/auth") { return .auth }
        if request.head.method == .post {
            if path.equals("/v1/verify") { return .verify }
            if path.equals("/v1/charges") { return .charge }
        }
        let match = Endpoint.table.match(
            request.head.method, request.head.path, in: request.bytes)
        switch match {
        case .route(let endpoint, let parameters):
            request.parameters = parameters
            return endpoint
        case .otherMethods(let methods):
            throw ProblemDetails(.methodNotAllowed, allow: methods.allow)
        case .nothing: throw ProblemDetails(.notFound)
        }
    }

    /// Refuses those who have tried too many tokens that nobody has to try another.
    private func slowDown(
        _ body: ClientRequest.Body, _ context: inout AnswerContext, now: () -> Instant
    ) throws(ProblemDetails) {
        guard let token = body.token else { return }
        context.arrival = now()
        guard failedLogins.holds(context.origin, now: context.arrival),
            reader.image.token(token)?.isAccepted != true
        else { return }
        throw ProblemDetails(.tooManyAttempts)
    }

    /// Marks are one number after another from a random one on: unique without a lock.
    private mutating func drawMark() -> RequestMark {
        nextMark.low &+= 1
        return nextMark
    }

    // MARK: Writing

    mutating func write(
        _ problem: ProblemDetails, _ form: AnswerForm, index: LogIndex?, date: HTTPDate,
        to response: inout ResponseWriter
    ) -> Status {
        var problem = problem
        if problem.requestMark == nil { problem.requestMark = form.mark }
        if form.foldsRefusals, problem.status != .unauthorized {
            problem.statusInstead = .forbidden
        }
        json.removeAll()
        problem.write(to: &json)
        begin(problem.status, form, index: index, date: date, to: &response)
        problem.writeFields(to: &response)
        // A gateway sees the status and the headers, seldom the body.
        if form.endpoint == .auth {
            response.field("X-Keyclave-Reason", problem.code.rawValue)
        }
        response.end(json.written, type: ProblemDetails.contentType)
        return problem.status
    }

    /// Opens an answer with the headers that tell who answers, and from which state.
    @inline(__always)
    mutating func begin(
        _ status: Status, _ form: AnswerForm, index: LogIndex?, date: HTTPDate,
        to response: inout ResponseWriter
    ) {
        if status == .ok, form.keepsAlive {
            opening.renew(date)
            response.begin(opening, omitsContent: form.omitsContent)
        } else {
            response.begin(
                status, date: date, keepsAlive: form.keepsAlive, omitsContent: form.omitsContent)
            response.field("X-Keyclave-Node", nodeName)
        }
        if let index { response.field("X-Keyclave-Index", index.rawValue) }
    }

    /// The page that a problem's `type` names.
    private mutating func explain(
        _ request: IncomingRequest, _ form: AnswerForm, date: HTTPDate,
        to response: inout ResponseWriter
    ) throws(ProblemDetails) -> Status {
        guard let code = ProblemCode(rawValue: try request.segment(0)) else {
            throw ProblemDetails(.notFound)
        }
        var page: [UInt8] = []
        code.appendPage(to: &page)
        begin(.ok, form, index: nil, date: date, to: &response)
        response.end(page, type: "text/plain; charset=utf-8")
        return .ok
    }
}

extension ClientRequest.Body {
    /// The management token with which something is asked.
    fileprivate var token: Digest? {
        switch self {
        case .change(let token, _), .status(let token), .transferLeadership(let token, _),
            .takeSnapshot(let token):
            token
        case .query(_, .credits, _), .charge, .hold, .validation: nil
        case .query(let token, _, _): token
        }
    }
}
