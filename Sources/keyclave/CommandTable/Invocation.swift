/// A command line, understood and checked: the command and what was given to it.
struct Invocation: Sendable {
    /// The words that lead to the command, the program's name first.
    var words: [String]
    var command: Command
    private(set) var arguments: [String: [String]] = [:]
    private(set) var options: [String: [String]] = [:]
    /// Options that came from the command line, not from the environment or a default.
    private(set) var given: Set<String> = []

    init(words: [String], command: Command) {
        self.words = words
        self.command = command
    }

    /// The value of an option or argument, wherever it came from; nil if there is none. A name
    /// that the table lacks is a bug.
    func text(_ name: String) -> String? { texts(name).first }

    /// All values of a repeatable option or argument.
    func texts(_ name: String) -> [String] {
        if command.arguments.contains(where: { $0.name == name }) { return arguments[name] ?? [] }
        precondition(command.option(name) != nil, "\(words) has no option \(name)")
        return options[name] ?? []
    }

    /// The value of what the table says always has one.
    func required(_ name: String) -> String {
        guard let value = text(name) else {
            preconditionFailure("\(name) is required or has a default")
        }
        return value
    }

    /// The value of an option or argument whose form is a number.
    func number(_ name: String) -> Int64? { text(name).flatMap { Int64($0) } }

    /// True if a switch was given.
    func has(_ name: String) -> Bool { !texts(name).isEmpty }

    /// True if the command line itself names the option.
    func wasGiven(_ name: String) -> Bool { given.contains(name) }

    mutating func setArgument(_ name: String, _ values: [String]) { arguments[name] = values }

    mutating func setOption(_ name: String, _ values: [String], isGiven: Bool) {
        options[name] = values
        if isGiven { given.insert(name) }
    }
}

/// The command line can't be followed; nothing was done.
struct UsageError: Error, Hashable {
    /// The words understood so far, the program's name first.
    var words: [String]
    var message: String
}

/// Something failed on this machine: a file, a name, a connection.
struct LocalError: Error, Hashable {
    var message: String
}
