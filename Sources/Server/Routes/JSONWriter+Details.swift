import Basics
import HTTP
import Keyring
import Replica

// What the keyring holds, as bodies show it.
extension JSONWriter {
    mutating func member<ID: Identifier>(_ name: StaticString, id: ID?) {
        self.name(name)
        guard let id else { return null() }
        plainString { $0.append(id: id) }
    }

    mutating func member(_ name: StaticString, _ time: Timestamp?) {
        self.name(name)
        guard let time else { return null() }
        plainString { RFC3339.append(time, to: &$0) }
    }

    mutating func member(_ name: StaticString, _ credits: Credits?) {
        member(name, credits?.rawValue)
    }

    /// Who did something: the user, or the token if it belongs to none.
    mutating func member(_ name: StaticString, _ author: Author) {
        if let user = author.user {
            member(name, id: user)
        } else {
            member(name, id: author.token)
        }
    }

    /// An object with the members that `write` appends.
    mutating func object(_ write: (inout JSONWriter) -> Void) {
        beginObject()
        write(&self)
        endObject()
    }

    mutating func page<Item>(_ page: Page<Item>, _ write: (Item, inout JSONWriter) -> Void) {
        object { json in
            json.name("items")
            json.beginArray()
            for item in page.items { json.object { write(item, &$0) } }
            json.endArray()
            json.member("next", page.next?.text)
        }
    }

    mutating func answer(_ answer: QueryAnswer, _ endpoint: Endpoint) {
        switch answer {
        case .identity(let identity):
            object { $0.members(of: identity) }
        case .account(let account): object { $0.members(of: account) }
        case .accounts(let page): self.page(page) { $1.members(of: $0) }
        case .user(let user): object { $0.members(of: user) }
        case .users(let page): self.page(page) { $1.members(of: $0) }
        case .key(let key): object { $0.members(of: key) }
        case .foundKey(let found):
            object { json in
                json.members(of: found.key)
                json.member("standing", found.standing.text)
                json.member("changed_index", found.key.changedAt.rawValue)
            }
        case .keys(let page): self.page(page) { $1.members(of: $0) }
        case .limit(let limit): object { $0.members(of: limit) }
        case .pool(let pool): object { $0.members(of: pool) }
        case .usage(let page): self.page(page) { $1.members(of: $0) }
        case .audit(let page): self.page(page) { $1.members(of: $0) }
        case .token(let token): object { $0.members(of: token) }
        case .tokens(let page): self.page(page) { $1.members(of: $0) }
        case .settings(let settings): object { $0.members(of: settings) }
        case .credits(let credits): object { $0.members(of: credits) }
        case .apis(let page): self.page(page) { $1.members(of: $0) }
        case .exportedKeys(let page): self.page(page) { $1.members(of: $0) }
        case .importFaults: preconditionFailure("shown with the number of keys")
        case .refused: preconditionFailure("a refusal is a problem")
        }
    }

    mutating func change(_ change: Change, _ context: AnswerContext) {
        object { json in
            switch change.result {
            case .account(let account): json.members(of: account)
            case .user(let user): json.members(of: user)
            case .limit(let limit): json.members(of: limit)
            case .settings(let settings): json.members(of: settings)
            case .keysRevoked(let user, let count):
                json.member("user", id: user)
                json.member("revoked", UInt64(count))
            case .key(let key):
                json.members(of: key)
                // Once: a repeated request finds the key of the first, whose text is gone.
                if let secret = context.secret, secret.id == key.id.rawValue, !change.replayed {
                    json.member("key", secret.text.secret)
                }
            case .token(let token):
                json.members(of: token)
                if let secret = context.secret, secret.id == token.id.rawValue, !change.replayed {
                    json.member("token", secret.text.secret)
                }
            case .accountDeleted(let id): json.member("id", id: id)
            case .userRemoved(let id): json.member("id", id: id)
            case .limitRemoved(let user, let api):
                json.member("user", id: user)
                json.member("api", api.slug)
            case .pool(let pool): json.members(of: pool)
            case .poolRemoved(let account, let api):
                json.member("account", id: account)
                json.member("api", api.slug)
            case .keyRevoked(let id): json.member("id", id: id)
            case .keysImported(let account, let count):
                json.member("account", id: account)
                json.member("imported", UInt64(count))
            case .tokenRevoked(let id): json.member("id", id: id)
            case .member(let member): json.members(of: member)

            case .keyRotated(let key, let old):
                json.members(of: key)
                if let secret = context.secret, secret.id == key.id.rawValue, !change.replayed {
                    json.member("key", secret.text.secret)
                }
                json.name("old")
                json.object { $0.members(of: old) }
            case .api(let api): json.members(of: api)
            case .apiRemoved(let api): json.member("slug", api.slug)
            }
        }
    }

    mutating func receipt(_ receipt: ChargeReceipt) {
        object { json in
            json.member("charged", receipt.charged)
            json.member("spent", receipt.spent)
            json.member("remaining", receipt.remaining)
            json.member("index", receipt.index.rawValue)
            json.member("replayed", receipt.replayed)
        }
    }
}

// The members of each kind of thing.
extension JSONWriter {
    fileprivate mutating func members(of identity: Identity) {
        member("id", id: identity.token)
        member("role", identity.role.text)
        member("account", id: identity.account)
        member("user", id: identity.user)
        member("name", identity.name.string)
    }

    fileprivate mutating func members(of account: AccountDetail) {
        member("id", id: account.id)
        member("name", account.name.string)
        member("created_at", account.createdAt)
    }

    fileprivate mutating func members(of user: UserDetail) {
        member("id", id: user.id)
        member("account", id: user.account)
        member("email", user.email.string)
        member("name", user.name.string)
        member("role", user.role.text)
        member("created_at", user.createdAt)
    }

    fileprivate mutating func members(of key: KeyDetail) {
        member("id", id: key.id)
        member("account", id: key.account)
        member("user", id: key.user)
        member("api", key.api.slug)
        member("name", key.name.string)
        member("state", key.state.text)
        member("created_at", key.createdAt)
        member("created_by", key.createdBy)
        member("last_used_at", key.lastUsedAt)
        member("expires_at", key.expiresAt)
        member("retires_at", key.retiresAt)
        member("replaces", id: key.replaces)
        member("replaced_by", id: key.replacedBy)
        member("display", key.display)
    }

    fileprivate mutating func members(of api: APIDetail) {
        member("slug", api.api.slug)
        member("name", api.name.string)
    }

    fileprivate mutating func members(of limit: LimitDetail) {
        member("user", id: limit.user)
        member("api", limit.api.slug)
        member("credits", limit.credits)
        member("period", limit.period.text)
        member("spent", limit.spent)
        member("held", limit.held)
        member("remaining", limit.remaining)
        member("resets_at", limit.resetsAt)
    }

    fileprivate mutating func members(of token: TokenDetail) {
        member("id", id: token.id)
        member("role", token.role.text)
        member("account", id: token.account)
        member("user", id: token.user)
        member("name", token.name.string)
        member("active", token.active)
        member("created_at", token.createdAt)
        name("created_by")
        if let author = token.createdBy {
            plainString { bytes in
                if let user = author.user {
                    bytes.append(id: user)
                } else {
                    bytes.append(id: author.token)
                }
            }
        } else {
            null()
        }
        member("display", token.display)
    }

    fileprivate mutating func members(of row: UsageRow) {
        member("user", id: row.user)
        member("api", row.api.slug)
        member("allowance", row.allowance)
        member("period", row.allowance == nil ? nil : row.period.text)
        member("spent", row.spent)
        member("held", row.held)
        member("remaining", row.remaining)
        member("resets_at", row.resetsAt)
        if row.isContinued { member("continued", true) }
        name("keys")
        beginArray()
        for usage in row.keys {
            object { json in
                json.member("key", id: usage.key)
                json.member("spent", usage.spent)
            }
        }
        endArray()
    }

    fileprivate mutating func members(of item: AuditItem) {
        member("index", item.index.rawValue)
        member("at", item.at)
        member("actor", item.actor)
        member("token", id: item.actor.token)
        member("account", id: item.account)
        member("action", item.action.text)
        member("subject", item.subject.text)
    }

    fileprivate mutating func members(of credits: CreditsAnswer) {
        member("allowance", credits.allowance)
        member("user_remaining", credits.remaining)
        member("period", credits.allowance == nil ? nil : credits.period.text)
        member("resets_at", credits.resetsAt)
        member("spent", credits.spent)
        member("held", credits.held)
        member("api", credits.api.slug)
        name("pool")
        guard let pool = credits.pool else { return null() }
        object { json in
            json.member("allowance", pool.credits)
            json.member("remaining", pool.remaining)
            json.member("period", pool.period.text)
            json.member("resets_at", pool.resetsAt)
        }
    }

    fileprivate mutating func members(of settings: ClusterSettings) {
        for setting in Setting.allCases {
            name(escaping: setting.name)
            number(UInt64(settings[keyPath: setting.path]))
        }
    }
}

// The cluster, as one node sees it.
extension JSONWriter {
    mutating func cluster(_ status: ClusterStatus, version: String) {
        object { json in
            json.name("cluster_id")
            json.plainString { $0.append(uuid: status.clusterID) }
            json.member("node", status.node.description)
            json.member("version", version)
            json.member("role", "\(status.role)")
            json.member("standing", status.standing.isWhole ? "whole" : "not_whole")
            json.member("leader", status.leader?.description)
            json.member("term", status.term.rawValue)
            json.member("commit_index", status.commitIndex.rawValue)
            json.member("applied_index", status.appliedIndex.rawValue)
            json.member("last_index", status.lastIndex.rawValue)
            json.member("durable_index", status.durableIndex.rawValue)
            json.member("snapshot_index", status.snapshotIndex?.rawValue)
            json.member("log_time", status.logTime)
            json.member("disk_full", status.isDiskFull)
            json.member("clock_disagreement", status.clocksDisagree)
            json.name("secrets")
            json.secrets(status.secrets)
            json.name("members")
            json.beginArray()
            for member in status.members {
                json.object { $0.members(of: member, in: status) }
            }
            json.endArray()
        }
    }

    private mutating func secrets(_ secrets: [SecretFingerprint]) {
        beginArray()
        for secret in secrets { string(secret.description) }
        endArray()
    }

    private mutating func members(of member: ClusterStatus.Member, in status: ClusterStatus) {
        self.member("id", member.id.description)
        self.member("role", member.isVoter ? "voter" : "learner")
        self.member("address", member.address)
        self.member("http", member.clientAddress.isEmpty ? nil : member.clientAddress)
        self.member("match", member.match?.rawValue)
        self.member("applied", member.applied?.rawValue)
        self.member("lease", member.lease?.code)
        name("lease_remaining_ms")
        if let remaining = member.leaseRemaining {
            number(UInt64(max(0, remaining.milliseconds)))
        } else {
            null()
        }
        name("healthy")
        if let isHealthy = member.isHealthy { bool(isHealthy) } else { null() }
        name("secrets")
        secrets(member.secrets.accepted)
        self.member("secret_to", member.secrets.to?.description)
        self.member("secret_from", member.secrets.from?.description)
    }
}

extension ByteBuffer {
    /// In the form of RFC 9562, 4.
    fileprivate mutating func append(uuid bytes: [UInt8]) {
        for (position, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(position) { append(UInt8(ascii: "-")) }
            for digit in [byte >> 4, byte & 15] { append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
        }
    }
}
