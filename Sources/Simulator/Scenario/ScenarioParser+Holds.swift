import Basics
import Keyring

// Holds and pools.
extension ScenarioParser {
    /// Nil for a line that is about no hold.
    mutating func parseHold(
        _ words: inout ScenarioWords
    ) throws(ScenarioError) -> ScenarioRequest? {
        if words.take("hold") {
            let credits = try parseCredits(&words, from: 1)
            try words.expect("of")
            let key = try names.refer(to: .key, &words)
            try words.expect("as")
            let id = try declareOrRepeat(.hold, &words)
            try words.expect("for")
            return .hold(credits: credits, key: key, id: id, try parseTimeout(&words))
        }
        if words.take("settle") {
            let hold = try names.refer(to: .hold, &words)
            try words.expect("for")
            let credits = try parseCredits(&words, from: 0)
            guard words.take("as") else { return .settle(hold: hold, credits: credits, id: nil) }
            let id = try declareOrRepeat(.charge, &words)
            return .settle(hold: hold, credits: credits, id: id)
        }
        guard words.take("void") else { return nil }
        return .void(hold: try names.refer(to: .hold, &words))
    }

    private mutating func declareOrRepeat(
        _ kind: ScenarioNames.Kind, _ words: inout ScenarioWords
    ) throws(ScenarioError) -> String {
        if let id = words.next, names.kind(of: id) == kind {
            words.skip()
            return id
        }
        return try names.declare(kind, &words)
    }

    private func parseTimeout(
        _ words: inout ScenarioWords
    ) throws(ScenarioError) -> Duration {
        let column = words.column
        let time = try words.time("a time")
        let bounds = Bounds.holdSeconds
        guard time.nanoseconds.isMultiple(of: 1_000_000_000),
            bounds.contains(UInt64(max(0, time.nanoseconds / 1_000_000_000)))
        else {
            throw words.error(
                "a hold lasts whole seconds, from \(bounds.lowerBound) to \(bounds.upperBound)",
                at: column)
        }
        return time
    }

    mutating func parsePool(
        _ words: inout ScenarioWords
    ) throws(ScenarioError) -> ScenarioRequest {
        try words.expect("of")
        let account = try parseAccount(&words)
        try words.expect("to")
        let credits = try parseCredits(&words, from: 0)
        for period in Period.allCases where words.take(period.phrase) {
            return .pool(account: account, credits: credits, period, try parseAPI(&words))
        }
        throw words.unexpected("'per month', 'per day' or 'in all'")
    }

    /// One that a line created, or the account of users that name none.
    func parseAccount(_ words: inout ScenarioWords) throws(ScenarioError) -> String {
        if words.take(ScenarioCast.home) { return ScenarioCast.home }
        return try names.refer(to: .account, &words)
    }
}
