import Basics
import Keyring

extension Scenario {
    /// The scenario as it would be written, each statement on its line.
    public var text: String {
        var lines = about.map { $0.isEmpty ? "#" : "# \($0)" }
        let joining = joiners == 0 ? "" : ", \(joiners) to join"
        lines.append("cluster \(nodes) \(nodes == 1 ? "node" : "nodes")\(joining), seed \(seed)")
        let usual = Conditions()
        if conditions.networkDelay != usual.networkDelay {
            lines.append("network delay \(conditions.networkDelay.text)")
        }
        if conditions.diskDelay != usual.diskDelay {
            lines.append("disk delay \(conditions.diskDelay.text)")
        }
        if conditions.snapshotKibibytes != usual.snapshotKibibytes {
            lines.append("snapshot every \(conditions.snapshotKibibytes) KiB of log")
        }
        if conditions.monthsEndIn != usual.monthsEndIn {
            lines.append("wall clock starts \(conditions.monthsEndIn.text) before month's end")
        }
        lines += self.lines.map(\.statement.text)
        lines.append("at \(end.text) end")
        return lines.map { $0 + "\n" }.joined()
    }
}

extension Duration {
    /// As in a scenario: in the largest of s, ms and µs that gives a whole part.
    var text: String {
        if nanoseconds < 0 { return "-\((.zero - self).text)" }
        let units: [(String, Int64)] = [("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1_000)]
        let (name, size) = units.first { nanoseconds >= $0.1 } ?? ("µs", 1_000)
        if self == .zero { return "0s" }
        var decimals = String(nanoseconds % size + size).dropFirst()
        while decimals.last == "0" { decimals.removeLast() }
        return "\(nanoseconds / size)\(decimals.isEmpty ? "" : ".")\(decimals)\(name)"
    }

    fileprivate var signedText: String { nanoseconds < 0 ? text : "+\(text)" }
}

extension Scenario.Range {
    fileprivate var text: String { "\(shortest.text) to \(longest.text)" }
}

extension Scenario.Moment {
    var text: String {
        switch self {
        case .time(let time): time.text
        case .answer(let request, let plus):
            "return of \(request.verb)\(request.name.map { " \($0)" } ?? "")"
                + (plus == .zero ? "" : " plus \(plus.text)")
        }
    }
}

extension Scenario.Statement {
    public var text: String {
        switch self {
        case .first(let request):
            return "first \(request.text)"
        case .at(let moment, let deed, let expectation):
            return join("at \(moment.text)", deed, expectation)
        case .every(let period, let from, let until, let deed, let expectation):
            let end = until.map { " until \($0.text)" } ?? ""
            return join("every \(period.text) from \(from.text)\(end):", deed, expectation)
        }
    }

    private func join(
        _ start: String, _ deed: ScenarioDeed?, _ expectation: ScenarioExpectation?
    ) -> String {
        [start, deed?.text, expectation?.text].compactMap { $0 }.joined(separator: " ")
    }
}

extension ScenarioPlace {
    var text: String {
        switch self {
        case .node(let id): "\(id)"
        case .leader: "the leader"
        case .follower: "a follower"
        case .otherFollower: "the other follower"
        case .named(let name): name
        }
    }
}

extension ScenarioCompany {
    var text: String {
        switch self {
        case .these(let places): places.map(\.text).joined(separator: " ")
        case .others: "the others"
        }
    }
}

extension ScenarioDeed {
    var text: String {
        switch self {
        case .fault(let fault): fault.text
        case .request(let request, let place): "\(request.text) on \(place.text)"
        case .call(let namings):
            "call " + namings.map { "\($0.place.text) \($0.name)" }.joined(separator: ", ")
        }
    }
}

extension ScenarioFault {
    var text: String {
        switch self {
        case .cut(let place, let others): "cut \(place.text) from \(others.text)"
        case .cutOneWay(let place, let others): "cut \(place.text) to \(others.text)"
        case .mend(let place, let others): "mend \(place.text) from \(others.text)"
        case .mendOneWay(let place, let others): "mend \(place.text) to \(others.text)"
        case .heal: "heal"
        case .slowLink(let place, let others, let time):
            "slow link \(place.text) to \(others.text) by \(time.text)"
        case .narrowLink(let place, let others, let rate):
            "narrow link \(place.text) to \(others.text) to \(rate) bytes a second"
        case .widenLink(let place, let others): "widen link \(place.text) to \(others.text)"
        case .corrupt(let from, let to): "corrupt \(from.text) to \(to.text)"
        case .replay(let from, let to): "replay \(from.text) to \(to.text)"
        case .crash(let victims, let manner): "crash \(victims.text)\(manner.text)"
        case .restart(let victims): "restart \(victims.text)"
        case .strike(let strike, let place): "\(strike.rawValue) \(place.text)"
        case .slowDisk(let place, let time): "slow disk of \(place.text) by \(time.text)"
        case .shiftClock(let place, let time):
            "shift clock of \(place.text) by \(time.signedText)"
        case .driftClock(let place, let rate):
            "drift clock of \(place.text) by \(rate < 0 ? "" : "+")\(rate) ppm"
        }
    }
}

extension ScenarioFault.Victims {
    fileprivate var text: String {
        switch self {
        case .one(let place): place.text
        case .all: "all"
        }
    }
}

extension ScenarioFault.Manner {
    fileprivate var text: String {
        switch self {
        case .alone: ""
        case .losingPower: " losing power"
        case .amidWrite(let part): " amid a \(part.rawValue)"
        case .amid(let effects): " after \(effects) \(effects == 1 ? "effect" : "effects")"
        }
    }
}

extension ScenarioRequest {
    var text: String {
        switch self {
        case .createAccount(let name): "create account \(name)"
        case .createUser(let name, let account):
            "create user \(name)\(account.map { " in \($0)" } ?? "")"
        case .createKey(let name, let user, let api, let expiry):
            "create key \(name) for \(user)\(api.text)"
                + (expiry.map { " expiring at \($0.text)" } ?? "")
        case .rotate(let old, let new, let grace):
            "rotate \(old) as \(new)\(grace > .zero ? " with \(grace.text) grace" : "")"
        case .createAPI(let api): "create API \(api)"
        case .removeAPI(let api): "remove API \(api)"
        case .activate(let key): "activate \(key)"
        case .deactivate(let key): "deactivate \(key)"
        case .revoke(let key): "revoke \(key)"
        case .revokeAllKeys(let user): "revoke all keys of \(user)"
        case .removeUser(let user): "remove user \(user)"
        case .limit(let user, let credits, let period, let api):
            "limit \(user) to \(credits.credits) \(period.phrase)\(api.text)"
        case .lift(let user, let api): "lift limit of \(user)\(api.text)"
        case .charge(let credits, let key, let id):
            "charge \(credits.credits) to \(key)\(id.map { " as \($0)" } ?? "")"
        case .hold(let credits, let key, let id, let time):
            "hold \(credits.credits) of \(key) as \(id) for \(time.text)"
        case .settle(let hold, let credits, let id):
            "settle \(hold) for \(credits.credits)\(id.map { " as \($0)" } ?? "")"
        case .void(let hold): "void \(hold)"
        case .pool(let account, let credits, let period, let api):
            "pool of \(account) to \(credits.credits) \(period.phrase)\(api.text)"
        case .liftPool(let account, let api): "lift pool of \(account)\(api.text)"
        case .retry(let id): "retry \(id)"
        case .readCredits(let key): "read credits of \(key)"
        case .validate(let key): "validate \(key)"
        case .setLease(let time): "set lease to \(time.text)"
        case .handOver(let target): "hand over\(target.map { " to \($0.text)" } ?? "")"
        case .takeSnapshot: "take snapshot"
        case .member(let wish, let place): "\(wish.rawValue) \(place.text)"
        }
    }
}

extension UInt64 {
    fileprivate var credits: String { self == 1 ? "1 credit" : "\(self) credits" }
}

extension Period {
    var phrase: String {
        switch self {
        case .none: "in all"
        case .day: "per day"
        case .month: "per month"
        }
    }
}

extension API {
    /// Keys open the REST API unless another is named.
    fileprivate var text: String { self == .rest ? "" : " opening \(slug)" }
}

extension ScenarioExpectation {
    var text: String {
        let deadline = within.map { " within \($0.text)" } ?? ""
        return "expect \(condition.text)\(deadline)"
    }
}

extension ScenarioExpectation.Condition {
    var text: String {
        switch self {
        case .answer(let answer): answer.text
        case .cluster(let cluster): cluster.text
        case .node(let place, let state): "\(place.text) \(state.rawValue)"
        case .occurs(let place, let occurrence): "\(place.text) \(occurrence.rawValue)"
        }
    }
}

extension ScenarioExpectation.Answer {
    var text: String {
        switch self {
        case .ok: "ok"
        case .refused(let code): "refused with \(code)"
        case .failed(let failure): "failed with \(failure.rawValue)"
        case .unknown: "unknown outcome"
        case .silence: "no answer"
        case .charged: "charged"
        case .replayed: "replayed"
        case .exhausted: "exhausted"
        case .left(let credits): "\(credits) left"
        case .valid: "valid"
        case .notValid: "not valid"
        case .notInvalid: "not invalid"
        case .invalid: "invalid"
        case .unavailable: "unavailable"
        }
    }
}

extension ScenarioExpectation.Cluster {
    var text: String {
        switch self {
        case .leader: "a leader"
        case .anotherLeader: "another leader"
        case .noLeader: "no leader"
        case .sameLeader(let time): "the same leader as at \(time.text)"
        case .converged: "converged"
        }
    }
}
