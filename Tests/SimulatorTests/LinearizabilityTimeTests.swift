import Basics
import Keyring
import Replica
import Testing

@testable import Simulator

/// What time ends, told by clients: each story with the verdict that it deserves. A day turns at
/// the sixth entry; everything here ends within the first.
@Suite struct LinearizabilityTimeTests {
    private static let end = Story.start + .seconds(3_600)

    private func findings(_ story: Story) -> [String] {
        let report = story.history.check()
        #expect(report.undecided.isEmpty)
        return report.violations.map(\.subject)
    }

    private func expiring() -> Story {
        var story = Story()
        story.days = [6]
        story.create(expiring: Self.end, at: 3)
        return story
    }

    private static let found = ["\(Story.key)"]

    @Test func `a key expires where the log reaches its expiry`() {
        var story = expiring()
        story.look(.active, changedAt: 3, expires: Self.end, at: 5, 50, 59)
        story.look(.expired, changedAt: 6, expires: Self.end, at: 6, 60, 69)
        story.look(.expired, changedAt: 6, expires: Self.end, at: 9, 70, 79)
        #expect(findings(story).isEmpty)
    }

    @Test func `an expiry that never comes, or at once, is found`() {
        for (state, changedAt, index) in [
            (KeyState.active, 3, 7), (.expired, 4, 4), (.expired, 7, 7),
        ] as [(KeyState, UInt64, UInt64)] {
            var story = expiring()
            story.look(.active, changedAt: 3, expires: Self.end, at: 3, 40, 49)
            // Somebody hears how far the log is before.
            story.limit(10, spent: 0, index: index, 50, 55)
            story.look(state, changedAt: changedAt, expires: Self.end, at: index, 60, 69)
            #expect(findings(story) == Self.found, "\(state)")
        }
    }

    @Test func `a charge with an expired key is found, and one that is told another expiry`() {
        var story = expiring()
        story.look(.expired, changedAt: 6, expires: Self.end, at: 6, 50, 59)
        story.charge(5, id: "a", spent: 5, index: 7, 60, 69)
        #expect(findings(story) == Self.found)
        var other = expiring()
        other.look(.active, changedAt: 3, expires: nil, at: 4, 50, 59)
        #expect(findings(other) == Self.found)
    }

    @Test func `a key is refused for its expiry only where that has passed`() {
        for (index, expected) in [(7, []), (4, Self.found)] as [(UInt64, [String])] {
            var story = Story()
            story.days = [6]
            story.create(expiring: Self.end, at: index)
            story.told(.outcome(.refused(.expiryPassed)), index: index)
            // The next that is asked shows how far the log was.
            story.limit(10, spent: 0, index: index + 1, 50, 59)
            #expect(findings(story) == expected)
        }
    }

    private func retiring() -> Story {
        var story = Story()
        story.days = [6]
        story.create(active: true, at: 3)
        story.rotate(for: 3_600, until: Self.end, at: 4, 40, 49)
        return story
    }

    @Test func `a grace ends where the log reaches its end`() {
        var story = retiring()
        story.look(.retiring, changedAt: 4, retires: Self.end, at: 5, 50, 59)
        story.charge(5, id: "a", spent: 5, index: 5, 60, 69)
        story.look(.revoked, changedAt: 6, at: 6, 70, 79)
        #expect(findings(story).isEmpty)
    }

    @Test func `a grace that never ends, or at once, is found`() {
        var never = retiring()
        never.limit(10, spent: 0, index: 6, 50, 55)
        never.look(.retiring, changedAt: 4, retires: Self.end, at: 7, 60, 69)
        #expect(findings(never) == Self.found)
        var charged = retiring()
        charged.look(.revoked, changedAt: 6, at: 6, 50, 59)
        charged.charge(5, id: "a", spent: 5, index: 7, 60, 69)
        #expect(findings(charged) == Self.found)
        var early = retiring()
        early.look(.revoked, changedAt: 5, at: 5, 50, 59)
        #expect(findings(early) == Self.found)
    }

    @Test func `a grace for longer than was asked is found`() {
        var story = Story()
        story.days = [6]
        story.create(active: true, at: 3)
        story.rotate(for: 3_600, until: Self.end + .seconds(1), at: 4, 40, 49)
        #expect(findings(story) == Self.found)
    }

    @Test func `revoking the successor ends the grace`() {
        for isRight in [true, false] {
            var story = retiring()
            story.ask(.revokeKey(Story.successor, account: Story.account), 50, 59)
            let change = Change(.keyRevoked(Story.successor), index: LogIndex(5))
            story.told(.outcome(.changed(change)), index: 5)
            if isRight {
                story.look(.revoked, changedAt: 5, at: 5, 60, 69)
            } else {
                story.look(.retiring, changedAt: 4, retires: Self.end, at: 5, 60, 69)
            }
            #expect(findings(story) == (isRight ? [] : Self.found))
        }
    }

    @Test func `a rotation that nobody was told of may have ended the key, once`() {
        var story = Story()
        story.days = [6]
        story.create(active: true, at: 3)
        story.ask(.rotateKey(Story.rotation(3_600)), 40, nil)
        story.look(.retiring, changedAt: 4, retires: Self.end, at: 5, 50, 59)
        story.look(.revoked, changedAt: 6, at: 6, 60, 69)
        #expect(findings(story).isEmpty)
        story.look(.retiring, changedAt: 4, retires: Self.end, at: 7, 70, 79)
        #expect(findings(story) == Self.found)
    }
}

extension Story {
    static let successor = KeyID(301)

    mutating func create(expiring expiry: Timestamp, at index: UInt64) {
        let new = NewKey(
            id: Story.key, account: Story.account, user: Story.user, api: .rest,
            name: Story.name, digest: Story.digest, suffix: Workload.suffix, active: true,
            expiresAt: expiry)
        ask(.createKey(new), 30, 39)
        var detail = detail(.active, changedAt: index)
        detail.expiresAt = expiry
        told(.outcome(.changed(Change(.key(detail), index: LogIndex(index)))), index: index)
    }

    static func rotation(_ seconds: UInt32) -> Rotation {
        Rotation(
            old: key, account: account, id: successor, digest: Digest(4, 0, 0, 0),
            suffix: Workload.suffix, api: .rest, graceSeconds: seconds)
    }

    mutating func rotate(
        for seconds: UInt32, until end: Timestamp, at index: UInt64, _ invoked: Int64,
        _ returned: Int64
    ) {
        ask(.rotateKey(Story.rotation(seconds)), invoked, returned)
        var new = detail(.active, changedAt: index)
        new.id = Story.successor
        new.replaces = Story.key
        var old = detail(.retiring, changedAt: index)
        old.retiresAt = end
        old.replacedBy = Story.successor
        let change = Change(.keyRotated(new, old: old), index: LogIndex(index))
        told(.outcome(.changed(change)), index: index)
    }

    /// A read that reflects the log up to `index`.
    mutating func look(
        _ state: KeyState, changedAt: UInt64, expires: Timestamp? = nil,
        retires: Timestamp? = nil, at index: UInt64, _ invoked: Int64, _ returned: Int64
    ) {
        read(state, changedAt: changedAt, invoked, returned)
        var shown = detail(state, changedAt: changedAt)
        shown.expiresAt = expires
        shown.retiresAt = retires
        told(.answer(.key(shown)), index: index)
    }
}
