/// Asks before a command does what can't be undone.
///
/// Where nobody can be asked (a script, a pipe) the command line must say so itself: a command
/// that goes on there would do it on a slip that a person at a terminal is saved from.
struct Confirmation {
    private let invocation: Invocation
    private let surroundings: Surroundings

    init(_ invocation: Invocation, _ surroundings: Surroundings) {
        self.invocation = invocation
        self.surroundings = surroundings
    }

    /// Whether the command is to be carried out.
    func isGiven() throws(UsageError) -> Bool {
        guard let question = invocation.command.reversal?.question(before: invocation),
            !invocation.has("yes")
        else { return true }
        guard surroundings.canAsk else {
            throw UsageError(
                words: invocation.words,
                message: "this can't be undone, and nobody can be asked here: give --yes")
        }
        surroundings.tell("\(question) This can't be undone. [y/N] ")
        if ["y", "yes"].contains(surroundings.readLine()?.lowercased()) { return true }
        surroundings.tell("Nothing was done.\n")
        return false
    }
}
