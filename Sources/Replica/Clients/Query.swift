import Basics
import Keyring

/// A question about the replicated state.
public enum Query: Hashable, Sendable {
    case whoami
    case account(AccountID)
    case accounts(PageRequest)
    case user(UserID, account: AccountID)
    case users(account: AccountID, PageRequest)
    case key(KeyID, account: AccountID)
    case keys(account: AccountID, KeyFilter, PageRequest)
    case limit(UserID, account: AccountID, API)
    case pool(account: AccountID, API)
    case usage(account: AccountID, PageRequest)
    /// Of one account, or for operators of all and of the cluster itself.
    case audit(account: AccountID?, PageRequest)
    /// The part of it that is about one of these.
    case history(of: [AuditSubject], account: AccountID?, PageRequest)
    /// A key in whatever account, by its digest or id.
    case findKey(KeyReference)
    case token(TokenID)
    /// Of one account, or all that the asker may see.
    case tokens(account: AccountID?, PageRequest)
    case settings
    /// What the presented API key can spend.
    case credits
    case apis(PageRequest)
    /// What would be wrong with an import.
    case importFaults(KeyImport)
    /// An account's keys with their digests.
    case exportedKeys(account: AccountID, PageRequest)
}

/// The answer to a `Query`.
public enum QueryAnswer: Hashable, Sendable {
    case identity(Identity)
    case account(AccountDetail)
    case accounts(Page<AccountDetail>)
    case user(UserDetail)
    case users(Page<UserDetail>)
    case key(KeyDetail)
    case foundKey(FoundKey)
    case keys(Page<KeyDetail>)
    case limit(LimitDetail)
    case pool(PoolDetail)
    case usage(Page<UsageRow>)
    case audit(Page<AuditItem>)
    case token(TokenDetail)
    case tokens(Page<TokenDetail>)
    case settings(ClusterSettings)
    case credits(CreditsAnswer)
    case apis(Page<APIDetail>)
    case importFaults(ImportFaults)
    case exportedKeys(Page<ExportedKey>)
    case refused(Refusal)
}
