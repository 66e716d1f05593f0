import Basics
import Consensus
import Replica
import Testing

@testable import Simulator

/// Each law of the disks, broken by hand: a checker that accepts everything would pass all runs.
@Suite struct DurabilityTests {
    private static let n1 = NodeID(1)
    private static let n2 = NodeID(2)
    private static let n3 = NodeID(3)
    private static let all = [n1, n2, n3]

    private var durability = Durability()

    private func law(_ body: () throws(Violation) -> Void) -> String? {
        do throws(Violation) {
            try body()
            return nil
        } catch {
            return error.law
        }
    }

    private func disk(
        term: UInt64 = 1, end: UInt64, commit: UInt64 = 0, isWhole: Bool = true,
        isSynced: Bool = true
    ) -> NodeOnDisk {
        NodeOnDisk(
            vote: HardState(term: Term(term)),
            end: LogPosition(term: Term(term), index: LogIndex(end)), commit: LogIndex(commit),
            isWhole: isWhole, isSynced: isSynced)
    }

    @Test mutating func `a node votes once in a term`() throws {
        let first = HardState(term: Term(3), votedFor: Self.n2)
        let second = HardState(term: Term(3), votedFor: Self.n1)
        try durability.note(first, of: Self.n1, candidateEnd: nil, at: .zero)
        try durability.note(first, of: Self.n1, candidateEnd: nil, at: .zero)
        var copy = durability
        #expect(
            law { () throws(Violation) in
                try copy.note(second, of: Self.n1, candidateEnd: nil, at: .zero)
            } == "a node votes once in a term")
    }

    @Test mutating func `a vote goes to who holds what the voter knew to be committed`() throws {
        try durability.note(disk(end: 9, commit: 7), of: Self.n1, at: .zero)
        let vote = HardState(term: Term(2), votedFor: Self.n2)
        var copy = durability
        try copy.note(vote, of: Self.n1, candidateEnd: LogIndex(7), at: .zero)
        #expect(
            law { () throws(Violation) in
                try copy.note(vote, of: Self.n1, candidateEnd: LogIndex(6), at: .zero)
            } == "a vote goes to a log that holds what the voter knew to be committed")
        // Also when the voter has lost its directory and was formatted anew.
        durability.noteWipe(of: Self.n1)
        try durability.note(disk(end: 0), of: Self.n1, at: .zero)
        #expect(
            law { () throws(Violation) in
                try durability.note(vote, of: Self.n1, candidateEnd: LogIndex(6), at: .zero)
            } != nil)
    }

    @Test mutating func `a leader has a majority's durable votes of its own term`() throws {
        let vote = HardState(term: Term(2), votedFor: Self.n1)
        try durability.note(vote, of: Self.n1, candidateEnd: nil, at: .zero)
        func judge(_ durability: Durability, _ term: UInt64) -> String? {
            law { () throws(Violation) in
                try durability.judgeElection(of: Self.n1, in: Term(term), by: Self.all, at: .zero)
            }
        }
        #expect(judge(durability, 2) == "a leader was elected by durable votes of a majority")
        try durability.note(vote, of: Self.n2, candidateEnd: nil, at: .zero)
        #expect(judge(durability, 2) == nil)
        #expect(judge(durability, 3) != nil, "votes of an earlier term")
    }

    @Test mutating func `what is committed is on a majority's disks in the leader's term`() throws {
        func judge(_ durability: Durability) -> String? {
            law { () throws(Violation) in
                try durability.judgeCommit(
                    of: LogIndex(5), by: Self.n1, in: Term(2), voters: Self.all, at: .zero)
            }
        }
        try durability.note(disk(term: 2, end: 5), of: Self.n1, at: .zero)
        try durability.note(disk(term: 2, end: 4), of: Self.n2, at: .zero)
        try durability.note(disk(term: 1, end: 9), of: Self.n3, at: .zero)
        #expect(
            judge(durability)
                == "what a leader commits is on the disks of a majority, in its term")
        try durability.note(disk(term: 2, end: 6), of: Self.n2, at: .zero)
        #expect(judge(durability) == nil)
    }

    @Test mutating func `what a process found at its start counts once it is synced`() throws {
        try durability.note(disk(end: 9, commit: 7, isSynced: false), of: Self.n1, at: .zero)
        // The power went before that.
        try durability.note(disk(end: 3), of: Self.n1, at: .zero)
        try durability.note(disk(end: 9, commit: 7), of: Self.n1, at: .zero)
        #expect(
            law { () throws(Violation) in
                try durability.note(disk(end: 3), of: Self.n1, at: .zero)
            } == "a whole node holds what it knew to be committed")
    }

    @Test mutating func `a whole node holds what it knew to be committed`() throws {
        try durability.note(disk(end: 9, commit: 7), of: Self.n1, at: .zero)
        // What it didn't know to be committed may be gone, and one that isn't whole says so.
        try durability.note(disk(end: 7), of: Self.n1, at: .zero)
        try durability.note(disk(end: 3, isWhole: false), of: Self.n1, at: .zero)
        #expect(
            law { () throws(Violation) in
                try durability.note(disk(end: 6), of: Self.n1, at: .zero)
            } == "a whole node holds what it knew to be committed")
    }
}
