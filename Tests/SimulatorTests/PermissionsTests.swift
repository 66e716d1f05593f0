import Basics
import Consensus
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
        at asked: Duration, minIndex: UInt64 = 7, newest: UInt64 = 7
    ) -> LeaseGrants {
        let receipt = LeaseGrants.Receipt(
            node: NodeID(2), requested: .zero + asked, minIndex: LogIndex(minIndex))
        return LeaseGrants(receipts: [receipt], newestKeyState: LogIndex(newest))
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

    @Test func `what a clock showed before its rate changed is known to the nanosecond`() {
        var grants = Permissions()
        var clock = MachineClock(origin: .zero)
        clock.setRate(partsPerMillion: 20_000, at: .zero + .seconds(1))
        let elected = clock.local(at: .zero + .seconds(5))
        clock.setRate(partsPerMillion: -20_000, at: .zero + .seconds(6))
        grants.noteElection(in: Term(2), at: .zero + .seconds(5))
        func law(_ requested: Instant) -> String? {
            let receipt = LeaseGrants.Receipt(
                node: NodeID(2), requested: requested, minIndex: LogIndex(7))
            let seen = LeaseGrants(receipts: [receipt], newestKeyState: LogIndex(7))
            do throws(Violation) {
                try grants.observe(
                    seen, by: Self.leader, in: Term(1), clock, at: .zero + .seconds(9))
                return nil
            } catch {
                return error.law
            }
        }
        #expect(law(elected) == nil)
        #expect(law(elected + .nanoseconds(1)) != nil)
    }

    @Test func `leases are for members that have come and don't go`() {
        let two = Configuration(voters: [NodeID(1), NodeID(2)])
        let three = Configuration(voters: [NodeID(1), NodeID(2), NodeID(3)])
        func isAllowed(committed: Configuration, newest: Configuration, term: UInt64 = 1) -> Bool {
            var permissions = Permissions()
            permissions.noteElection(in: Term(2), at: .zero + .seconds(5))
            let receipt = LeaseGrants.Receipt(
                node: NodeID(3), requested: .zero, minIndex: .zero)
            do throws(Violation) {
                try permissions.judge(
                    [receipt], of: Self.leader, in: Term(term), committed: committed,
                    newest: newest, at: .zero + .seconds(9))
                return true
            } catch {
                return false
            }
        }
        #expect(isAllowed(committed: three, newest: three, term: 2))
        #expect(!isAllowed(committed: two, newest: three, term: 2))
        #expect(!isAllowed(committed: three, newest: two, term: 2))
        // What came after its time a deposed leader can't know.
        #expect(isAllowed(committed: two, newest: three))
    }

    @Test func `a lease is for all that the granting log holds at that moment`() {
        var grants = Permissions()
        #expect(law(&grants, seen(at: .seconds(4)), term: 1) == nil)
        // Granted earlier; the log has grown since.
        #expect(law(&grants, seen(at: .seconds(4), newest: 8), term: 1) == nil)
        #expect(
            law(&grants, seen(at: .seconds(5), newest: 8), term: 1)
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
