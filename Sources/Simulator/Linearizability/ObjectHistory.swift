import Basics
import Keyring
import Replica

/// The calls that concern one object, in the order of their invocations.
struct ObjectHistory<Call: Equatable> {
    var calls: [TimedCall<Call, KeyclaveReturn>] = []
    /// The deed that each call is part of; nil for what time does.
    var deeds: [Int?] = []
    /// The first call under each id, and the id's number once it has been used twice.
    private var ids: [Deed.Identity: (first: Int, number: Int?)] = [:]
    private var numbers = 0
    /// Of a history of credits, by their numbers.
    var holds: [HoldTimes] = []

    mutating func add(_ call: Call, of deed: Deed, _ number: Int, invoked: Instant) {
        calls.append(
            TimedCall(call: call, result: deed.result, invoked: invoked, returned: deed.returned))
        deeds.append(number)
    }

    /// The number of the id of the call to be added next, and the earlier call that learns it now;
    /// nil for an id not used before.
    mutating func number(
        _ identity: Deed.Identity?
    ) -> (number: Int, firstToLearn: Int?)? {
        guard let identity else { return nil }
        guard let known = ids[identity] else {
            ids[identity] = (calls.count, nil)
            return nil
        }
        if let number = known.number { return (number, nil) }
        defer { numbers += 1 }
        ids[identity] = (known.first, numbers)
        return (numbers, known.first)
    }
}

extension ObjectHistory where Call == KeyModel.Call {
    mutating func add(
        _ action: KeyModel.Action, of deed: Deed, _ number: Int, invoked: Instant
    ) {
        // A charge does nothing to its key: without an answer there is nothing to explain.
        if case .charge = action, deed.result == nil { return }
        let id = self.number(deed.identity)
        if let id, let first = id.firstToLearn { calls[first].call.id = id.number }
        add(
            KeyModel.Call(action: action, id: id?.number), of: deed, number, invoked: invoked)
    }

    /// Time ends the key, or would.
    mutating func add(_ action: KeyModel.Action, between begin: Instant, and end: Instant?) {
        calls.append(
            TimedCall(
                call: KeyModel.Call(action: action, id: nil), result: nil, invoked: begin,
                returned: end))
        deeds.append(nil)
    }
}

extension ObjectHistory where Call == CreditModel.Call {
    mutating func add(
        _ action: CreditModel.Action, of deed: Deed, _ number: Int, date: Int?, invoked: Instant
    ) {
        let id = self.number(deed.identity)
        if let id, let first = id.firstToLearn { calls[first].call.keyclave.id = id.number }
        add(
            CreditModel.Call(
                keyclave: KeyclaveCall(action: action, id: id?.number), date: date),
            of: deed, number, invoked: invoked)
    }

    /// With the days' turns as calls of their own; all on one day if no limit has a period.
    func turningDays(_ dates: LogDates) -> ObjectHistory {
        let hasPeriod = calls.contains { call in
            guard case .setLimit(let allowance) = call.call.keyclave.action else { return false }
            return allowance.period != .none
        }
        var history = self
        guard hasPeriod else {
            for position in calls.indices where calls[position].call.date != nil {
                history.calls[position].call.date = 0
            }
            return history
        }
        for date in dates.days.indices.dropFirst() {
            let interval = turn(to: date)
            let turn = KeyclaveCall(action: CreditModel.Action.reachDate(date), id: nil)
            history.calls.append(
                TimedCall(
                    call: CreditModel.Call(keyclave: turn, date: nil), result: nil,
                    invoked: interval.begin, returned: interval.end))
            history.deeds.append(nil)
        }
        return history
    }

    /// When the day can have turned to `date`: after all calls decided before that day were
    /// invoked, and before the first that was decided on it or later returned.
    private func turn(to date: Int) -> (begin: Instant, end: Instant?) {
        var begin = Instant(nanoseconds: .min)
        var end: Instant?
        for call in calls {
            guard let decided = call.call.date else { continue }
            if decided < date {
                // A replay may be asked for long after its day.
                guard call.call.keyclave.id == nil || call.result?.isFirst == true else {
                    continue
                }
                begin = max(begin, call.invoked)
            } else if let returned = call.returned {
                end = min(end ?? returned, returned)
            }
        }
        // Days in disorder: for the search to refute.
        if let latest = end, latest < begin { end = nil }
        return (begin, end)
    }
}

/// A history's calls, sorted by the objects that they concern.
struct ObjectHistories {
    /// In the order in which the keys were first spoken of.
    private(set) var keys: [(key: KeyID, history: ObjectHistory<KeyModel.Call>)] = []
    private(set) var credits:
        [(line: KeyDirectory.Line, history: ObjectHistory<CreditModel.Call>)] =
            []
    /// Successes with what nobody ever asked to create.
    private(set) var strays: [ClientHistory.Finding] = []

    private let directory: KeyDirectory
    private let dates: LogDates
    private let moments: LogMoments
    /// Successors with whose grace an end is in the history of the key before them.
    private var graces: Set<KeyID> = []
    private var keyPositions: [KeyID: Int] = [:]
    private var creditPositions: [KeyDirectory.Line: Int] = [:]

    init(of history: ClientHistory) {
        directory = history.directory
        dates = history.dates
        moments = history.moments
        for (number, deed) in history.deeds.enumerated() {
            route(deed, number, history.operations[deed.operation].invoked)
        }
    }

    private mutating func route(_ deed: Deed, _ number: Int, _ invoked: Instant) {
        switch deed.content {
        case .command(let command): route(command, deed, number, invoked)
        case .charge(let reference, let credits):
            guard let key = directory.keyID(of: reference), let owner = directory.key(key) else {
                return noteStray(deed)
            }
            add(deed.isUnremembered ? .chargeUnknown : .charge, to: key, deed, number, invoked)
            // What becomes of a key that isn't accepted is no matter of credits.
            guard deed.result?.refusal != .invalidKey else { return }
            var date: Int?
            if case .charge(.charged(let receipt))? = deed.result {
                date = dates.position(of: receipt.index)
            }
            add(
                .charge(credits: credits), to: KeyDirectory.Line(user: owner.user, api: owner.api),
                deed, number, date, invoked)
        case .hold(let command): route(command, deed, number, invoked)
        case .key(let key, let account):
            guard directory.key(key)?.account == account else { return noteStray(deed) }
            add(.readKey, to: key, deed, number, invoked)
        case .credits(let digest):
            guard let key = directory.keyID(of: .digest(digest)), let owner = directory.key(key)
            else { return noteStray(deed) }
            add(.readCredits, to: key, deed, number, invoked)
            guard deed.result?.refusal == nil else { return }
            add(
                .readCredits, to: KeyDirectory.Line(user: owner.user, api: owner.api), deed,
                number, deed.index.flatMap { dates.position(of: $0) }, invoked)
        }
    }

    private mutating func route(
        _ command: HoldCommand, _ deed: Deed, _ number: Int, _ invoked: Instant
    ) {
        guard let key = directory.keyID(of: command.key), let owner = directory.key(key) else {
            return noteStray(deed)
        }
        add(deed.isUnremembered ? .chargeUnknown : .charge, to: key, deed, number, invoked)
        guard deed.result?.refusal != .invalidKey else { return }
        let hold = KeyDirectory.Hold(account: owner.account, id: command.hold)
        guard let line = directory.line(of: hold), line.user == owner.user else {
            return noteStray(deed)
        }
        let position = creditPosition(of: line)
        let numberOfHold = credits[position].history.number(of: hold)
        var date: Int?
        if case .outcome(.held(let receipt))? = deed.result {
            date = receipt.date(dates)
            if case .place = command {
                credits[position].history.holds[numberOfHold].placedAt = receipt.index
            } else {
                credits[position].history.holds[numberOfHold].told = receipt.expiresAt
            }
        }
        let action: CreditModel.HoldAction
        switch command {
        case .place(let new):
            action = .place(numberOfHold, credits: new.credits)
            let known = credits[position].history.holds[numberOfHold].invoked
            credits[position].history.holds[numberOfHold].invoked = min(known ?? invoked, invoked)
            credits[position].history.holds[numberOfHold].timeoutSeconds = new.timeoutSeconds
        case .settle(let settlement):
            action = .settle(numberOfHold, credits: settlement.credits)
        case .void: action = .void(numberOfHold)
        }
        add(.hold(action), to: line, deed, number, date, invoked)
    }

    private mutating func route(
        _ command: Command, _ deed: Deed, _ number: Int, _ invoked: Instant
    ) {
        switch command {
        case .createAccount(let account, _):
            own(.createAccount, directory.users(of: account), deed, number, invoked)
        case .deleteAccount(let account):
            own(.deleteAccount, directory.users(of: account), deed, number, invoked)
        case .createUser(let user, let account, _, _, _):
            guard directory.account(of: user) == account else { return noteStray(deed) }
            own(.createUser, [user], deed, number, invoked)
        case .removeUser(let user, let account):
            guard directory.account(of: user) == account else { return noteStray(deed) }
            own(.removeUser, [user], deed, number, invoked)
        case .setLimit(let user, let account, let api, let credits, let period):
            guard directory.account(of: user) == account else { return noteStray(deed) }
            let allowance = CreditModel.Allowance(credits: credits, period: period)
            add(
                .setLimit(allowance), to: KeyDirectory.Line(user: user, api: api), deed, number,
                nil, invoked)
        case .removeLimit(let user, let account, let api):
            guard directory.account(of: user) == account else { return noteStray(deed) }
            add(
                .removeLimit, to: KeyDirectory.Line(user: user, api: api), deed, number, nil,
                invoked)
        case .revokeAllKeys(let user, let account):
            guard directory.account(of: user) == account else { return noteStray(deed) }
            for key in directory.keys(of: user) { add(.revokeAll, to: key, deed, number, invoked) }
        default: routeKey(command, deed, number, invoked)
        }
    }

    private mutating func routeKey(
        _ command: Command, _ deed: Deed, _ number: Int, _ invoked: Instant
    ) {
        let (key, action): (KeyID, KeyModel.Action)
        switch command {
        case .importKeys(let batch):
            // All or none: each key's history has the same deed in it, and its one outcome.
            for new in batch.newKeys { routeKey(.createKey(new), deed, number, invoked) }
            return
        case .createKey(let new):
            guard directory.account(of: new.user) == new.account else { return noteStray(deed) }
            (key, action) = (new.id, .create(active: new.active, new.name))
        case .rotateKey(let rotation):
            return routeRotation(rotation, deed, number, invoked)
        case .renameKey(let id, _, let name): (key, action) = (id, .rename(name))
        case .setKeyActive(let id, _, let active): (key, action) = (id, .setActive(active))
        case .revokeKey(let id, _): (key, action) = (id, .revoke)
        default: return
        }
        guard directory.key(key)?.account == command.account else { return noteStray(deed) }
        add(action, to: key, deed, number, invoked)
        if action == .setActive(false) || action == .revoke {
            closeGrace(before: key, deed, number, invoked)
        }
    }

    /// What ends a key in its grace stands in that key's history as well.
    private mutating func closeGrace(
        before successor: KeyID, _ deed: Deed, _ number: Int, _ invoked: Instant
    ) {
        guard let key = directory.key(successor), let old = key.replaces, key.graceSeconds > 0
        else { return }
        add(.close(successor: successor), to: old, deed, number, invoked)
    }

    private mutating func routeRotation(
        _ rotation: Rotation, _ deed: Deed, _ number: Int, _ invoked: Instant
    ) {
        guard directory.key(rotation.old)?.account == rotation.account else {
            return noteStray(deed)
        }
        closeGrace(before: rotation.old, deed, number, invoked)
        let replacement = replacement(by: rotation, deed)
        add(.rotate(replacement), to: rotation.old, deed, number, invoked)
        addEndOfGrace(rotation, deed, replacement.retiresAt, invoked)
        // Whether a new key that nobody was told of is active, nobody can ask.
        if deed.result != nil { add(.succeed, to: rotation.id, deed, number, invoked) }
    }

    /// With the end that the grace must have, by the log's time where the rotation stands.
    private func replacement(by rotation: Rotation, _ deed: Deed) -> KeyModel.Replacement {
        guard rotation.graceSeconds > 0 else { return KeyModel.Replacement() }
        var replacement = KeyModel.Replacement(successor: rotation.id)
        if case .outcome(.changed(let change))? = deed.result,
            let begin = dates.time(at: change.index)
        {
            let end = begin + .seconds(Int64(rotation.graceSeconds))
            let expiries = [rotation.old, rotation.id].compactMap { directory.key($0)?.expiresAt }
            replacement.retiresAt = expiries.reduce(end, min)
        }
        return replacement
    }

    /// Once, however often the rotation was asked for; at any time if nobody was told of it.
    private mutating func addEndOfGrace(
        _ rotation: Rotation, _ deed: Deed, _ end: Timestamp?, _ invoked: Instant
    ) {
        guard rotation.graceSeconds > 0, deed.result?.refusal == nil,
            graces.insert(rotation.id).inserted, let position = keyPositions[rotation.old]
        else { return }
        var interval: (begin: Instant, end: Instant?) = (invoked, nil)
        var index: LogIndex?
        if let end {
            // The log may have ended before.
            index = dates.firstIndex(at: end)
            guard let index else { return }
            interval = moments.interval(of: index, since: invoked)
        }
        keys[position].history.add(
            .endGrace(successor: rotation.id, at: index), between: interval.begin,
            and: interval.end)
    }

    /// A call about an account or a user, in the history of all that is theirs.
    private mutating func own(
        _ call: OwnerState.Call, _ users: [UserID], _ deed: Deed, _ number: Int, _ invoked: Instant
    ) {
        for user in users {
            for key in directory.keys(of: user) {
                add(.owner(call), to: key, deed, number, invoked)
            }
            for line in directory.lines(of: user) {
                add(.owner(call), to: line, deed, number, nil, invoked)
            }
        }
    }

    private mutating func add(
        _ action: KeyModel.Action, to key: KeyID, _ deed: Deed, _ number: Int, _ invoked: Instant
    ) {
        let position = keyPositions[key] ?? keys.count
        if position == keys.count {
            keyPositions[key] = position
            keys.append((key, ObjectHistory()))
            if let expiry = directory.key(key)?.expiresAt,
                let index = dates.firstIndex(at: expiry)
            {
                let interval = moments.interval(of: index, since: Instant(nanoseconds: .min))
                keys[position].history.add(
                    .expire(at: index), between: interval.begin, and: interval.end)
            }
        }
        keys[position].history.add(action, of: deed, number, invoked: invoked)
    }

    private mutating func add(
        _ action: CreditModel.Action, to line: KeyDirectory.Line, _ deed: Deed, _ number: Int,
        _ date: Int?, _ invoked: Instant
    ) {
        let position = creditPosition(of: line)
        credits[position].history.add(action, of: deed, number, date: date, invoked: invoked)
    }

    private mutating func creditPosition(of line: KeyDirectory.Line) -> Int {
        if let known = creditPositions[line] { return known }
        creditPositions[line] = credits.count
        credits.append((line, ObjectHistory()))
        return credits.count - 1
    }

    private mutating func noteStray(_ deed: Deed) {
        guard let result = deed.result, result.refusal == nil else { return }
        strays.append(
            ClientHistory.Finding(
                subject: "what nobody created", detail: "\(deed.text) -> \(result.brief)"))
    }
}
