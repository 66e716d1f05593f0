import Basics

/// Counting majorities. Each function has a slow, obvious twin in the tests.
public enum Quorum {
    /// The smallest number of `count` voters of which any two sets share a member; for no voters
    /// at all 1, which nobody reaches.
    @inlinable
    public static func majority(of count: Int) -> Int {
        #if MUTANTS
        if PlantedBug.isOn(.nothing) { return count / 2 + 1 }
        if PlantedBug.isOn(.quorumTooSmall) { return max(1, count / 2) }
        #endif
        return count / 2 + 1
    }

    /// The highest value that a majority has reached, given one value for each voter; nil
    /// without voters. Sorts a copy: clusters have three or five voters.
    static func reached<Value: Comparable>(_ values: [Value]) -> Value? {
        guard !values.isEmpty else { return nil }
        let ascending = values.sorted()
        return ascending[ascending.count - majority(of: ascending.count)]
    }
}
