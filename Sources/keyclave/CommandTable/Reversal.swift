/// How what a command changes is taken back, if it was a slip.
///
/// Every command that changes something says so in its row of the table.
enum Reversal: Sendable {
    /// By another command, or by the same one with other arguments.
    case by(String)
    /// Not at all. Somebody is asked first, with the names of arguments in braces; not if the
    /// option that is named, a number, is above zero.
    case none(asking: String, unless: String? = nil)
    /// Not at all, and yet nobody is asked, for the reason that is given.
    case unasked(because: String)

    /// Whether there is ever anything to ask.
    var mayAsk: Bool {
        if case .none = self { true } else { false }
    }

    /// What is to be asked before this command line is followed; nil for nothing.
    func question(before invocation: Invocation) -> String? {
        guard case .none(let question, let option) = self else { return nil }
        if let option, (invocation.number(option) ?? 0) > 0 { return nil }
        return OperationRunner.fill(question) { invocation.text($0) ?? "it" }
    }
}
