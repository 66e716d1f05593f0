import Basics

/// Reads a scenario: one statement a line, and every error with its place.
struct ScenarioParser {
    let file: String
    var names = ScenarioNames()
    var nodes = 0
    var joiners = 0
    private var scenario = Scenario(about: [], nodes: 0, seed: 0, lines: [], end: .zero)
    /// The time of the last line that names one.
    private(set) var latest = Duration.zero
    private var isEnded = false

    private init(file: String) { self.file = file }

    static func parse(_ text: String, file: String) throws(ScenarioError) -> Scenario {
        var parser = ScenarioParser(file: file)
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let comments = lines.prefix { $0.hasPrefix("#") }
        parser.scenario.about = comments.map { comment in
            let rest = comment.dropFirst()
            return String(rest.first == " " ? rest.dropFirst() : rest)
        }
        var last = ScenarioWords("", number: 1, file: file)
        for (offset, line) in lines.enumerated() {
            var words = ScenarioWords(line, number: offset + 1, file: file)
            guard !words.isEmpty else { continue }
            last = words
            try parser.parse(&words)
        }
        guard parser.nodes > 0 else {
            throw last.error("expected 'cluster' with the number of nodes and a seed")
        }
        guard parser.isEnded else {
            let behind = ScenarioWords("", number: max(lines.count, 1), file: file)
            throw behind.error("expected 'at … end' as the last line")
        }
        return parser.scenario
    }

    private static let conditions = ["network", "disk", "snapshot", "wall"]

    private mutating func parse(_ words: inout ScenarioWords) throws(ScenarioError) {
        if nodes == 0 { return try parseCluster(&words) }
        guard !isEnded else { throw words.error("nothing may follow 'at … end'") }
        if scenario.lines.isEmpty, try parseCondition(&words) { return }
        let isFirst = words.next == "first"
        if words.take("first") {
            if case .first? = scenario.lines.last?.statement {
            } else if !scenario.lines.isEmpty {
                throw words.error("'first' lines stand before all others", at: 1)
            }
            let request = try parseRequest(&words)
            guard request.isPreparation else {
                throw words.error("only changes that can be asked again can be done first", at: 1)
            }
            append(.first(request), words)
        } else if words.take("at") {
            try parseAt(&words)
        } else if words.take("every") {
            try parseEvery(&words)
        } else if let next = words.next, Self.conditions.contains(next) {
            throw words.error("'\(next)' lines stand right behind 'cluster'")
        } else {
            throw words.unknown("'at', 'every' or 'first'", of: ["at", "every", "first"])
        }
        try words.finish(isFirst ? "nothing more" : "'expect', 'within' or nothing more")
    }

    private mutating func append(_ statement: Scenario.Statement, _ words: ScenarioWords) {
        scenario.lines.append(Scenario.Line(number: words.number, statement: statement))
    }

    // MARK: The head

    private mutating func parseCluster(_ words: inout ScenarioWords) throws(ScenarioError) {
        guard words.take("cluster") else {
            throw words.unexpected("'cluster' with the number of nodes and a seed")
        }
        guard !scenario.about.isEmpty else {
            throw words.error(
                "the file must begin with a comment that says what the scenario shows", at: 1)
        }
        let count = try words.number("a number of nodes", from: 1, to: UInt64(Scenario.nodeLimit))
        guard words.take("nodes") || words.take("node") else { throw words.unexpected("'nodes'") }
        if words.afterNext != "seed", words.take(",") {
            let limit = UInt64(Scenario.nodeLimit) - count
            joiners = Int(try words.number("a number of nodes to join", from: 1, to: limit))
            try words.expect("to join")
        }
        try words.expect(", seed")
        scenario.seed = try words.number("a seed", from: 0, to: .max)
        nodes = Int(count)
        scenario.nodes = nodes
        scenario.joiners = joiners
        try words.finish()
    }

    private mutating func parseCondition(_ words: inout ScenarioWords) throws(ScenarioError) -> Bool
    {
        if words.take("network") {
            try words.expect("delay")
            scenario.conditions.networkDelay = try parseRange(&words)
        } else if words.take("disk") {
            try words.expect("delay")
            scenario.conditions.diskDelay = try parseRange(&words)
        } else if words.take("snapshot") {
            try words.expect("every")
            scenario.conditions.snapshotKibibytes = try words.number("a size", from: 4, to: 65_536)
            try words.expect("KiB of log")
        } else if words.take("wall") {
            try words.expect("clock starts")
            scenario.conditions.monthsEndIn = try words.time("a time")
            try words.expect("before month's end")
        } else {
            return false
        }
        try words.finish()
        return true
    }

    private func parseRange(_ words: inout ScenarioWords) throws(ScenarioError) -> Scenario.Range {
        let shortest = try words.time("a time")
        try words.expect("to")
        let column = words.column
        let longest = try words.time("a time")
        guard shortest <= longest else {
            throw words.error("the longest delay is below the shortest", at: column)
        }
        return Scenario.Range(shortest: shortest, longest: longest)
    }

    // MARK: Lines

    private mutating func parseAt(_ words: inout ScenarioWords) throws(ScenarioError) {
        let column = words.column
        let moment = try parseMoment(&words)
        if case .time(let time) = moment {
            guard time >= latest else {
                throw words.error(
                    "\(time.text) is before \(latest.text), the time of a line above", at: column)
            }
            latest = time
            if words.take("end") {
                scenario.end = time
                isEnded = true
                return
            }
        }
        let (deed, expectation) = try parseBody(&words, at: moment)
        append(.at(moment, deed, expectation), words)
    }

    private mutating func parseEvery(_ words: inout ScenarioWords) throws(ScenarioError) {
        let period = try words.positiveTime("a time")
        try words.expect("from")
        let from = try parseMoment(&words)
        var until: Scenario.Moment?
        if words.take("until") { until = try parseMoment(&words) }
        try words.expect(":")
        let (deed, expectation) = try parseBody(&words, at: from)
        if case .request(.charge(_, _, _?), _)? = deed {
            throw words.error("a charge with an id can't be repeated; use 'retry'", at: 1)
        }
        if let deed, deed.isDeclaration {
            throw words.error("what gets a name can't be repeated", at: 1)
        }
        if expectation?.within != nil, deed == nil {
            throw words.error("what is looked at again and again has no deadline", at: 1)
        }
        append(.every(period, from: from, until: until, deed, expectation), words)
    }

    private func parseMoment(_ words: inout ScenarioWords) throws(ScenarioError) -> Scenario.Moment
    {
        guard words.take("return") else { return .time(try words.time("a time or 'return of'")) }
        try words.expect("of")
        let column = words.column
        guard let verb = words.next, ScenarioRequest.verbs.contains(verb) else {
            throw words.unknown("a request's verb", of: ScenarioRequest.verbs)
        }
        words.skip()
        var reference = Scenario.RequestReference(verb: verb)
        if let name = words.next, names.kind(of: name) != nil {
            reference.name = name
            words.skip()
        }
        let isKnown = scenario.lines.contains { line in
            guard case .at(_, .request(let request, _)?, _) = line.statement else { return false }
            return reference.matches(request)
        }
        guard isKnown else {
            let text = "\(verb)\(reference.name.map { " \($0)" } ?? "")"
            throw words.error("no line above asks once to '\(text)'", at: column)
        }
        var plus = Duration.zero
        if words.take("plus") { plus = try words.positiveTime("a time") }
        return .answer(reference, plus: plus)
    }

    private mutating func parseBody(
        _ words: inout ScenarioWords, at moment: Scenario.Moment
    ) throws(ScenarioError) -> (ScenarioDeed?, ScenarioExpectation?) {
        var deed: ScenarioDeed?
        if words.next != "expect" { deed = try parseDeed(&words) }
        guard words.take("expect") else {
            if deed == nil { throw words.unexpected("something to do, or 'expect'") }
            return (deed, nil)
        }
        return (deed, try parseExpectation(&words, of: deed))
    }
}

extension ScenarioRequest {
    /// Whether it may stand in a `first` line: a change that can be asked again until it is done.
    fileprivate var isPreparation: Bool {
        switch self {
        case .charge, .hold, .settle, .void, .retry, .readCredits, .validate, .handOver,
            .takeSnapshot, .member:
            false
        default: true
        }
    }
}

extension ScenarioDeed {
    /// Whether it gives something a name.
    fileprivate var isDeclaration: Bool {
        switch self {
        case .call, .request(.createAccount, _), .request(.createUser, _),
            .request(.createKey, _), .request(.rotate, _):
            true
        default:
            false
        }
    }
}

extension Scenario {
    /// Reads a scenario; `file` is how errors name its file.
    public init(_ text: String, file: String) throws(ScenarioError) {
        self = try ScenarioParser.parse(text, file: file)
    }
}
