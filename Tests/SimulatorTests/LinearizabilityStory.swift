import Basics
import Keyring
import Replica

@testable import Simulator

/// The history of one account, with one user and one key, as a list of what was asked and told.
struct Story {
    static let account = AccountID(100)
    static let user = UserID(200)
    static let key = KeyID(300)
    static let digest = Digest(3, 0, 0, 0)
    static let line = "\(user)/rest"
    /// 2026-03-31T00:00:00Z.
    static let start = Timestamp(milliseconds: 1_774_915_200_000)

    var operations: [RecordedOperation] = []
    /// The indices at which a day begins.
    var days: [Int] = []

    /// With the account and the user.
    init() {
        guard let name = Name("Acme"), let email = EmailAddress("ann@acme.test") else {
            preconditionFailure("a name and an address")
        }
        ask(.createAccount(Story.account, name: name), 1, 2)
        let account = AccountDetail(
            id: Story.account, name: name, createdAt: Story.start, changedAt: LogIndex(1))
        told(.outcome(.changed(Change(.account(account), index: LogIndex(1)))), index: 1)
        ask(
            .createUser(
                Story.user, account: Story.account, email: email, name: name, role: .member), 3, 4)
        let user = UserDetail(
            id: Story.user, account: Story.account, email: email, name: name, role: .member,
            createdAt: Story.start, changedAt: LogIndex(2))
        told(.outcome(.changed(Change(.user(user), index: LogIndex(2)))), index: 2)
    }

    var history: ClientHistory {
        var time = Story.start
        let times = (1...20).map { index in
            if days.contains(index) { time = time + .seconds(86_400) }
            return time
        }
        return ClientHistory(operations, logTimes: times, since: Story.start)
    }

    mutating func ask(
        _ command: Command, id: IdempotencyKey? = nil, _ invoked: Int64, _ returned: Int64?
    ) {
        ask(.command(command, id: id), invoked, returned)
    }

    /// What was told is filled in by `told`.
    private mutating func ask(
        _ request: RecordedOperation.Request, _ invoked: Int64, _ returned: Int64?
    ) {
        let response = returned.map {
            RecordedOperation.Response(
                at: Instant(nanoseconds: $0), result: .outcome(.noted), index: .zero)
        }
        operations.append(
            RecordedOperation(
                client: 0, request: request, invoked: Instant(nanoseconds: invoked),
                response: response))
    }

    mutating func told(_ result: RecordedOperation.Result, index: UInt64) {
        operations[operations.count - 1].response?.result = result
        operations[operations.count - 1].response?.index = LogIndex(index)
    }

    /// Moves one of the last operations to another time.
    mutating func shift(last position: Int, to invoked: Int64, _ returned: Int64) {
        let place = operations.count - position
        operations[place].invoked = Instant(nanoseconds: invoked)
        operations[place].response?.at = Instant(nanoseconds: returned)
    }

    func detail(_ state: KeyState, changedAt: UInt64) -> KeyDetail {
        KeyDetail(
            id: Story.key, account: Story.account, user: Story.user, api: .rest, name: Story.name,
            state: state, createdAt: Story.start,
            createdBy: Author(token: TokenID(1), user: nil), lastUsedAt: nil,
            suffix: Workload.suffix, changedAt: LogIndex(changedAt))
    }

    static var name: Name {
        guard let name = Name("key") else { preconditionFailure("a name") }
        return name
    }

    mutating func create(active: Bool, at index: UInt64) {
        let new = NewKey(
            id: Story.key, account: Story.account, user: Story.user, api: .rest,
            name: Story.name, digest: Story.digest, suffix: Workload.suffix, active: active)
        ask(.createKey(new), 30, 39)
        let detail = detail(active ? .active : .inactive, changedAt: index)
        told(.outcome(.changed(Change(.key(detail), index: LogIndex(index)))), index: index)
    }

    mutating func toggle(
        _ active: Bool, index: UInt64, _ invoked: Int64, _ returned: Int64
    ) {
        ask(
            .setKeyActive(Story.key, account: Story.account, active: active), invoked, returned)
        let detail = detail(active ? .active : .inactive, changedAt: index)
        told(.outcome(.changed(Change(.key(detail), index: LogIndex(index)))), index: index)
    }

    mutating func revoke(index: UInt64, _ invoked: Int64, _ returned: Int64) {
        ask(.revokeKey(Story.key, account: Story.account), invoked, returned)
        let change = Change(.keyRevoked(Story.key), index: LogIndex(index))
        told(.outcome(.changed(change)), index: index)
    }

    mutating func read(
        _ state: KeyState, changedAt: UInt64, _ invoked: Int64, _ returned: Int64
    ) {
        ask(.question(.key(Story.key, account: Story.account)), invoked, returned)
        told(.answer(.key(detail(state, changedAt: changedAt))), index: changedAt)
    }

    static func charge(_ credits: UInt64, id: String) -> Charge {
        guard let id = IdempotencyKey(id) else { preconditionFailure("an id") }
        return Charge(key: .digest(digest), credits: credits, id: id)
    }

    mutating func charge(
        _ credits: UInt64, id: String, spent: UInt64, of allowance: UInt64? = nil, index: UInt64,
        replayed: Bool = false, _ invoked: Int64, _ returned: Int64
    ) {
        ask(.charge([Story.charge(credits, id: id)]), invoked, returned)
        let remaining = allowance.map { Credits(clamping: $0) - Credits(clamping: spent) }
        let receipt = ChargeReceipt(
            charged: Credits(clamping: credits), spent: Credits(clamping: spent),
            remaining: remaining, index: LogIndex(index), replayed: replayed)
        told(.outcome(.charged([.charged(receipt)])), index: index)
    }

    mutating func refuseCharge(
        _ credits: UInt64, id: String, _ refusal: Refusal, _ invoked: Int64, _ returned: Int64
    ) {
        ask(.charge([Story.charge(credits, id: id)]), invoked, returned)
        told(.outcome(.charged([.refused(refusal)])), index: 7)
    }

    mutating func limit(
        _ credits: UInt64, period: Period = .none, spent: UInt64, index: UInt64,
        _ invoked: Int64, _ returned: Int64
    ) {
        let allowance = Credits(clamping: credits)
        ask(
            .setLimit(
                Story.user, account: Story.account, api: .rest, credits: allowance, period: period),
            invoked, returned)
        let limit = LimitDetail(
            user: Story.user, api: .rest, credits: allowance, period: period,
            spent: Credits(clamping: spent), held: .zero,
            remaining: allowance - Credits(clamping: spent),
            resetsAt: CalendarDate(Story.start).end(of: period), changedAt: LogIndex(index))
        told(.outcome(.changed(Change(.limit(limit), index: LogIndex(index)))), index: index)
    }
}
