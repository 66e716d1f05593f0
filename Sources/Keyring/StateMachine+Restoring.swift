import Basics

/// How much a state holds, for who looks at a backup.
public struct StateSummary: Hashable, Sendable {
    public var accounts = 0
    public var users = 0
    /// Retiring ones counted in.
    public var activeKeys = 0
    public var inactiveKeys = 0
    /// Revoked, expired, or of a user or account that is gone.
    public var deadKeys = 0
    /// Those that can be used.
    public var tokens = 0
    public var operatorTokens = 0
    public var limits = 0
    public var pools = 0
    /// That haven't ended, and whose user isn't removed.
    public var openHolds = 0
    /// Ids of charges and changes, with their answers.
    public var idempotencyRecords = 0
    public var auditRecords = 0
    public var apis: [API] = []
    public var settings: ClusterSettings
}

extension StateMachine {
    /// Counts everything. Visits every record.
    public var summary: StateSummary {
        var summary = StateSummary(settings: settings)
        for number in 0..<state.accounts.slotCount {
            guard let account = state.accounts.record(at: number), !account.isDeleted else {
                continue
            }
            summary.accounts += 1
            summary.pools += account.pools.count { $0.allowance != nil }
        }
        for number in 0..<state.users.slotCount {
            guard let user = state.users.record(at: number), isPresent(user) else { continue }
            summary.users += 1
            summary.limits += user.credits.count { $0.allowance != nil }
            summary.openHolds += Int(user.openHolds)
        }
        for number in 0..<state.keys.slotCount {
            guard let key = state.keys.record(at: number) else { continue }
            guard isPresent(state.users[key.user]) else {
                summary.deadKeys += 1
                continue
            }
            switch key.state {
            case .active, .retiring: summary.activeKeys += 1
            case .inactive: summary.inactiveKeys += 1
            case .revoked, .expired: summary.deadKeys += 1
            }
        }
        for number in 0..<state.tokens.slotCount {
            guard let token = state.tokens.record(at: number), isUsable(token) else { continue }
            summary.tokens += 1
            if token.role == .operator { summary.operatorTokens += 1 }
        }
        summary.idempotencyRecords = idempotencyRecordCount
        summary.auditRecords = state.audit.records.count
        summary.apis = apis
        return summary
    }

    private func isPresent(_ user: UserRecord) -> Bool {
        !user.isRemoved && !state.accounts[user.account].isDeleted
    }
}

// Going on as another cluster.
extension StateMachine {
    /// What stands in the way of a restoration.
    public enum RestoringRefusal: Error, Hashable, Sendable {
        /// The token is another role's, or was revoked.
        case tokenUnusable
        case tooManyTokens
    }

    /// A token for the operator of the restored cluster, beside those that the state has.
    public struct NewOperator: Hashable, Sendable {
        public var id: TokenID
        public var digest: Digest
        public var suffix: Suffix

        public init(id: TokenID, digest: Digest, suffix: Suffix) {
            self.id = id
            self.digest = digest
            self.suffix = suffix
        }
    }

    /// Takes the one step that begins another cluster with this state: one log index further, with
    /// a record in the audit trail, and the operator's token if one is given.
    ///
    /// Everything else stays: time, tokens, balances and what is remembered of charges. Nodes that
    /// take the step with the same token come to the same state.
    public mutating func beginAnew(with newOperator: NewOperator?) throws(RestoringRefusal) {
        var step = Step(index: state.index.next, time: state.time, date: state.date)
        var author = state.tokens[firstOperator].id
        if let newOperator {
            author = try admit(newOperator, &step)
        }
        state.index = step.index
        state.keyStateIndex = step.index
        audit(.clusterRestored, .cluster, in: nil, Author(token: author, user: nil), &step)
    }

    /// Puts the token behind the others. One that is there already is as good.
    private mutating func admit(
        _ new: NewOperator, _ step: inout Step
    ) throws(RestoringRefusal) -> TokenID {
        if let slot = tokenSlot(of: new.digest) {
            let token = state.tokens[slot]
            guard token.role == .operator, isUsable(token) else { throw .tokenUnusable }
            return token.id
        }
        guard slot(of: new.id) == nil else { throw .tokenUnusable }
        guard state.liveOperatorTokens < state.settings.tokensPerAccount, !state.tokens.isFull,
            let name = Name("operator")
        else { throw .tooManyTokens }
        let slot = state.tokens.insert(
            TokenRecord(
                id: new.id, digest: new.digest, role: .operator, account: .none, user: .none,
                name: name, suffix: new.suffix, since: step.time, author: nil,
                createdAt: step.index, changedAt: step.index))
        state.tokens.append(slot, to: &state.operatorTokens)
        state.liveOperatorTokens += 1
        index.add(state.tokens[slot], slot)
        return new.id
    }

    /// What a node of the restored cluster is formatted with. It starts from the snapshot beside
    /// it, and never from this.
    public func genesis(at time: Timestamp) -> Genesis {
        let token = state.tokens[firstOperator]
        return Genesis(
            settings: settings, operatorToken: token.id, operatorDigest: token.digest,
            operatorSuffix: token.suffix, time: time)
    }

    /// The oldest of the operators' tokens that can be used: there is always one.
    private var firstOperator: Slot<TokenRecord> {
        var slot = state.operatorTokens.first
        while !slot.isNone, state.tokens[slot].isRevoked { slot = state.tokens[slot].next }
        precondition(!slot.isNone, "the last operator token can't be revoked")
        return slot
    }
}
