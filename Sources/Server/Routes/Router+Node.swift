import Basics
import HTTP
import Keyring
import Replica

// What the node is asked, for everything that this thread can't answer by itself.
extension Router {
    mutating func nodeRequest(
        _ request: IncomingRequest, _ context: inout AnswerContext
    ) throws(ProblemDetails) -> ClientRequest.Body {
        switch context.endpoint {
        case .charge: return try chargeRequest(request, &context)
        case .placeHold, .settleHold, .voidHold:
            return try holdRequest(request, context.endpoint)
        case .credits: return try creditsRequest(request)
        case .cluster:
            let token = try request.token()
            _ = try QueryParameters(request, allowed: [.consistency])
            return .status(token: token)
        case .transferLeadership, .takeSnapshot: return try clusterOperation(request, context)
        case .findKey: return try findKeyRequest(request)
        case .reloadSecrets:
            let token = try request.token()
            _ = try QueryParameters(request, allowed: [])
            try request.requireNoBody()
            return .status(token: token)
        case .importKeys: return try importRequest(request, &context)
        case .openBackup, .readBackup: return try backupRequest(request, &context)
        default: break
        }
        // Who asks comes first: an answer about anything else is for those who may know.
        let token = try request.token()
        if let query = try query(request, context.endpoint) {
            return .query(token, query.query, query.consistency)
        }
        _ = try QueryParameters(request, allowed: [])
        let change = try command(request, &context)
        let submission = ClientRequest.Submission(
            command: change, idempotency: try request.idempotencyKey(),
            content: change.contentDigest)
        return .change(token: token, submission)
    }

    private func creditsRequest(
        _ request: IncomingRequest
    ) throws(ProblemDetails) -> ClientRequest.Body {
        let parameters = try QueryParameters(request, allowed: [.consistency] + keyParameter)
        guard let text = try presentedKey(request, inQuery: parameters.key) else {
            throw ProblemDetails(.invalidKey)
        }
        let question = ValidationQuestion(
            text: text.bytes, api: nil, cost: .zero, foreign: reader.image.foreignKeys)
        guard let question else { throw ProblemDetails(.invalidKey) }
        return .query(question.digest, .credits, parameters.consistency)
    }

    private enum TransferField: String, CaseIterable { case to }
    private static var transferFields: JSONFields<TransferField> { JSONFields() }

    private func clusterOperation(
        _ request: IncomingRequest, _ context: AnswerContext
    ) throws(ProblemDetails) -> ClientRequest.Body {
        let token = try request.token()
        _ = try QueryParameters(request, allowed: [])
        guard context.endpoint == .transferLeadership else {
            try request.requireNoBody()
            return .takeSnapshot(token: token)
        }
        var target: NodeID?
        try request.readObject(Router.transferFields, mayBeEmpty: true) {
            _, reader throws(JSONRefusal) in
            if try reader.takeNull() { return }
            target = try reader.value("a member's id, as in n2", NodeID.init(text:))
        }
        return .transferLeadership(token: token, to: target)
    }

    // MARK: Questions

    private struct Question {
        var query: Query
        var consistency: ClientRequest.Consistency
    }

    /// Nil if the endpoint changes something.
    private func query(
        _ request: IncomingRequest, _ endpoint: Endpoint
    ) throws(ProblemDetails) -> Question? {
        guard let allowed = endpoint.queryParameters else { return nil }
        let parameters = try QueryParameters(request, allowed: allowed + [.consistency])
        try request.requireNoBody()
        let query: Query
        switch endpoint {
        case .whoami: query = .whoami
        case .listAccounts: query = .accounts(parameters.page)
        case .showAccount: query = .account(try request.account())
        case .listUsers: query = .users(account: try request.account(), parameters.page)
        case .showUser: query = .user(try request.user(), account: try request.account())
        case .showLimit:
            query = .limit(
                try request.user(), account: try request.account(), try request.api(2))
        case .showPool:
            query = .pool(account: try request.account(), try request.api(1))
        case .listKeys:
            query = .keys(
                account: try request.account(), parameters.filter, parameters.page)
        case .showKey:
            query = .key(
                try request.id(1, as: KeyID.self), account: try request.account())
        case .usage: query = .usage(account: try request.account(), parameters.page)
        case .audit: query = parameters.trail(of: try request.account())
        case .clusterAudit: query = parameters.trail(of: nil)
        case .listTokens: query = .tokens(account: parameters.account, parameters.page)
        case .showToken: query = .token(try request.id(0, as: TokenID.self))
        case .showSettings: query = .settings
        case .listAPIs: query = .apis(parameters.page)
        case .exportKeys:
            guard let account = parameters.account else {
                throw QueryParameters.problem("account", "is missing")
            }
            query = .exportedKeys(account: account, parameters.page)
        default: return nil
        }
        return Question(query: query, consistency: parameters.consistency)
    }
}

extension Endpoint {
    /// The parameters of a question, besides `consistency`; nil for what is no question.
    fileprivate var queryParameters: [QueryParameters.Name]? {
        switch self {
        case .whoami, .showAccount, .showUser, .showLimit, .showPool, .showKey, .showToken,
            .showSettings:
            []
        case .listAccounts, .listUsers, .usage, .listAPIs: [.limit, .cursor]
        case .audit, .clusterAudit: [.limit, .cursor, .before, .subject]
        case .listKeys: [.limit, .cursor, .user, .api, .state]
        case .listTokens, .exportKeys: [.limit, .cursor, .account]
        default: nil
        }
    }
}

extension Command {
    /// The digest of what the client asked for: of the command as it would be encoded, with
    /// everything that this node drew left out. So a repeated request, for which another node
    /// draws anew, has the same content.
    var contentDigest: Digest {
        var asked = self
        switch self {
        case .createAccount(_, let name): asked = .createAccount(AccountID(0), name: name)
        case .createUser(_, let account, let email, let name, let role):
            asked = .createUser(
                UserID(0), account: account, email: email, name: name, role: role)
        case .createKey(var key):
            key.id = KeyID(0)
            key.digest = .zero
            key.suffix = .undrawn
            asked = .createKey(key)
        case .createToken(var token):
            token.id = TokenID(0)
            token.digest = .zero
            token.suffix = .undrawn
            asked = .createToken(token)
        case .rotateKey(var rotation):
            rotation.id = KeyID(0)
            rotation.digest = .zero
            rotation.suffix = .undrawn
            // As this node knows it: another may not.
            rotation.api = .rest
            asked = .rotateKey(rotation)
        case .importKeys(var batch):
            for place in batch.keys.indices { batch.keys[place].id = KeyID(0) }
            asked = .importKeys(batch)
        default: break
        }
        let envelope = Envelope(
            requestID: RequestID(high: 0, low: 0), actor: .cluster, content: .zero,
            command: asked)
        return SHA256.digest(of: envelope.encode())
    }
}

extension Suffix {
    /// Stands for one that isn't drawn yet.
    static let undrawn: Suffix = {
        guard let suffix = Suffix("0000") else { preconditionFailure("four base-62 digits") }
        return suffix
    }()
}
