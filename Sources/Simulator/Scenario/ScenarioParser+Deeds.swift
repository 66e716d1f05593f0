import Basics
import Consensus
import Keyring

// What a line does.
extension ScenarioParser {
    private static let verbs = ScenarioFault.verbs + ScenarioRequest.verbs + ["call"]

    mutating func parseDeed(_ words: inout ScenarioWords) throws(ScenarioError) -> ScenarioDeed {
        guard let verb = words.next else { throw words.unexpected("something to do, or 'expect'") }
        if verb == "call" { return .call(try parseNamings(&words)) }
        if ScenarioRequest.verbs.contains(verb) {
            let request = try parseRequest(&words)
            try words.expect("on")
            return .request(request, on: try parsePlace(&words))
        }
        guard Self.verbs.contains(verb) else {
            throw words.unknown("a verb", of: Self.verbs + ["expect"])
        }
        return .fault(try parseFault(&words))
    }

    private mutating func parseNamings(
        _ words: inout ScenarioWords
    ) throws(ScenarioError) -> [ScenarioDeed.Naming] {
        try words.expect("call")
        var namings: [ScenarioDeed.Naming] = []
        repeat {
            let place = try parsePlace(&words)
            let name = try names.declare(.node, &words)
            namings.append(ScenarioDeed.Naming(place: place, name: name))
        } while words.take(",")
        return namings
    }

    // MARK: Places

    func parsePlace(_ words: inout ScenarioWords) throws(ScenarioError) -> ScenarioPlace {
        if let place = try parseOptionalPlace(&words) { return place }
        let named = names.names(of: .node).map { ", \($0)" }.joined()
        throw words.unexpected(
            "a node (\(nodeList)\(named)), 'the leader', 'a follower' or 'the other follower'")
    }

    private var nodeList: String {
        (1...(nodes + joiners)).map { "n\($0)" }.joined(separator: ", ")
    }

    private func parseOptionalPlace(
        _ words: inout ScenarioWords
    ) throws(ScenarioError) -> ScenarioPlace? {
        if words.take("the leader") { return .leader }
        if words.take("a follower") { return .follower }
        if words.take("the other follower") { return .otherFollower }
        guard let next = words.next else { return nil }
        if let id = NodeID(text: next) {
            guard id.rawValue <= UInt32(nodes + joiners) else {
                throw words.error("there is no node \(next): the cluster has \(nodeList)")
            }
            words.skip()
            return .node(id)
        }
        guard names.kind(of: next) == .node else { return nil }
        words.skip()
        return .named(next)
    }

    private func parseCompany(
        _ words: inout ScenarioWords
    ) throws(ScenarioError) -> ScenarioCompany {
        if words.take("the others") { return .others }
        var places = [try parsePlace(&words)]
        while let place = try parseOptionalPlace(&words) { places.append(place) }
        return .these(places)
    }

    private func parseVictims(
        _ words: inout ScenarioWords
    ) throws(ScenarioError) -> ScenarioFault.Victims {
        words.take("all") ? .all : .one(try parsePlace(&words))
    }

    // MARK: Faults

    private func parseFault(_ words: inout ScenarioWords) throws(ScenarioError) -> ScenarioFault {
        for strike in ScenarioFault.Strike.allCases where words.take(strike.rawValue) {
            return .strike(strike, try parsePlace(&words))
        }
        if words.take("heal") { return .heal }
        if words.take("cut") {
            return try parseCut(
                &words, ScenarioFault.cut(_:from:), ScenarioFault.cutOneWay(_:to:))
        }
        if words.take("mend") {
            return try parseCut(
                &words, ScenarioFault.mend(_:from:), ScenarioFault.mendOneWay(_:to:))
        }
        if words.take("slow") { return try parseSlowness(&words) }
        if words.take("narrow") { return try parseNarrowness(&words) }
        if words.take("widen") {
            try words.expect("link")
            let place = try parsePlace(&words)
            try words.expect("to")
            return .widenLink(place, to: try parseCompany(&words))
        }
        if words.take("corrupt") {
            let (from, to) = try parsePair(&words)
            return .corrupt(from, to: to)
        }
        if words.take("replay") {
            let (from, to) = try parsePair(&words)
            return .replay(from, to: to)
        }
        if words.take("crash") { return try parseCrash(&words) }
        if words.take("restart") { return .restart(try parseVictims(&words)) }
        if words.take("shift") || words.take("drift") { return try parseClock(&words) }
        // The first word is that of a strike, and another stands behind it.
        let known = ScenarioFault.Strike.allCases.map(\.rawValue).filter { phrase in
            phrase.prefix { $0 != " " } == words.next ?? ""
        }
        throw words.error(
            "expected \(known.map { "'\($0)'" }.joined(separator: " or ")) and a node")
    }

    private func parseCut(
        _ words: inout ScenarioWords,
        _ bothWays: (ScenarioPlace, ScenarioCompany) -> ScenarioFault,
        _ oneWay: (ScenarioPlace, ScenarioCompany) -> ScenarioFault
    ) throws(ScenarioError) -> ScenarioFault {
        let place = try parsePlace(&words)
        if words.take("from") { return bothWays(place, try parseCompany(&words)) }
        if words.take("to") { return oneWay(place, try parseCompany(&words)) }
        throw words.unexpected("'from' (both ways) or 'to' (one way)")
    }

    private func parsePair(
        _ words: inout ScenarioWords
    ) throws(ScenarioError) -> (ScenarioPlace, ScenarioPlace) {
        let from = try parsePlace(&words)
        try words.expect("to")
        return (from, try parsePlace(&words))
    }

    private func parseSlowness(
        _ words: inout ScenarioWords
    ) throws(ScenarioError) -> ScenarioFault {
        if words.take("disk") {
            try words.expect("of")
            let place = try parsePlace(&words)
            try words.expect("by")
            return .slowDisk(place, by: try words.time("a time"))
        }
        guard words.take("link") else { throw words.unexpected("'link' or 'disk of'") }
        let place = try parsePlace(&words)
        try words.expect("to")
        let others = try parseCompany(&words)
        try words.expect("by")
        return .slowLink(place, to: others, by: try words.time("a time"))
    }

    private func parseNarrowness(
        _ words: inout ScenarioWords
    ) throws(ScenarioError) -> ScenarioFault {
        try words.expect("link")
        let place = try parsePlace(&words)
        try words.expect("to")
        let others = try parseCompany(&words)
        try words.expect("to")
        let rate = try words.number("a number of bytes", from: 1, to: 1_000_000_000)
        try words.expect("bytes a second")
        return .narrowLink(place, to: others, bytesPerSecond: rate)
    }

    private func parseCrash(_ words: inout ScenarioWords) throws(ScenarioError) -> ScenarioFault {
        let victims = try parseVictims(&words)
        if words.take("losing") {
            try words.expect("power")
            return .crash(victims, .losingPower)
        }
        if words.take("amid") {
            try words.expect("a")
            for part in WrittenPart.allCases where words.take(part.rawValue) {
                return .crash(victims, .amidWrite(part))
            }
            throw words.unexpected("'write' or 'vote'")
        }
        guard words.take("after") else { return .crash(victims, .alone) }
        let effects = try words.number("a number of effects", from: 0, to: 1_000)
        guard words.take("effects") || words.take("effect") else {
            throw words.unexpected("'effects'")
        }
        return .crash(victims, .amid(effects: effects))
    }

    /// Behind its verb: a clock is shifted by a time, or drifts by a rate.
    private func parseClock(_ words: inout ScenarioWords) throws(ScenarioError) -> ScenarioFault {
        try words.expect("clock of")
        let place = try parsePlace(&words)
        try words.expect("by")
        guard words.afterNext == "ppm" else {
            return .shiftClock(place, by: try words.signedTime("a time"))
        }
        let rate = try words.signedNumber("a rate", atMost: 900_000)
        try words.expect("ppm")
        return .driftClock(place, partsPerMillion: rate)
    }

    // MARK: Requests

    mutating func parseRequest(
        _ words: inout ScenarioWords
    ) throws(ScenarioError) -> ScenarioRequest {
        if words.take("create") { return try parseCreation(&words) }
        if words.take("activate") { return .activate(try names.refer(to: .key, &words)) }
        if words.take("deactivate") { return .deactivate(try names.refer(to: .key, &words)) }
        if words.take("revoke all keys of") {
            return .revokeAllKeys(user: try names.refer(to: .user, &words))
        }
        if words.take("revoke") { return .revoke(try names.refer(to: .key, &words)) }
        if words.take("rotate") { return try parseRotation(&words) }
        if words.take("remove API") { return .removeAPI(try parseSlug(&words)) }
        if words.take("remove user") {
            return .removeUser(try names.refer(to: .user, &words))
        }
        for wish in ScenarioRequest.MemberWish.allCases where words.take(wish.rawValue) {
            return .member(wish, try parsePlace(&words))
        }
        if words.take("limit") { return try parseLimit(&words) }
        if words.take("lift") {
            if words.take("pool of") {
                return .liftPool(account: try parseAccount(&words), try parseAPI(&words))
            }
            try words.expect("limit of")
            let user = try names.refer(to: .user, &words)
            return .lift(user: user, try parseAPI(&words))
        }
        if words.take("charge") { return try parseCharge(&words) }
        if let hold = try parseHold(&words) { return hold }
        if words.take("pool") { return try parsePool(&words) }
        if words.take("retry") {
            let isHold = words.next.map { names.kind(of: $0) == .hold } ?? false
            return .retry(charge: try names.refer(to: isHold ? .hold : .charge, &words))
        }
        if words.take("read") {
            try words.expect("credits of")
            return .readCredits(key: try names.refer(to: .key, &words))
        }
        if words.take("validate") { return .validate(key: try names.refer(to: .key, &words)) }
        if words.take("set") { return .setLease(try parseLease(&words)) }
        if words.take("hand") {
            try words.expect("over")
            return .handOver(to: words.take("to") ? try parsePlace(&words) : nil)
        }
        if words.take("take") {
            try words.expect("snapshot")
            return .takeSnapshot
        }
        throw words.unknown("a request's verb", of: ScenarioRequest.verbs)
    }

    /// Whether the cluster takes it is the state's to say.
    private func parseLease(_ words: inout ScenarioWords) throws(ScenarioError) -> Duration {
        try words.expect("lease to")
        let column = words.column
        let time = try words.time("a time")
        let longest = Duration.milliseconds(Int64(Setting.leaseMilliseconds.bounds.upperBound))
        guard time <= longest, time.nanoseconds.isMultiple(of: 1_000_000) else {
            throw words.error(
                "a lease lasts whole milliseconds, at most \(longest.text)", at: column)
        }
        return time
    }

    private mutating func parseCreation(
        _ words: inout ScenarioWords
    ) throws(ScenarioError) -> ScenarioRequest {
        if words.take("account") { return .createAccount(try names.declare(.account, &words)) }
        if words.take("user") {
            let name = try names.declare(.user, &words)
            let account = words.take("in") ? try names.refer(to: .account, &words) : nil
            return .createUser(name, account: account)
        }
        if words.take("API") { return .createAPI(try parseSlug(&words)) }
        guard words.take("key") else {
            throw words.unknown(
                "'account', 'user', 'key' or 'API'", of: ["account", "user", "key", "API"])
        }
        let name = try names.declare(.key, &words)
        try words.expect("for")
        let user = try names.refer(to: .user, &words)
        let api = try parseAPI(&words)
        let expiry = words.take("expiring at") ? try words.positiveTime("a time") : nil
        return .createKey(name, user: user, api: api, expiry: expiry)
    }

    func parseAPI(_ words: inout ScenarioWords) throws(ScenarioError) -> API {
        words.take("opening") ? try parseSlug(&words) : .rest
    }

    private mutating func parseLimit(
        _ words: inout ScenarioWords
    ) throws(ScenarioError) -> ScenarioRequest {
        let user = try names.refer(to: .user, &words)
        try words.expect("to")
        let credits = try parseCredits(&words, from: 0)
        for period in Period.allCases where words.take(period.phrase) {
            return .limit(user: user, credits: credits, period, try parseAPI(&words))
        }
        throw words.unexpected("'per month', 'per day' or 'in all'")
    }

    func parseCredits(
        _ words: inout ScenarioWords, from least: UInt64
    ) throws(ScenarioError) -> UInt64 {
        let credits = try words.number("credits", from: least, to: 1_000_000_000)
        guard words.take("credits") || words.take("credit") else {
            throw words.unexpected("'credits'")
        }
        return credits
    }

    private mutating func parseCharge(
        _ words: inout ScenarioWords
    ) throws(ScenarioError) -> ScenarioRequest {
        let credits = try parseCredits(&words, from: 1)
        try words.expect("to")
        let key = try names.refer(to: .key, &words)
        guard words.take("as") else { return .charge(credits: credits, key: key, id: nil) }
        if let id = words.next, names.kind(of: id) == .charge {
            words.skip()
            return .charge(credits: credits, key: key, id: id)
        }
        return .charge(credits: credits, key: key, id: try names.declare(.charge, &words))
    }
}
