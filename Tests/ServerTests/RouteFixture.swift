import Basics
import HTTP
import Replica

@testable import Keyring
@testable import Server

/// A router over a table with one account, two users and a few keys, and what it says to
/// requests given as text.
struct RouteFixture: ~Copyable {
    static let account = AccountID(1)
    static let user = UserID(2)
    static let date = HTTPDate(Timestamp(milliseconds: 1_795_440_636_000))
    static let node = NodeID(7)

    /// Gives access to `rest`, with a limit of 10,000 a month of which 4,989 remain.
    static let limited = text(.rest, 1)
    /// Gives access to `batch`, without a limit.
    static let unlimited = text(.batch, 2)
    static let inactive = text(.rest, 3)
    static let revoked = text(.rest, 4)
    /// Of a user who was removed.
    static let orphaned = text(.rest, 5)
    static let unknown = text(.rest, 6)
    static let token = tokenText(.admin, 7)

    let table = TestTable()
    var router: Router
    var response = ResponseWriter()
    var now = Instant(nanoseconds: 5)
    /// What the last answer said of a key, if it did.
    var verdict: Validation.Verdict?
    /// The client's address.
    var origin: UInt64 = 0

    /// `pool` is what the account's pool for `rest` holds, if there is one.
    init(acceptsKeyInQuery: Bool = false, seed: UInt64 = 1, pool: UInt64? = nil) {
        table.apply(.accountAdded(Self.account))
        table.apply(.userAdded(Self.user, account: Self.account, role: .admin))
        table.apply(.userAdded(UserID(9), account: Self.account, role: .member))
        let keys: [(String, UInt64, API, UserID, KeyState)] = [
            (Self.limited, 3, .rest, Self.user, .active),
            (Self.unlimited, 4, .batch, Self.user, .active),
            (Self.inactive, 5, .rest, Self.user, .inactive),
            (Self.revoked, 6, .rest, Self.user, .revoked),
            (Self.orphaned, 7, .rest, UserID(9), .active),
        ]
        for (text, id, api, user, state) in keys {
            table.apply(
                .keyAdded(
                    KeyID(id), digest: Self.digest(text), api: api, user: user,
                    account: Self.account, state: state))
        }
        table.apply(.userRemoved(UserID(9)))
        table.apply(.calendar(day: 20_780, month: 682))
        table.apply(.credits(Self.user, .rest, Self.credits))
        if let pool { table.apply(.pool(Self.account, .rest, Self.pool(remaining: pool))) }
        table.publish(LogIndex(42))
        table.setLeases([
            Lease(
                expiry: SteadyInstant(
                    running: Instant(nanoseconds: 10), sinceBoot: Instant(nanoseconds: 10)),
                minIndex: .zero)
        ])
        let reader = table.makeReader()
        router = Router(
            settings: Router.Settings(
                node: Self.node, acceptsKeyInQuery: acceptsKeyInQuery, version: "test"),
            reader: reader, entropy: EntropyStream(seed: Digest(seed, 0, 0, 0)))
    }

    /// 682 months after January 1970 is November 2026.
    static let credits = CreditState(
        allowance: Credits(clamping: 10_000), remaining: Credits(clamping: 4_989),
        period: .month, periodNumber: 682, periodEnd: nil)

    private static func pool(remaining: UInt64) -> CreditState {
        CreditState(
            allowance: Credits(clamping: 50_000), remaining: Credits(clamping: remaining),
            period: .day, periodNumber: 20_780, periodEnd: nil)
    }

    static func text(_ api: API, _ seed: UInt8) -> String {
        guard let text = KeyText(api: api, random: [UInt8](repeating: seed, count: 30)) else {
            preconditionFailure("30 bytes are 30 digits")
        }
        return text.secret
    }

    static func tokenText(_ role: Role, _ seed: UInt8) -> String {
        guard let text = KeyText(role: role, random: [UInt8](repeating: seed, count: 30)) else {
            preconditionFailure("30 bytes are 30 digits")
        }
        return text.secret
    }

    static func digest(_ text: String) -> Digest { SHA256.digest(of: Array(text.utf8)) }

    enum Result {
        case answered(Response)
        case submitted(ClientRequest.Body, AnswerContext)
        case monitoring(MonitoringPage, AnswerContext)
    }

    /// Sends a request of these parts. The length is added, and a `Host`.
    mutating func send(
        _ line: String, _ fields: [String] = [], _ body: String = ""
    ) -> Result {
        var text = "\(line) HTTP/1.1\r\nHost: k\r\n"
        for field in fields { text += field + "\r\n" }
        if !body.isEmpty { text += "Content-Length: \(body.utf8.count)\r\n" }
        return send(raw: Array((text + "\r\n" + body).utf8))
    }

    mutating func send(raw bytes: [UInt8]) -> Result {
        response.removeAll()
        let routed = bytes.withUnsafeBytes { buffer -> Routed in
            var parser = RequestParser(bodyLimits: Endpoint.bodyLimits)
            let progress = parser.parse(buffer)
            if case .refused(let refusal) = progress {
                return .answered(router.refuse(refusal, of: buffer, date: Self.date, to: &response))
            }
            precondition(progress == .complete, "an incomplete request")
            let (now, origin) = (now, origin)
            return parser.withBody(in: buffer) { body in
                router.route(
                    parser.head, in: buffer, body: body, from: origin, date: Self.date,
                    now: { now },
                    to: &response)
            }
        }
        verdict = nil
        switch routed {
        case .looked:
            guard let look = router.looks.popLast() else { preconditionFailure("no look") }
            let (looked, form) = (look.looked, look.form)
            let now = SteadyInstant(running: now, sinceBoot: now)
            let validation = router.judge(looked, now: now, date: Self.date)
            verdict = validation.verdict
            let status = router.write(validation, form, date: Self.date, to: &response)
            return answered(status, to: bytes)
        case .answered(let status): return answered(status, to: bytes)
        case .submit(let body, let context): return .submitted(body, context)
        case .monitoring(let page, let context): return .monitoring(page, context)
        }
    }

    private func answered(_ status: Status, to request: [UInt8]) -> Result {
        let answer = parsed(toHead: request.starts(with: Array("HEAD".utf8)))
        precondition(answer.status == status.rawValue, "another status than said")
        return .answered(answer)
    }

    mutating func render(_ reply: ClientReply, _ context: AnswerContext) -> Response {
        response.removeAll()
        let status = router.render(reply, context, date: Self.date, to: &response)
        let answer = parsed(toHead: context.form.omitsContent)
        precondition(answer.status == status.rawValue, "another status than said")
        return answer
    }

    private func parsed(toHead: Bool) -> Response {
        var parser = ResponseParser()
        parser.append(response.bytes)
        guard let answer = try? parser.next(toHead: toHead) else {
            preconditionFailure("not one answer")
        }
        precondition(!parser.hasLeftovers, "more than one answer")
        return answer
    }
}

extension RouteFixture.Result {
    var answer: Response? { if case .answered(let answer) = self { answer } else { nil } }
    var body: ClientRequest.Body? {
        if case .submitted(let body, _) = self { body } else { nil }
    }
    var context: AnswerContext? {
        switch self {
        case .answered: nil
        case .submitted(_, let context), .monitoring(_, let context): context
        }
    }

    /// The command or query in the words of its type.
    var request: String {
        switch body {
        case .change(_, let submission): "\(submission.command)"
        case .charge(let charges): "\(charges)"
        case .hold(let command): "\(command)"
        case .query(_, let query, let consistency): "\(query) \(consistency)"
        case .status: "status"
        case .transferLeadership(_, let target): "transfer \(target.map { "\($0)" } ?? "-")"
        case .takeSnapshot: "snapshot"
        case .validation: "validation"
        case nil: answer.map { "\($0.status) \($0.code ?? "")" } ?? page.map { "\($0)" } ?? "-"
        }
    }

    var page: MonitoringPage? {
        if case .monitoring(let page, _) = self { page } else { nil }
    }

    var submission: ClientRequest.Submission? {
        if case .change(_, let submission) = body { submission } else { nil }
    }
}

extension Response {
    var json: JSONValue? { try? JSONValue(body) }
    var text: String { String(decoding: body, as: UTF8.self) }
    var code: String? { json?["code"]?.string }
}
