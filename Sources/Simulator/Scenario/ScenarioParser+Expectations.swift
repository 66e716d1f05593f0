import Basics
import Keyring

// What must come of it.
extension ScenarioParser {
    func parseExpectation(
        _ words: inout ScenarioWords, of deed: ScenarioDeed?
    ) throws(ScenarioError) -> ScenarioExpectation {
        let column = words.column
        let condition = try parseCondition(&words)
        if case .answer(let answer) = condition {
            guard case .request(let request, _)? = deed else {
                throw words.error(
                    "'\(answer.text)' is an answer, but the line asks nothing", at: column)
            }
            guard answer.fits(request.answers) else {
                throw words.error(
                    "'\(answer.text)' can't be the answer to '\(request.verb)'", at: column)
            }
        }
        var within: Duration?
        if words.take("within") { within = try words.positiveTime("a time") }
        if case .occurs = condition, within == nil {
            throw words.unexpected("'within' and a time")
        }
        return ScenarioExpectation(condition: condition, within: within)
    }

    private func parseCondition(
        _ words: inout ScenarioWords
    ) throws(ScenarioError) -> ScenarioExpectation.Condition {
        if let answer = try parseAnswer(&words) { return .answer(answer) }
        if words.take("a leader") { return .cluster(.leader) }
        if words.take("another leader") { return .cluster(.anotherLeader) }
        if words.take("no leader") { return .cluster(.noLeader) }
        if words.take("converged") { return .cluster(.converged) }
        if words.take("the same leader") {
            try words.expect("as at")
            let column = words.column
            let time = try words.time("a time")
            guard time < latest else {
                throw words.error("\(time.text) isn't before the line's own time", at: column)
            }
            return .cluster(.sameLeader(asAt: time))
        }
        guard isPlace(words.next) else {
            throw words.unknown("an expectation", of: Self.openings)
        }
        let place = try parsePlace(&words)
        for state in ScenarioExpectation.NodeState.allCases where words.take(state.rawValue) {
            return .node(place, state)
        }
        for occurrence in ScenarioExpectation.Occurrence.allCases
        where words.take(occurrence.rawValue) {
            return .occurs(place, occurrence)
        }
        let known =
            ScenarioExpectation.NodeState.allCases.map(\.rawValue)
            + ScenarioExpectation.Occurrence.allCases.map(\.rawValue)
        throw words.unexpected("one of '" + known.joined(separator: "', '") + "'")
    }

    private static let openings = [
        "ok", "refused", "failed", "unknown", "no", "charged", "replayed", "exhausted", "valid",
        "not", "invalid", "unavailable", "a", "another", "converged", "the",
    ]

    /// Whether the word may begin a place.
    private func isPlace(_ word: String?) -> Bool {
        guard let word else { return false }
        return word == "the" || word == "a" || names.kind(of: word) == .node
            || (word.first == "n" && word.dropFirst().first?.isNumber == true)
    }

    private func parseAnswer(
        _ words: inout ScenarioWords
    ) throws(ScenarioError) -> ScenarioExpectation.Answer? {
        for answer in ScenarioExpectation.Answer.plain where words.take(answer.text) {
            return answer
        }
        if words.take("refused") {
            try words.expect("with")
            guard let code = words.next, Refusal.codes.contains(code) else {
                throw words.unknown("a refusal's code", of: Refusal.codes)
            }
            words.skip()
            return .refused(code)
        }
        if words.take("failed") {
            try words.expect("with")
            for failure in ScenarioExpectation.Failure.allCases
            where words.take(failure.rawValue) {
                return .failed(failure)
            }
            let known = ScenarioExpectation.Failure.allCases.map(\.rawValue)
            throw words.unknown("one of \(known.joined(separator: ", "))", of: known)
        }
        guard words.afterNext == "left" else { return nil }
        let credits = try words.number("credits", from: 0, to: 1_000_000_000)
        words.skip()
        return .left(credits)
    }
}

extension ScenarioExpectation.Answer {
    /// Those whose text is always the same.
    fileprivate static let plain: [Self] = [
        .ok, .unknown, .silence, .charged, .replayed, .exhausted, .valid, .notValid, .notInvalid,
        .invalid, .unavailable,
    ]

    fileprivate func fits(_ kind: ScenarioRequest.AnswerKind) -> Bool {
        switch self {
        case .valid, .notValid, .notInvalid, .invalid, .unavailable: kind == .verdict
        case .ok, .failed, .silence, .refused: kind != .verdict
        case .unknown: kind == .change || kind == .charge
        case .charged, .replayed, .exhausted: kind == .charge
        case .left: kind == .charge || kind == .credits
        }
    }
}

extension Refusal {
    /// The codes that a scripted request can be refused with.
    fileprivate static let codes: [String] =
        [
            Refusal.unauthenticated, .forbidden, .accountNotFound, .userNotFound, .keyNotFound,
            .tokenNotFound, .limitNotFound, .duplicateEmail, .activeKeyLimit(limit: 0),
            .keyLimit(limit: 0), .keyRevoked, .identifierTaken, .invalidKey,
            .creditsExhausted(remaining: .zero, allowance: .zero), .chargeOutOfRange,
            .idempotencyConflict, .idempotencyTooOld, .idempotencyTooNew, .idempotencyCapacity,
            .settingRefused(.leaseMilliseconds), .keyRetiring, .keyExpired, .keyInactive,
            .expiryPassed, .apiNotFound, .apiTaken, .apiInUse, .holdNotFound, .holdEnded,
            .holdExceeded(held: .zero), .holdLimit(limit: 0),
        ].map(\.code) + MemberRefusal.allCases.map(\.code)
}
