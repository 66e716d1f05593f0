import Basics
import Keyring
import Replica
import Testing

@testable import Simulator

/// What clients were told about holds, each story with the verdict that it deserves.
@Suite struct LinearizabilityHoldTests {
    private func findings(_ story: Story) -> [String] {
        let report = story.history.check()
        #expect(report.undecided.isEmpty)
        return report.violations.map(\.subject)
    }

    /// With a key and a limit of ten in all.
    private func limited() -> Story {
        var story = Story()
        story.create(active: true, at: 3)
        story.limit(10, spent: 0, index: 4, 40, 49)
        return story
    }

    @Test func `what is held is taken, and what is left of it comes back`() {
        var story = limited()
        story.hold(7, as: "h", remaining: 3, index: 5, 50, 59)
        story.refuseCharge(
            4, id: "a",
            .creditsExhausted(remaining: Credits(clamping: 3), allowance: Credits(clamping: 10)),
            60, 69)
        story.settle("h", 5, of: 7, spent: 5, remaining: 5, index: 6, 70, 79)
        story.charge(5, id: "b", spent: 10, of: 10, index: 7, 80, 89)
        #expect(findings(story).isEmpty)
    }

    @Test func `credits that are held and spent are found`() {
        var story = limited()
        story.hold(7, as: "h", remaining: 3, index: 5, 50, 59)
        story.charge(4, id: "a", spent: 4, of: 10, index: 6, 60, 69)
        #expect(findings(story) == [Story.line])
    }

    @Test func `a hold that is settled for more than it holds is found`() {
        var story = limited()
        story.hold(7, as: "h", remaining: 3, index: 5, 50, 59)
        story.settle("h", 8, of: 7, spent: 8, remaining: 2, index: 6, 60, 69)
        #expect(findings(story) == [Story.line])
    }

    @Test func `a hold that ends twice is found, and one that is told again is not`() {
        var story = limited()
        story.hold(7, as: "h", remaining: 3, index: 5, 50, 59)
        story.settle("h", 5, of: 7, spent: 5, remaining: 5, index: 6, 60, 69)
        story.settle("h", 5, of: 7, spent: 5, remaining: 5, index: 6, replayed: true, 70, 79)
        #expect(findings(story).isEmpty)
        story.settle("h", 4, of: 7, spent: 9, remaining: 1, index: 7, 80, 89)
        #expect(findings(story) == [Story.line])
    }

    @Test func `a hold lapses when log time says so, and not before`() {
        for (isLater, expected) in [(true, []), (false, [Story.line])] {
            var story = limited()
            if isLater { story.days = [6] }
            story.hold(7, as: "h", remaining: 3, index: 5, 50, 59)
            story.charge(4, id: "a", spent: 4, of: 10, index: 6, 60, 69)
            #expect(findings(story) == expected)
        }
    }

    @Test func `a settlement nobody heard of explains what was spent, once`() {
        var story = limited()
        story.hold(7, as: "h", remaining: 3, index: 5, 50, 59)
        story.ask(
            .hold(.settle(Settlement(key: .digest(Story.digest), hold: Story.id("h"), credits: 5))),
            60, nil)
        story.charge(1, id: "a", spent: 6, of: 10, index: 7, 70, 79)
        #expect(findings(story).isEmpty)
        story.charge(1, id: "b", spent: 12, of: 10, index: 8, 80, 89)
        #expect(findings(story) == [Story.line])
    }
}

extension Story {
    static func id(_ text: String) -> IdempotencyKey {
        guard let id = IdempotencyKey(text) else { preconditionFailure("an id") }
        return id
    }

    private func receipt(
        _ id: String, _ standing: HoldReceipt.Standing, held: UInt64, charged: UInt64,
        spent: UInt64, remaining: UInt64, index: UInt64, replayed: Bool
    ) -> RecordedOperation.Result {
        .outcome(
            .held(
                HoldReceipt(
                    hold: Story.id(id), standing: standing, held: Credits(clamping: held),
                    charged: Credits(clamping: charged), spent: Credits(clamping: spent),
                    remaining: Credits(clamping: remaining),
                    expiresAt: Story.start + .seconds(60), index: LogIndex(index),
                    replayed: replayed)))
    }

    /// For a minute.
    mutating func hold(
        _ credits: UInt64, as id: String, remaining: UInt64, index: UInt64, _ invoked: Int64,
        _ returned: Int64
    ) {
        let hold = NewHold(
            key: .digest(Story.digest), credits: credits, timeoutSeconds: 60, id: Story.id(id))
        ask(.hold(.place(hold)), invoked, returned)
        told(
            receipt(
                id, .open, held: credits, charged: 0, spent: 0, remaining: remaining,
                index: index, replayed: false), index: index)
    }

    mutating func settle(
        _ id: String, _ credits: UInt64, of held: UInt64, spent: UInt64, remaining: UInt64,
        index: UInt64, replayed: Bool = false, _ invoked: Int64, _ returned: Int64
    ) {
        let settlement = Settlement(
            key: .digest(Story.digest), hold: Story.id(id), credits: credits)
        ask(.hold(.settle(settlement)), invoked, returned)
        told(
            receipt(
                id, .settled, held: held, charged: credits, spent: spent, remaining: remaining,
                index: index, replayed: replayed), index: index)
    }
}
