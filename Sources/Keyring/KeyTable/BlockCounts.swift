import Basics

/// How many entries that are in the log and not yet applied touch what: two of them may touch one
/// key, and the first to be applied must not release it.
///
/// Law: a count that is there is above zero.
struct BlockCounts {
    private var counts: [KeyStateSubject: Int] = [:]

    var isEmpty: Bool { counts.isEmpty }

    func contains(_ subject: KeyStateSubject) -> Bool { counts[subject] != nil }

    /// True if nothing touched it before.
    mutating func add(_ subject: KeyStateSubject) -> Bool {
        let count = counts[subject, default: 0]
        counts[subject] = count + 1
        return count == 0
    }

    /// True if nothing touches it any more. Requires that it was added.
    mutating func remove(_ subject: KeyStateSubject) -> Bool {
        #if MUTANTS
        if PlantedBug.isOn(.blocksAsFlags) { return counts.removeValue(forKey: subject) != nil }
        #endif
        guard let count = counts[subject] else {
            preconditionFailure("\(subject) was released and never blocked")
        }
        counts[subject] = count == 1 ? nil : count - 1
        return count == 1
    }
}
