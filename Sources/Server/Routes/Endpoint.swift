import HTTP

/// Everything that the HTTP interface does, one case for a method of a path.
public enum Endpoint: String, Hashable, Sendable, CaseIterable {
    case auth, verify, charge, credits
    case createAccount, listAccounts, showAccount, renameAccount, deleteAccount
    case createUser, listUsers, showUser, updateUser, removeUser
    case setLimit, showLimit, removeLimit
    case placeHold, settleHold, voidHold
    case setPool, showPool, removePool
    case createKey, listKeys, showKey, updateKey, revokeKey, revokeKeys
    /// `clusterAudit` is the trail of all accounts and of the cluster itself.
    case usage, audit, clusterAudit, listAPIs
    case findKey
    case createToken, listTokens, showToken, revokeToken, whoami
    case cluster, transferLeadership, takeSnapshot, showSettings, updateSettings
    case addMember, promoteMember, removeMember
    case importKeys, exportKeys
    case openBackup, readBackup, reloadSecrets
    case metrics, live, ready, problemPage
    case rotateKey, createAPI, removeAPI

    /// Whether a request may change the replicated state: its outcome can be unknown.
    var changesState: Bool {
        switch self {
        case .charge, .createAccount, .renameAccount, .deleteAccount, .createUser, .updateUser,
            .removeUser, .setLimit, .removeLimit, .createKey, .updateKey, .revokeKey, .revokeKeys,
            .createToken, .revokeToken, .updateSettings, .addMember, .promoteMember, .removeMember,
            .rotateKey, .createAPI, .removeAPI, .placeHold, .settleHold, .voidHold, .setPool,
            .removePool, .importKeys:
            true
        case .auth, .verify, .credits, .listAccounts, .showAccount, .listUsers, .showUser,
            .showLimit, .showPool, .listKeys, .showKey, .findKey, .usage, .audit, .clusterAudit,
            .listAPIs,
            .listTokens, .showToken, .whoami, .cluster, .transferLeadership, .takeSnapshot,
            .showSettings, .exportKeys, .openBackup, .readBackup, .reloadSecrets, .metrics, .live,
            .ready,
            .problemPage:
            false
        }
    }

    /// The routes, in the order in which they are tried.
    public static let table = RouteTable<Endpoint>([
        Route(.any, "/v1/auth", .auth),
        Route(.any, "/v1/auth/*", .auth),
        Route(.init(.post), "/v1/verify", .verify),
        Route(.init(.post), "/v1/charges", .charge),
        Route(.init(.post), "/v1/holds", .placeHold),
        Route(.init(.post), "/v1/holds/{hold}/settle", .settleHold),
        Route(.init(.post), "/v1/holds/{hold}/void", .voidHold),
        Route(.init(.get), "/v1/credits", .credits),

        Route(.init(.post), "/v1/accounts", .createAccount),
        Route(.init(.get), "/v1/accounts", .listAccounts),
        Route(.init(.get), "/v1/accounts/{account}", .showAccount),
        Route(.init(.patch), "/v1/accounts/{account}", .renameAccount),
        Route(.init(.delete), "/v1/accounts/{account}", .deleteAccount),
        Route(.init(.get), "/v1/accounts/{account}/usage", .usage),
        Route(.init(.get), "/v1/accounts/{account}/audit", .audit),

        Route(.init(.put), "/v1/accounts/{account}/pools/{api}", .setPool),
        Route(.init(.get), "/v1/accounts/{account}/pools/{api}", .showPool),
        Route(.init(.delete), "/v1/accounts/{account}/pools/{api}", .removePool),

        Route(.init(.post), "/v1/accounts/{account}/users", .createUser),
        Route(.init(.get), "/v1/accounts/{account}/users", .listUsers),
        Route(.init(.get), "/v1/accounts/{account}/users/{user}", .showUser),
        Route(.init(.patch), "/v1/accounts/{account}/users/{user}", .updateUser),
        Route(.init(.delete), "/v1/accounts/{account}/users/{user}", .removeUser),
        Route(.init(.post), "/v1/accounts/{account}/users/{user}/revoke-keys", .revokeKeys),
        Route(.init(.put), "/v1/accounts/{account}/users/{user}/limits/{api}", .setLimit),
        Route(.init(.get), "/v1/accounts/{account}/users/{user}/limits/{api}", .showLimit),
        Route(.init(.delete), "/v1/accounts/{account}/users/{user}/limits/{api}", .removeLimit),

        Route(.init(.post), "/v1/accounts/{account}/keys", .createKey),
        Route(.init(.get), "/v1/accounts/{account}/keys", .listKeys),
        Route(.init(.get), "/v1/accounts/{account}/keys/{key}", .showKey),
        Route(.init(.patch), "/v1/accounts/{account}/keys/{key}", .updateKey),
        Route(.init(.delete), "/v1/accounts/{account}/keys/{key}", .revokeKey),

        Route(.init(.post), "/v1/accounts/{account}/keys/{key}/rotate", .rotateKey),
        Route(.init(.post), "/v1/keys/find", .findKey),

        Route(.init(.post), "/v1/apis", .createAPI),
        Route(.init(.get), "/v1/apis", .listAPIs),
        Route(.init(.delete), "/v1/apis/{api}", .removeAPI),
        Route(.init(.post), "/v1/tokens", .createToken),
        Route(.init(.get), "/v1/tokens", .listTokens),
        Route(.init(.get), "/v1/tokens/{token}", .showToken),
        Route(.init(.delete), "/v1/tokens/{token}", .revokeToken),
        Route(.init(.get), "/v1/whoami", .whoami),

        Route(.init(.post), "/v1/imports", .importKeys),
        Route(.init(.get), "/v1/exports", .exportKeys),

        Route(.init(.get), "/v1/audit", .clusterAudit),
        Route(.init(.get), "/v1/cluster", .cluster),
        Route(.init(.post), "/v1/cluster/transfer-leadership", .transferLeadership),
        Route(.init(.post), "/v1/cluster/members", .addMember),
        Route(.init(.post), "/v1/cluster/members/{member}/promote", .promoteMember),
        Route(.init(.delete), "/v1/cluster/members/{member}", .removeMember),
        Route(.init(.post), "/v1/cluster/snapshot", .takeSnapshot),
        Route(.init(.post), "/v1/cluster/backups", .openBackup),
        Route(.init(.get), "/v1/cluster/backups/{backup}", .readBackup),
        Route(.init(.post), "/v1/cluster/reload-secrets", .reloadSecrets),
        Route(.init(.get), "/v1/cluster/settings", .showSettings),
        Route(.init(.patch), "/v1/cluster/settings", .updateSettings),

        Route(.init(.get), "/metrics", .metrics),
        Route(.init(.get), "/livez", .live),
        Route(.init(.get), "/readyz", .ready),
        Route(.init(.get), "/problems/{code}", .problemPage),
    ])

    /// The paths whose bodies may be larger than others: batches of charges, and imports.
    public static let bodyLimits = RequestParser.BodyLimits(
        usual: HTTPLimits.bodyBytes, large: 2 << 20, largePath: "/v1/charges",
        otherLarge: ImportLimits.bodyBytes, otherLargePath: "/v1/imports")

    /// What a success is answered with.
    var successStatus: Status {
        switch self {
        case .createAccount, .createUser, .createKey, .createToken, .addMember, .rotateKey,
            .createAPI, .openBackup, .importKeys:
            .created
        case .deleteAccount, .removeUser, .removeLimit, .removePool, .revokeKey, .revokeToken,
            .removeMember, .removeAPI:
            .noContent
        default: .ok
        }
    }

    /// Whether the key that it presents is what it is about.
    var takesKey: Bool {
        switch self {
        case .auth, .verify, .charge, .placeHold, .settleHold, .voidHold, .credits: true
        default: false
        }
    }
}
