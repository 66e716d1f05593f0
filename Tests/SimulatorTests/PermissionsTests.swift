import Basics
import Testing

@testable import Replica
@testable import Simulator

@Suite struct PermissionsTests {
    private static let leader = NodeID(1)

    private func law(_ grants: inout Permissions, _ seen: LeaseGrants, term: UInt64) -> String? {
        do throws(Violation) {
            try grants.observe(
                seen, by: Self.leader, in: Term(term), MachineClock(origin: .zero),
                at: .zero + .seconds(9))
            return nil
        } catch {
            return error.law
        }
    }

    private func seen(
        at asked: Duration, own: Duration? = nil, minIndex: UInt64 = 7, newest: UInt64 = 7
    ) -> LeaseGrants {
        LeaseGrants(
            newest: .zero + asked, own: own.map { .zero + $0 }, ownMinIndex: LogIndex(minIndex),
            newestKeyState: LogIndex(newest))
    }

    @Test func `who was deposed grants nothing that was asked for afterwards`() {
        var grants = Permissions()
        grants.noteElection(in: Term(1), at: .zero + .seconds(1))
        grants.noteElection(in: Term(2), at: .zero + .seconds(5))
        #expect(law(&grants, seen(at: .seconds(4)), term: 1) == nil)
        #expect(law(&grants, seen(at: .seconds(6)), term: 2) == nil)
        #expect(
            law(&grants, seen(at: .seconds(6)), term: 1)
                == "a lease is granted by a leader that led when it was asked for")
    }

    @Test func `a leader's own lease is for all that its log holds when it is granted`() {
        var grants = Permissions()
        #expect(law(&grants, seen(at: .seconds(4), own: .seconds(4)), term: 1) == nil)
        // Granted earlier; the log has grown since.
        #expect(law(&grants, seen(at: .seconds(4), own: .seconds(4), newest: 8), term: 1) == nil)
        #expect(
            law(&grants, seen(at: .seconds(5), own: .seconds(5), newest: 8), term: 1)
                == "a lease is for a state with all that the granting log holds")
    }

    @Test func `who was deposed confirms no read that is asked afterwards`() throws {
        var permissions = Permissions()
        permissions.noteElection(in: Term(2), at: .zero + .seconds(5))
        func judge(_ asked: Duration, term: UInt64) -> String? {
            do throws(Violation) {
                try permissions.judgeRead(
                    asked: .zero + asked, answeredBy: Self.leader, in: Term(term),
                    at: .zero + .seconds(9))
                return nil
            } catch {
                return error.law
            }
        }
        #expect(judge(.seconds(4), term: 1) == nil)
        #expect(judge(.seconds(6), term: 2) == nil)
        #expect(
            judge(.seconds(6), term: 1)
                == "a read is confirmed by a leader that led when it was asked")
    }

    @Test func `a read is answered after a round of a majority alone`() throws {
        func judge(heard: Int, of voters: Int) -> String? {
            do throws(Violation) {
                try Permissions().judgeRound(
                    for: .zero, of: Self.leader, heard: heard, of: voters, at: .zero + .seconds(1))
                return nil
            } catch {
                return error.law
            }
        }
        #expect(judge(heard: 1, of: 1) == nil)
        #expect(judge(heard: 2, of: 3) == nil)
        #expect(
            judge(heard: 1, of: 3)
                == "a leader that answers a read has heard from a majority since it was asked")
        #expect(judge(heard: 2, of: 5) != nil)
    }
}
