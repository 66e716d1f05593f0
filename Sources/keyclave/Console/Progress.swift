import Basics
import Linux

/// Tells somebody at a terminal how far a long piece of work has come: nothing in its first second,
/// then a line a second.
struct Progress {
    private let surroundings: Surroundings
    /// As in “written”.
    private let deed: String
    private var next: Instant

    private static let interval = Duration.seconds(1)

    init(_ deed: String, _ surroundings: Surroundings) {
        self.deed = deed
        self.surroundings = surroundings
        next = Clocks.now() + Progress.interval
    }

    /// `all` is zero if nobody knows.
    mutating func tell(_ done: Int, of all: Int, unit: String) {
        let now = Clocks.now()
        guard surroundings.showsProgress, now >= next else { return }
        next = now + Progress.interval
        let share = all > 0 ? " of \(all) (\(done * 100 / all) %)" : ""
        surroundings.tell("\(done)\(share) \(unit) \(deed)\n")
    }
}
