/// The names that a scenario's lines have given so far: a later line may use no other, and none
/// is given twice.
struct ScenarioNames {
    enum Kind: String {
        case account
        case user
        case key
        case charge
        case hold
        case node
    }

    private var known: [(name: String, kind: Kind)] = []

    func names(of kind: Kind) -> [String] {
        known.filter { $0.kind == kind }.map(\.name)
    }

    /// What the name is the name of.
    func kind(of name: String) -> Kind? { known.first { $0.name == name }?.kind }

    /// Reads a new name.
    mutating func declare(_ kind: Kind, _ words: inout ScenarioWords) throws(ScenarioError)
        -> String
    {
        let column = words.column
        let name = try words.name("a new \(kind.rawValue)'s name")
        if Self.reserved.contains(name) {
            throw words.error("'\(name)' is a word of the language, not a name", at: column)
        }
        if let other = self.kind(of: name) {
            throw words.error(
                "the name '\(name)' is taken: it is a \(other.rawValue)'s", at: column)
        }
        known.append((name, kind))
        return name
    }

    /// Reads a name that was given before.
    func refer(to kind: Kind, _ words: inout ScenarioWords) throws(ScenarioError) -> String {
        guard let next = words.next, self.kind(of: next) == kind else {
            throw words.unexpected(expectation(of: kind))
        }
        words.skip()
        return next
    }

    private func expectation(of kind: Kind) -> String {
        let names = names(of: kind)
        if names.isEmpty { return "a \(kind.rawValue), but no line before names one" }
        return "a \(kind.rawValue) (\(names.joined(separator: ", ")))"
    }

    /// Words that begin a place or a list, or stand for more than one thing.
    private static let reserved: Set<String> = ["the", "a", "all", "others", "expect", "home"]
}
