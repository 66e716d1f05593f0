import Basics
import HTTP
import Keyring

/// The members of the bodies that change something.
private enum Bodies {
    enum Account: String, CaseIterable { case name }
    enum User: String, CaseIterable { case email, name, role }
    enum Limit: String, CaseIterable { case credits, period }
    enum Key: String, CaseIterable { case api, name, user, active, expires_at }
    enum KeyUpdate: String, CaseIterable { case active, name }
    enum Token: String, CaseIterable { case role, account, user, name }

    static let account = JSONFields<Account>()
    static let user = JSONFields<User>()
    static let limit = JSONFields<Limit>()
    static let key = JSONFields<Key>()
    static let keyUpdate = JSONFields<KeyUpdate>()
    static let token = JSONFields<Token>()
}

// The commands that requests stand for.
extension Router {
    mutating func command(
        _ request: IncomingRequest, _ context: inout AnswerContext
    ) throws(ProblemDetails) -> Command {
        switch context.endpoint {
        case .createAccount:
            return .createAccount(AccountID(drawID()), name: try accountName(request))
        case .renameAccount:
            let account = try request.account()
            return .renameAccount(account, name: try accountName(request))
        case .createUser: return try createUser(request)
        case .updateUser: return try updateUser(request)
        case .setLimit: return try setLimit(request)
        case .setPool: return try setPool(request)
        case .createKey: return try createKey(request, &context)
        case .updateKey: return try updateKey(request)
        case .rotateKey: return try rotateKey(request, &context)
        case .createAPI: return try createAPI(request)
        case .createToken: return try createToken(request, &context)
        case .updateSettings: return .updateSettings(try settingsChange(request))
        case .addMember, .promoteMember, .removeMember:
            return try memberCommand(request, context.endpoint)
        default:
            let command = try removal(request, context.endpoint)
            try request.requireNoBody()
            return command
        }
    }

    private func removal(
        _ request: IncomingRequest, _ endpoint: Endpoint
    ) throws(ProblemDetails) -> Command {
        switch endpoint {
        case .deleteAccount: return .deleteAccount(try request.account())
        case .removeUser:
            return .removeUser(try request.user(), account: try request.account())
        case .removeLimit:
            return .removeLimit(
                try request.user(), account: try request.account(), api: try request.api(2))
        case .removePool:
            return .removePool(account: try request.account(), api: try request.api(1))
        case .revokeKey:
            return .revokeKey(
                try request.id(1, as: KeyID.self), account: try request.account())
        case .revokeKeys:
            return .revokeAllKeys(try request.user(), account: try request.account())
        case .revokeToken: return .revokeToken(try request.id(0, as: TokenID.self))
        case .removeAPI: return .removeAPI(try request.api(0))
        default: preconditionFailure("\(endpoint) is no change")
        }
    }

    // MARK: Accounts and users

    private func accountName(_ request: IncomingRequest) throws(ProblemDetails) -> Name {
        var name: Name?
        try request.readObject(Bodies.account, required: [.name]) {
            _, reader throws(JSONRefusal) in name = try reader.name()
        }
        return try known(name)
    }

    private mutating func createUser(
        _ request: IncomingRequest
    ) throws(ProblemDetails) -> Command {
        let account = try request.account()
        let user = try userFields(request, required: [.email, .name])
        return .createUser(
            UserID(drawID()), account: account, email: try known(user.email),
            name: try known(user.name), role: user.role ?? .member)
    }

    private func updateUser(_ request: IncomingRequest) throws(ProblemDetails) -> Command {
        let (account, id) = (try request.account(), try request.user())
        let user = try userFields(request, required: [])
        guard user.email != nil || user.name != nil || user.role != nil else {
            throw ProblemDetails(
                .invalidField, detail: "The body must change \"email\", \"name\" or \"role\".")
        }
        return .updateUser(
            id, account: account, email: user.email, name: user.name, role: user.role)
    }

    private struct UserFields {
        var email: EmailAddress?
        var name: Name?
        var role: UserRole?
    }

    private func userFields(
        _ request: IncomingRequest, required: [Bodies.User]
    ) throws(ProblemDetails) -> UserFields {
        var user = UserFields()
        try request.readObject(Bodies.user, required: required) {
            field, reader throws(JSONRefusal) in
            switch field {
            case .email: user.email = try reader.email()
            case .name: user.name = try reader.name()
            case .role: user.role = try reader.userRole()
            }
        }
        return user
    }

    // MARK: Limits and pools

    private func setLimit(_ request: IncomingRequest) throws(ProblemDetails) -> Command {
        let (account, user) = (try request.account(), try request.user())
        let api = try request.api(2)
        let (credits, period) = try allowance(request)
        return .setLimit(user, account: account, api: api, credits: credits, period: period)
    }

    private func setPool(_ request: IncomingRequest) throws(ProblemDetails) -> Command {
        let (account, api) = (try request.account(), try request.api(1))
        let (credits, period) = try allowance(request)
        return .setPool(account: account, api: api, credits: credits, period: period)
    }

    private func allowance(
        _ request: IncomingRequest
    ) throws(ProblemDetails) -> (credits: Credits, period: Period) {
        var credits = Credits.zero
        // Without a period of its own, a larger number for a month would be one for ever.
        var period = Period.none
        try request.readObject(Bodies.limit, required: [.credits, .period]) {
            field, reader throws(JSONRefusal) in
            switch field {
            case .credits: credits = Credits(clamping: try reader.number(in: 0...Bounds.credits))
            case .period: period = try reader.value("none, day or month", Period.init(text:))
            }
        }
        return (credits, period)
    }

    // MARK: Keys

    private mutating func createKey(
        _ request: IncomingRequest, _ context: inout AnswerContext
    ) throws(ProblemDetails) -> Command {
        let account = try request.account()
        var (api, name, user): (API?, Name?, UserID?) = (nil, nil, nil)
        var active = true
        var expiresAt: Timestamp?
        try request.readObject(Bodies.key, required: [.api, .name, .user]) {
            field, reader throws(JSONRefusal) in
            switch field {
            case .api: api = try reader.api()
            case .name: name = try reader.name()
            case .user: user = try reader.id(as: UserID.self)
            case .active: active = try reader.bool()
            case .expires_at: expiresAt = try reader.expiry()
            }
        }
        let opened = try known(api)
        let text = try drawText { KeyText(api: opened, random: $0) }
        let id = drawID()
        context.secret = AnswerContext.NewSecret(text: text, id: id)
        return .createKey(
            NewKey(
                id: KeyID(id), account: account, user: try known(user), api: opened,
                name: try known(name), digest: text.digest, suffix: try text.suffix(),
                active: active, expiresAt: expiresAt))
    }

    private func updateKey(_ request: IncomingRequest) throws(ProblemDetails) -> Command {
        let (account, key) = (try request.account(), try request.id(1, as: KeyID.self))
        var (active, name): (Bool?, Name?) = (nil, nil)
        try request.readObject(Bodies.keyUpdate) { field, reader throws(JSONRefusal) in
            switch field {
            case .active: active = try reader.bool()
            case .name: name = try reader.name()
            }
        }
        switch (active, name) {
        case (let active?, nil): return .setKeyActive(key, account: account, active: active)
        case (nil, let name?): return .renameKey(key, account: account, name: name)
        default:
            // One log entry does one of the two.
            throw ProblemDetails(
                .invalidField, detail: "The body must have one of \"active\" and \"name\".")
        }
    }

    // MARK: Tokens

    private mutating func createToken(
        _ request: IncomingRequest, _ context: inout AnswerContext
    ) throws(ProblemDetails) -> Command {
        var (role, name): (Role?, Name?) = (nil, nil)
        var (account, user): (AccountID?, UserID?) = (nil, nil)
        try request.readObject(Bodies.token, required: [.role]) {
            field, reader throws(JSONRefusal) in
            switch field {
            case .role:
                role = try reader.value("operator, admin, auditor or member", Role.init(text:))
            case .account:
                account = try reader.takeNull() ? nil : try reader.id(as: AccountID.self)
            case .user: user = try reader.takeNull() ? nil : try reader.id(as: UserID.self)
            case .name: name = try reader.takeNull() ? nil : try reader.name()
            }
        }
        let given = try known(role)
        let text = try drawText { KeyText(role: given, random: $0) }
        let id = drawID()
        context.secret = AnswerContext.NewSecret(text: text, id: id)
        return .createToken(
            NewToken(
                id: TokenID(id), role: given, account: account, user: user,
                name: try known(name ?? Name(given.text)), digest: text.digest,
                suffix: try text.suffix()))
    }

    // MARK: Settings

    private func settingsChange(
        _ request: IncomingRequest
    ) throws(ProblemDetails) -> SettingsChange {
        try request.requireJSON()
        var change = SettingsChange()
        var reader = JSONReader(request.body)
        do throws(JSONRefusal) {
            try reader.beginObject()
            while let name = try reader.nextName() {
                guard let setting = Setting.allCases.first(where: { $0.name == name }) else {
                    throw reader.refusal(.unknown)
                }
                guard change[setting] == nil else { throw reader.refusal(.duplicate) }
                let bounds = setting.bounds
                let range = UInt64(bounds.lowerBound)...UInt64(bounds.upperBound)
                change[setting] = UInt32(clamping: try reader.number(in: range))
            }
            try reader.finish()
        } catch {
            throw error.problem
        }
        guard !change.values.isEmpty else {
            throw ProblemDetails(.invalidField, detail: "The body must change a setting.")
        }
        return change
    }

    // MARK: Drawing

    /// A random id; zero stands for none in the tables.
    mutating func drawID() -> UInt64 {
        while true {
            let id = entropy.next()
            if id != 0 { return id }
        }
    }

    mutating func drawText(
        _ make: ([UInt8]) -> KeyText?
    ) throws(ProblemDetails) -> KeyText {
        guard let text = make(entropy.bytes(KeyText.randomBytesWanted)) else {
            throw ProblemDetails(.internalError)
        }
        return text
    }

    /// A member that was read, since the object was refused without it.
    func known<Value>(_ value: Value?) throws(ProblemDetails) -> Value {
        guard let value else { throw ProblemDetails(.internalError) }
        return value
    }
}

extension KeyText {
    /// The last four characters, all that is kept.
    func suffix() throws(ProblemDetails) -> Suffix {
        guard let suffix = Suffix(String(decoding: bytes.suffix(4), as: UTF8.self)) else {
            throw ProblemDetails(.internalError)
        }
        return suffix
    }
}
