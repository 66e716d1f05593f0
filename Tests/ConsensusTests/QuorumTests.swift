import Basics
import Testing

@testable import Consensus

@Suite struct QuorumTests {
    /// The slow, obvious twin: the highest value that enough others have reached.
    static func reachedSlowly(_ values: [Int]) -> Int? {
        values.filter { value in values.count { $0 >= value } * 2 > values.count }.max()
    }

    @Test func `the value a majority has reached is that of the obvious count`() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<5000 {
            let count = Int(generator.below(8))
            let values = (0..<count).map { _ in Int(generator.below(6)) }
            #expect(Quorum.reached(values) == Self.reachedSlowly(values), "\(values)")
        }
    }

    @Test(arguments: [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (7, 4)])
    func `any two majorities share a member`(count: Int, majority: Int) {
        #expect(Quorum.majority(of: count) == majority)
        #expect(2 * majority > count)
    }

    @Test func `a configuration is sorted, and a voter is no learner`() {
        let configuration = Configuration(
            voters: [NodeID(3), NodeID(1), NodeID(3)], learners: [NodeID(2), NodeID(1)])
        #expect(configuration.voters == [NodeID(1), NodeID(3)])
        #expect(configuration.learners == [NodeID(2)])
        #expect(configuration.majority == 2)
    }
}
