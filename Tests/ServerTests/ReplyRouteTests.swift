import Basics
import HTTP
import Testing

@testable import Keyring
@testable import Replica
@testable import Server

/// The node's replies, and the bytes that they become.
@Suite struct ReplyRouteTests {
    typealias Fixture = RouteFixture

    static let index = LogIndex(50)
    static let time = Timestamp(milliseconds: 1_795_440_636_000)
    static let author = Author(token: TokenID(8), user: Fixture.user)

    static func name(_ text: String) -> Name {
        guard let name = Name(text) else { preconditionFailure("no name") }
        return name
    }

    static func suffix() -> Suffix {
        guard let suffix = Suffix("wxyz") else { preconditionFailure("no suffix") }
        return suffix
    }

    static func keyDetail(_ id: UInt64) -> KeyDetail {
        KeyDetail(
            id: KeyID(id), account: Fixture.account, user: Fixture.user, api: .rest,
            name: name("n\"1"), state: .active, createdAt: time, createdBy: author,
            lastUsedAt: nil, suffix: suffix(), changedAt: index)
    }

    static let keyJSON =
        #""account":"acc_00000000001","user":"usr_00000000002","api":"rest","name":"n\"1","#
        + #""state":"active","created_at":"2026-11-23T13:30:36.000Z","#
        + #""created_by":"usr_00000000002","last_used_at":null,"expires_at":null,"#
        + #""retires_at":null,"replaces":null,"replaced_by":null,"display":"kc_rest_…wxyz""#

    static func context(
        _ endpoint: Endpoint, isBatch: Bool = false, omitsContent: Bool = false
    ) -> AnswerContext {
        var context = AnswerContext(
            AnswerForm(
                endpoint: endpoint, mark: RequestMark(high: 1, low: 2), keepsAlive: true,
                omitsContent: omitsContent))
        context.isBatch = isBatch
        return context
    }

    static func rendered(
        _ reply: ClientReply, _ endpoint: Endpoint, isBatch: Bool = false
    ) -> Response {
        var fixture = Fixture()
        return fixture.render(reply, context(endpoint, isBatch: isBatch))
    }

    static func changed(_ result: Change.Result, replayed: Bool = false) -> ClientReply {
        .outcome(.changed(Change(result, index: index, replayed: replayed)), at: index)
    }

    static let limit = LimitDetail(
        user: Fixture.user, api: .rest, credits: Credits(clamping: 10), period: .month,
        spent: Credits(clamping: 3), held: .zero, remaining: Credits(clamping: 7),
        resetsAt: time, changedAt: index)

    static let pool = PoolDetail(
        account: Fixture.account, api: .rest, credits: Credits(clamping: 50), period: .none,
        spent: Credits(clamping: 9), held: Credits(clamping: 4), remaining: Credits(clamping: 37),
        resetsAt: nil, changedAt: index)

    static let changes: [(Endpoint, Change.Result, String)] = [
        (
            .createAccount,
            .account(
                AccountDetail(
                    id: Fixture.account, name: name("A"), createdAt: time, changedAt: index)),
            #"201 {"id":"acc_00000000001","name":"A","created_at":"2026-11-23T13:30:36.000Z"}"#
        ),
        (.deleteAccount, .accountDeleted(Fixture.account), "204 "),
        (.removeUser, .userRemoved(Fixture.user), "204 "),
        (.revokeKey, .keyRevoked(KeyID(3)), "204 "),
        (.revokeToken, .tokenRevoked(TokenID(3)), "204 "),
        (.removeLimit, .limitRemoved(Fixture.user, .rest), "204 "),
        (
            .revokeKeys, .keysRevoked(Fixture.user, count: 2),
            #"200 {"user":"usr_00000000002","revoked":2}"#
        ),
        (
            .setLimit, .limit(limit),
            #"200 {"user":"usr_00000000002","api":"rest","credits":10,"period":"month","spent":3,"#
                + #""held":0,"remaining":7,"resets_at":"2026-11-23T13:30:36.000Z"}"#
        ),
        (
            .setPool, .pool(pool),
            #"200 {"account":"acc_00000000001","api":"rest","credits":50,"period":"none","#
                + #""spent":9,"held":4,"remaining":37,"resets_at":null}"#
        ),
        (.removePool, .poolRemoved(Fixture.account, .rest), "204 "),
        (.updateKey, .key(keyDetail(3)), #"200 {"id":"key_00000000003",\#(keyJSON)}"#),
        (
            .rotateKey, .keyRotated(keyDetail(4), old: keyDetail(3)),
            #"201 {"id":"key_00000000004",\#(keyJSON),"old":{"id":"key_00000000003",\#(keyJSON)}}"#
        ),
        (
            .createAPI, .api(APIDetail(api: .batch, name: name("B"))),
            #"201 {"slug":"batch","name":"B"}"#
        ),
        (.removeAPI, .apiRemoved(.batch), "204 "),
    ]

    @Test func `a change that was made is shown with its index`() {
        for (endpoint, result, expected) in Self.changes {
            let answer = Self.rendered(Self.changed(result), endpoint)
            #expect("\(answer.status) \(answer.text)" == expected, "\(endpoint)")
            #expect(answer.field("x-keyclave-index") == "50")
            #expect(answer.field("x-keyclave-node") == "n7")
            #expect(answer.field("idempotency-replayed") == nil)
        }
    }

    @Test func `the text of a key is in the first answer only`() throws {
        var fixture = Fixture()
        let result = fixture.send(
            "POST \(RequestRouteTests.account)/keys", [RequestRouteTests.bearer],
            #"{"api":"rest","name":"n","user":"usr_00000000002"}"#)
        let context = try #require(result.context)
        let secret = try #require(context.secret)
        let first = fixture.render(Self.changed(.key(Self.keyDetail(secret.id))), context)
        #expect(first.status == 201)
        #expect(first.json?["key"] == .string(secret.text.secret))
        let replayed = fixture.render(
            Self.changed(.key(Self.keyDetail(3)), replayed: true), context)
        #expect(replayed.status == 201)
        #expect(replayed.text == #"{"id":"key_00000000003",\#(Self.keyJSON)}"#)
        #expect(replayed.field("idempotency-replayed") == "true")
        // Another key than the one whose text is held: never mixed up.
        let other = fixture.render(Self.changed(.key(Self.keyDetail(3))), context)
        #expect(other.json?["key"] == nil)
    }

    @Test func `the text of a rotation's new key is in the first answer only`() throws {
        var fixture = Fixture()
        let result = fixture.send(
            "POST \(RequestRouteTests.key)/rotate", [RequestRouteTests.bearer], "")
        let context = try #require(result.context)
        let secret = try #require(context.secret)
        let change = Change.Result.keyRotated(Self.keyDetail(secret.id), old: Self.keyDetail(3))
        let first = fixture.render(Self.changed(change), context)
        #expect(first.status == 201)
        #expect(first.json?["key"] == .string(secret.text.secret))
        #expect(first.json?["old"]?["id"] == .string("key_00000000003"))
        let replayed = fixture.render(Self.changed(change, replayed: true), context)
        #expect(replayed.json?["key"] == nil)
    }

    @Test func `charges tell what was spent`() {
        let receipt = ChargeReceipt(
            charged: Credits(clamping: 5), spent: Credits(clamping: 9), remaining: nil,
            index: LogIndex(48), replayed: true)
        let text = #"{"charged":5,"spent":9,"remaining":null,"index":48,"replayed":true}"#
        let single = Self.rendered(.outcome(.charged([.charged(receipt)]), at: Self.index), .charge)
        #expect("\(single.status) \(single.text)" == "200 " + text)

        let exhausted = Refusal.creditsExhausted(
            remaining: Credits(clamping: 4), allowance: Credits(clamping: 10))
        let refused = Self.rendered(
            .outcome(.charged([.refused(exhausted)]), at: Self.index), .charge)
        #expect(refused.status == 403)
        #expect(refused.json?["code"] == .string("credits_exhausted"))
        #expect(refused.json?["remaining"] == .number(4))
        #expect(refused.json?["limit"] == .number(10))

        let outcomes: [ChargeOutcome] = [
            .charged(receipt), .refused(exhausted), .refused(.invalidKey),
            .refused(.idempotencyConflict),
        ]
        let batch = Self.rendered(
            .outcome(.charged(outcomes), at: Self.index), .charge, isBatch: true)
        let items = batch.json?["charges"]?.array ?? []
        #expect(batch.status == 200)
        #expect(items.count == 4)
        #expect(
            items.first.map { value in
                var json = JSONWriter()
                value.write(to: &json)
                return json.text
            } == text)
        #expect(items.dropFirst().map { $0["status"]?.number } == [403, 401, 422])
        #expect(
            items.dropFirst().map { $0["code"]?.string } == [
                "credits_exhausted", "invalid_key", "idempotency_conflict",
            ])
    }

    static let refusals: [(Refusal, String)] = [
        (.unauthenticated, "401 invalid_token"), (.forbidden, "403 forbidden"),
        (.accountNotFound, "404 not_found"), (.userNotFound, "404 not_found"),
        (.keyNotFound, "404 not_found"), (.tokenNotFound, "404 not_found"),
        (.limitNotFound, "404 not_found"), (.apiNotFound, "400 invalid_field"),
        (.duplicateEmail, "409 duplicate_email"),
        (.activeKeyLimit(limit: 3), "409 active_key_limit"),
        (.keyLimit(limit: 100), "409 key_limit"), (.tokenLimit(limit: 9), "409 token_limit"),
        (.keyRevoked, "409 key_revoked"), (.roleMismatch, "400 invalid_field"),
        (.lastOperator, "409 conflict"),
        (.memberRefused(.formerMember), "409 member_conflict"),
        (.memberRefused(.alreadyMember), "409 member_conflict"),
        (.memberRefused(.addressTaken), "409 member_conflict"),
        (.memberRefused(.tooManyMembers), "409 member_conflict"),
        (.memberRefused(.unknownMember), "404 not_found"),
        (.memberRefused(.notCaughtUp), "409 not_caught_up"),
        (.memberRefused(.lastVoter), "409 last_voter"),
        (.memberRefused(.noMajority), "409 no_majority"),
        (.memberRefused(.changeUnderWay), "409 change_under_way"),
        (.settingRefused(.requestSeconds), "400 invalid_field"),
        (.identifierTaken, "503 unavailable"), (.capacity, "503 capacity"),
        (.invalidKey, "401 invalid_key"), (.chargeOutOfRange, "400 invalid_field"),
        (.idempotencyConflict, "422 idempotency_conflict"),
        (.idempotencyTooOld, "422 too_old"), (.idempotencyTooNew, "400 idempotency_key_ahead"),
        (.idempotencyCapacity, "503 idempotency_capacity"),
        (.cursorMalformed, "400 invalid_query"),
        (.keyRetiring, "409 key_retiring"), (.keyExpired, "409 key_expired"),
        (.keyInactive, "409 key_inactive"), (.expiryPassed, "400 invalid_field"),
        (.graceTooLong, "400 invalid_field"), (.apiTaken, "409 api_taken"),
        (.apiInUse, "409 api_in_use"), (.apiLimit(limit: 64), "409 api_limit"),
    ]

    @Test func `every refusal has its problem`() throws {
        for (refusal, expected) in Self.refusals {
            for reply in [
                ClientReply.outcome(.refused(refusal), at: Self.index),
                .answer(.refused(refusal), at: Self.index),
            ] {
                let answer = Self.rendered(reply, .createKey)
                #expect("\(answer.status) \(answer.code ?? "")" == expected, "\(refusal)")
                #expect(answer.field("content-type") == "application/problem+json")
                #expect(answer.json?["request_id"]?.string == "0000000000100000000002")
                if answer.status == 503 { #expect(answer.field("retry-after") != nil) }
                if answer.status == 401 { #expect(answer.field("www-authenticate") == "Bearer") }
            }
        }
        #expect(
            Self.rendered(.answer(.refused(.activeKeyLimit(limit: 3)), at: Self.index), .createKey)
                .json?["limit"] == .number(3))
        #expect(
            Self.rendered(.answer(.refused(.invalidKey), at: Self.index), .credits)
                .json?["title"] == .string("Invalid API key"))
    }

    @Test func `what failed on the way has its problem`() {
        for (failure, endpoint, expected) in [
            (ClientFailure.unauthenticated, Endpoint.whoami, "401 invalid_token"),
            (.unauthenticated, .credits, "401 invalid_key"),
            (.forbidden, .takeSnapshot, "403 forbidden"),
            (.noLeader, .charge, "503 no_leader"), (.overloaded, .charge, "503 overloaded"),
            (.diskFull, .charge, "503 disk_full"), (.unavailable, .charge, "503 unavailable"),
            (.transferFailed, .transferLeadership, "503 unavailable"),
            (.changeUnderWay, .addMember, "409 change_under_way"),
            (.notMember, .charge, "503 unavailable"),
            (.cannotLead, .transferLeadership, "400 invalid_field"),
            (.noLeader, .credits, "503 no_leader"), (.noLeader, .createKey, "503 no_leader"),
            (.outcomeUnknown, .charge, "504 outcome_unknown"),
        ] {
            let answer = Self.rendered(.failed(failure), endpoint)
            #expect("\(answer.status) \(answer.code ?? "")" == expected)
            // What is asked with a key is always told how much this node knew.
            let index = [.charge, .credits].contains(endpoint) ? "42" : nil
            #expect(answer.field("x-keyclave-index") == index)
            if case .cannotLead = failure { #expect(answer.json?["field"] == .string("to")) }
            if case .outcomeUnknown = failure {
                // The request's own, as in the log line of its failure: it may share an entry.
                #expect(answer.json?["request_id"] == .string("0000000000100000000002"))
            }
        }
    }

    static let answers: [(Endpoint, QueryAnswer, String)] = [
        (
            .whoami,
            .identity(
                Identity(
                    token: TokenID(8), role: .operator, account: nil, user: nil, name: name("o"))),
            #"{"id":"tok_00000000008","role":"operator","account":null,"user":null,"name":"o"}"#
        ),
        (
            .listAPIs,
            .apis(Page(items: [APIDetail(api: .rest, name: name("REST API"))])),
            #"{"items":[{"slug":"rest","name":"REST API"}],"next":null}"#
        ),
        (
            .listKeys,
            .keys(Page(items: [keyDetail(3)], next: Cursor(1, 2, 3, 4))),
            #"{"items":[{"id":"key_00000000003",\#(keyJSON)}],"next":"00000000001000000000020000000000300000000004"}"#
        ),
        (.listAccounts, .accounts(Page()), #"{"items":[],"next":null}"#),
        (
            .usage,
            .usage(
                Page(items: [
                    UsageRow(
                        user: Fixture.user, api: .batch, allowance: nil, period: .none,
                        spent: Credits(clamping: 6), held: .zero, remaining: nil, resetsAt: nil,
                        keys: [KeyUsage(key: KeyID(4), spent: Credits(clamping: 6))])
                ])),
            #"{"items":[{"user":"usr_00000000002","api":"batch","allowance":null,"period":null,"#
                + #""spent":6,"held":0,"remaining":null,"resets_at":null,"#
                + #""keys":[{"key":"key_00000000004","spent":6}]}],"next":null}"#
        ),
        (
            .audit,
            .audit(
                Page(items: [
                    AuditItem(
                        index: LogIndex(9), at: time, actor: Author(token: TokenID(8), user: nil),
                        account: Fixture.account, action: .limitSet,
                        subject: .limit(Fixture.user, .rest))
                ])),
            #"{"items":[{"index":9,"at":"2026-11-23T13:30:36.000Z","actor":"tok_00000000008","#
                + #""token":"tok_00000000008","account":"acc_00000000001","action":"limit.set","#
                + #""subject":"usr_00000000002/rest"}],"next":null}"#
        ),
        (
            .usage,
            .usage(
                Page(items: [
                    UsageRow(
                        user: Fixture.user, api: .rest, allowance: nil, period: .none,
                        spent: Credits(clamping: 6), held: .zero, remaining: nil, resetsAt: nil,
                        keys: [], isContinued: true)
                ])),
            #"{"items":[{"user":"usr_00000000002","api":"rest","allowance":null,"period":null,"#
                + #""spent":6,"held":0,"remaining":null,"resets_at":null,"continued":true,"#
                + #""keys":[]}],"next":null}"#
        ),
        (
            .clusterAudit,
            .audit(
                Page(items: [
                    AuditItem(
                        index: LogIndex(9), at: time, actor: Author(token: TokenID(8), user: nil),
                        account: nil, action: .settingsUpdated, subject: .cluster)
                ])),
            #"{"items":[{"index":9,"at":"2026-11-23T13:30:36.000Z","actor":"tok_00000000008","#
                + #""token":"tok_00000000008","account":null,"action":"settings.updated","#
                + #""subject":"cluster"}],"next":null}"#
        ),
        (
            .credits,
            .credits(
                CreditsAnswer(
                    key: KeyID(3), account: Fixture.account, user: Fixture.user, api: .rest,
                    allowance: Credits(clamping: 10_000), period: .month,
                    spent: Credits(clamping: 5_011), remaining: Credits(clamping: 4_989),
                    resetsAt: time, held: Credits(clamping: 2),
                    pool: pool)),
            #"{"allowance":10000,"user_remaining":4989,"period":"month","#
                + #""resets_at":"2026-11-23T13:30:36.000Z","spent":5011,"held":2,"api":"rest","#
                + #""pool":{"allowance":50,"remaining":37,"period":"none","resets_at":null}}"#
        ),
    ]

    @Test func `every answer is shown in its words`() {
        for (endpoint, answer, expected) in Self.answers {
            let response = Self.rendered(.answer(answer, at: Self.index), endpoint)
            #expect("\(response.status) \(response.text)" == "200 " + expected, "\(endpoint)")
            #expect(response.field("x-keyclave-index") == "50")
            #expect(response.field("content-type") == "application/json")
        }
    }

    @Test func `HEAD is told the length only`() {
        var fixture = Fixture()
        let answer = fixture.render(
            .answer(.accounts(Page()), at: Self.index),
            Self.context(.listAccounts, omitsContent: true))
        #expect(answer.field("content-length") == "24")
        #expect(answer.body.isEmpty)
    }

    @Test func `the cluster is shown as this node sees it`() throws {
        let member = { (id: UInt32, match: LogIndex?, isHealthy: Bool?) in
            ClusterStatus.Member(
                id: NodeID(id), isVoter: id != 3, address: "127.0.0.1:720\(id)",
                clientAddress: id == 1 ? "127.0.0.1:7101" : "", match: match, applied: match,
                isHealthy: isHealthy,
                leaseRemaining: match.map { .milliseconds(Int64($0.rawValue) * 25) },
                lease: match.map { _ in isHealthy == true ? .held : .absent })
        }
        let status = ClusterStatus(
            clusterID: [0xAB] + [UInt8](repeating: 0, count: 14) + [0x0F], node: NodeID(1),
            role: .leader, standing: .whole, term: Term(4), leader: NodeID(1),
            commitIndex: LogIndex(60), appliedIndex: LogIndex(59), lastIndex: LogIndex(61),
            durableIndex: LogIndex(61), snapshotIndex: nil, logTime: Self.time,
            isDiskFull: false, clocksDisagree: true,
            members: [
                member(1, LogIndex(61), true), member(2, LogIndex(50), false), member(3, nil, nil),
            ])
        let answer = Self.rendered(.status(status), .cluster)
        let json = try #require(answer.json)
        #expect(answer.field("x-keyclave-index") == "59")
        #expect(json["cluster_id"] == .string("ab000000-0000-0000-0000-00000000000f"))
        #expect(json["leader"] == .string("n1"))
        #expect(json["term"] == .number(4))
        #expect(json["role"] == .string("leader"))
        #expect(json["version"] == .string("test"))
        #expect(json["clock_disagreement"] == .bool(true))
        let members = json["members"]?.array ?? []
        #expect(members.map { $0["id"]?.string } == ["n1", "n2", "n3"])
        #expect(members.map { $0["role"]?.string } == ["voter", "voter", "learner"])
        #expect(members.map { $0["match"] } == [.number(61), .number(50), .null])
        #expect(
            members.map { $0["lease_remaining_ms"] } == [.number(1_525), .number(1_250), .null])
        #expect(members.map { $0["lease"] } == [.string("held"), .string("none"), .null])
        #expect(members.map { $0["healthy"] } == [.bool(true), .bool(false), .null])
    }

    @Test func `settings are shown by their names`() {
        let answer = Self.rendered(
            .answer(.settings(.standard), at: Self.index), .showSettings)
        for setting in Setting.allCases {
            let value = ClusterSettings.standard[keyPath: setting.path]
            #expect(answer.json?[setting.name] == .number(UInt64(value)))
        }
    }

    @Test func `operations on the cluster tell their index`() {
        let answer = Self.rendered(.done(at: Self.index), .takeSnapshot)
        #expect("\(answer.status) \(answer.text)" == #"200 {"index":50}"#)
    }
}
