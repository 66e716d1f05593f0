import Basics
import Keyring
import Replica
import Testing

@testable import Simulator

/// What clients of a small cluster were told, each story with the verdict that it deserves.
@Suite struct LinearizabilityHistoryTests {
    private func findings(_ story: Story) -> [ClientHistory.Finding] {
        let report = story.history.check()
        #expect(report.undecided.isEmpty)
        return report.violations
    }

    @Test func `a key's life, told in order`() {
        var story = Story()
        story.create(active: false, at: 3)
        story.toggle(true, index: 4, 40, 49)
        story.read(.active, changedAt: 4, 50, 59)
        story.charge(5, id: "a", spent: 5, index: 5, 60, 69)
        story.revoke(index: 6, 70, 79)
        story.read(.revoked, changedAt: 6, 80, 89)
        story.refuseCharge(5, id: "b", .invalidKey, 90, 99)
        story.ask(.setKeyActive(Story.key, account: Story.account, active: true), 100, 109)
        story.told(.outcome(.refused(.keyRevoked)), index: 8)
        #expect(findings(story).isEmpty)
        let report = story.history.check()
        #expect(report.histories == 2)
        // The charge refused for its key, the changes of the key and its reads don't concern
        // credits.
        #expect(report.calls == 10 + 3)
    }

    @Test func `a stale read of a key is found`() {
        var story = Story()
        story.create(active: true, at: 3)
        story.toggle(false, index: 4, 40, 49)
        story.read(.active, changedAt: 3, 50, 59)
        let found = findings(story)
        #expect(found.map(\.subject) == ["\(Story.key)"])
        #expect(found[0].detail.contains(": read key_0004q -> "))
        // While the change is under way either is right.
        story.shift(last: 1, to: 45, 59)
        #expect(findings(story).isEmpty)
    }

    @Test func `a read of an older change of the same state is found`() {
        var story = Story()
        story.create(active: true, at: 3)
        story.toggle(false, index: 4, 40, 49)
        story.toggle(true, index: 5, 50, 59)
        story.read(.active, changedAt: 3, 60, 69)
        #expect(findings(story).map(\.subject) == ["\(Story.key)"])
    }

    @Test func `a revoked key that is charged is found`() {
        var story = Story()
        story.create(active: true, at: 3)
        story.revoke(index: 4, 40, 49)
        story.charge(5, id: "a", spent: 5, index: 5, 50, 59)
        #expect(findings(story).map(\.subject) == ["\(Story.key)"])
    }

    @Test func `a removed user's key is dead, and so is a deleted account's`() {
        for isUser in [true, false] {
            var story = Story()
            story.create(active: true, at: 3)
            if isUser {
                story.ask(.removeUser(Story.user, account: Story.account), 40, 49)
                let removed = Change(.userRemoved(Story.user), index: LogIndex(4))
                story.told(.outcome(.changed(removed)), index: 4)
                story.read(.revoked, changedAt: 4, 50, 59)
            } else {
                story.ask(.deleteAccount(Story.account), 40, 49)
                let deleted = Change(.accountDeleted(Story.account), index: LogIndex(4))
                story.told(.outcome(.changed(deleted)), index: 4)
            }
            #expect(findings(story).isEmpty)
            story.charge(5, id: "a", spent: 5, index: 5, 60, 69)
            // The key isn't accepted, and there is nobody who could spend.
            #expect(findings(story).map(\.subject) == ["\(Story.key)", "\(Story.line)"])
        }
    }

    @Test func `all keys revoked by a call that never returned, or not`() {
        var story = Story()
        story.create(active: true, at: 3)
        story.ask(.revokeAllKeys(Story.user, account: Story.account), 40, nil)
        story.read(.active, changedAt: 3, 50, 59)
        #expect(findings(story).isEmpty)
        story.read(.revoked, changedAt: 4, 60, 69)
        #expect(findings(story).isEmpty)
        story.read(.active, changedAt: 3, 70, 79)
        #expect(findings(story).map(\.subject) == ["\(Story.key)"])
    }

    @Test func `a charge told twice under one id is charged once`() {
        var story = Story()
        story.create(active: true, at: 3)
        story.charge(5, id: "a", spent: 5, index: 4, 40, 49)
        story.charge(5, id: "a", spent: 5, index: 4, replayed: true, 50, 59)
        story.charge(7, id: "b", spent: 12, index: 6, 60, 69)
        #expect(findings(story).isEmpty)
        // Told as new a second time.
        var twice = Story()
        twice.create(active: true, at: 3)
        twice.charge(5, id: "a", spent: 5, index: 4, 40, 49)
        twice.charge(5, id: "a", spent: 5, index: 4, 50, 59)
        #expect(findings(twice).map(\.subject) == ["\(Story.key)", "\(Story.line)"])
        // Told with another receipt.
        var again = Story()
        again.create(active: true, at: 3)
        again.charge(5, id: "a", spent: 5, index: 4, 40, 49)
        again.charge(5, id: "a", spent: 10, index: 5, replayed: true, 50, 59)
        #expect(findings(again).first?.subject == "id a")
    }

    @Test func `a charge counted twice is found by the next`() {
        var story = Story()
        story.create(active: true, at: 3)
        story.charge(5, id: "a", spent: 5, index: 4, 40, 49)
        story.charge(5, id: "a", spent: 5, index: 4, replayed: true, 50, 59)
        story.charge(7, id: "b", spent: 17, index: 6, 60, 69)
        #expect(findings(story).map(\.subject) == ["\(Story.line)"])
    }

    @Test func `a charge whose fate nobody learnt may count, once`() {
        for (spent, isExplained) in [(7, true), (12, true), (17, false)] {
            var story = Story()
            story.create(active: true, at: 3)
            story.ask(.charge([Story.charge(5, id: "a")]), 40, nil)
            story.ask(.charge([Story.charge(5, id: "a")]), 41, nil)
            story.charge(7, id: "b", spent: UInt64(spent), index: 6, 60, 69)
            #expect(findings(story).isEmpty == isExplained, "\(spent) spent")
        }
    }

    @Test func `a charge beyond the limit and a refusal within it are found`() {
        var story = Story()
        story.create(active: true, at: 3)
        story.limit(10, spent: 0, index: 4, 40, 49)
        story.charge(8, id: "a", spent: 8, of: 10, index: 5, 50, 59)
        var honest = story
        honest.refuseCharge(
            3, id: "b",
            .creditsExhausted(remaining: Credits(clamping: 2), allowance: Credits(clamping: 10)),
            60, 69)
        #expect(findings(honest).isEmpty)
        var beyond = story
        beyond.charge(3, id: "b", spent: 11, of: 10, index: 6, 60, 69)
        #expect(findings(beyond).map(\.subject) == ["\(Story.line)"])
        story.refuseCharge(
            2, id: "b",
            .creditsExhausted(remaining: Credits(clamping: 2), allowance: Credits(clamping: 10)),
            60, 69)
        #expect(findings(story).map(\.subject) == ["\(Story.line)"])
    }

    @Test func `a lost update of the counter is found`() {
        var story = Story()
        story.create(active: true, at: 3)
        // Concurrent, and both saw nothing spent.
        story.charge(5, id: "a", spent: 5, index: 4, 40, 59)
        story.charge(7, id: "b", spent: 7, index: 5, 41, 58)
        #expect(findings(story).map(\.subject) == ["\(Story.line)"])
    }

    @Test func `a day's allowance is new the next day`() {
        var story = Story()
        story.create(active: true, at: 3)
        story.limit(10, period: .day, spent: 0, index: 4, 40, 49)
        story.charge(8, id: "a", spent: 8, of: 10, index: 5, 50, 59)
        story.charge(8, id: "b", spent: 8, of: 10, index: 6, 60, 69)
        story.days = [6]
        #expect(findings(story).isEmpty)
        // The day turned only later, or never.
        story.days = [7]
        #expect(findings(story).map(\.subject) == ["\(Story.line)"])
        story.days = []
        #expect(findings(story).map(\.subject) == ["\(Story.line)"])
    }

    @Test func `an answer about a key that nobody created is found`() {
        var story = Story()
        story.read(.active, changedAt: 3, 10, 19)
        #expect(findings(story).map(\.subject) == ["what nobody created"])
    }

    @Test func `a refusal that isn't kept leaves the id free for an attempt on its way`() {
        var story = Story()
        story.create(active: true, at: 3)
        story.refuseCharge(5, id: "a", .idempotencyTooNew, 40, 49)
        story.charge(7, id: "b", spent: 7, index: 6, 50, 59)
        story.charge(1, id: "c", spent: 13, index: 8, 60, 69)
        #expect(findings(story).isEmpty)
    }
}
