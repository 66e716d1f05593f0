import Basics
import Keyring
import Testing

@testable import Replica

/// A lease of 2 s, asked for every 250 ms.
@Suite struct LeaseHolderTests {
    static let times = LeaseTimes(.standard)

    /// Both clocks so many milliseconds after their beginnings, which differ by an hour.
    static func at(_ milliseconds: Int64, suspended: Int64 = 0) -> SteadyInstant {
        SteadyInstant(
            running: .zero + .milliseconds(milliseconds),
            sinceBoot: .zero + .milliseconds(3_600_000 + milliseconds + suspended))
    }

    private static func take(
        _ holder: inout LeaseHolder, _ nonce: UInt64, minIndex: UInt64 = 5, applied: UInt64 = 5,
        at now: SteadyInstant
    ) {
        holder.take(
            LeaseNonce(nonce), minIndex: LogIndex(minIndex), applied: LogIndex(applied), now: now,
            times)
    }

    @Test func `a lease begins when it was asked for, however late its grant comes`() {
        var holder = LeaseHolder()
        holder.ask(LeaseNonce(1), now: Self.at(1_000), Self.times)
        #expect(holder.nextRequest == .zero + .milliseconds(1_250))
        Self.take(&holder, 1, at: Self.at(2_900))
        #expect(holder.leases == [Lease(expiry: Self.at(3_000), minIndex: LogIndex(5))])
        #expect(holder.expiry(at: LogIndex(5)) == Self.at(3_000))
        #expect(holder.expiry(at: LogIndex(4)) == .past)
    }

    @Test func `a grant that comes after its lease's end is nothing`() {
        var holder = LeaseHolder()
        holder.ask(LeaseNonce(1), now: Self.at(1_000), Self.times)
        Self.take(&holder, 1, at: Self.at(3_000))
        #expect(holder.leases.isEmpty)
        holder.ask(LeaseNonce(2), now: Self.at(4_000), Self.times)
        // The machine was suspended for 2 s meanwhile: only one of the clocks tells.
        Self.take(&holder, 2, at: Self.at(4_010, suspended: 2_000))
        #expect(holder.leases.isEmpty)
    }

    @Test func `leases that are raised are for no earlier state, and the best is kept`() {
        var holder = LeaseHolder()
        for (nonce, minIndex) in [(1, 5), (2, 7), (3, 12)] as [(UInt64, UInt64)] {
            let now = Self.at(Int64(nonce) * 100)
            holder.ask(LeaseNonce(nonce), now: now, Self.times)
            Self.take(&holder, nonce, minIndex: minIndex, at: now)
        }
        #expect(holder.leases.count == 3)
        holder.raise(to: LogIndex(9))
        #expect(
            holder.leases == [
                Lease(expiry: Self.at(2_200), minIndex: LogIndex(9)),
                Lease(expiry: Self.at(2_300), minIndex: LogIndex(12)),
            ])
        holder.shorten(by: .milliseconds(1_500))
        #expect(holder.expiry(at: LogIndex(8)) == .past)
        #expect(holder.expiry(at: LogIndex(9)) == Self.at(700))
        #expect(holder.expiry(at: LogIndex(12)) == Self.at(800))
    }

    @Test func `a grant counts for an open request only, and once`() {
        var holder = LeaseHolder()
        Self.take(&holder, 7, at: Self.at(0))
        #expect(holder.leases.isEmpty, "nobody asked")
        holder.ask(LeaseNonce(7), now: Self.at(0), Self.times)
        Self.take(&holder, 7, minIndex: 9, at: Self.at(10))
        Self.take(&holder, 7, minIndex: 1, at: Self.at(11))
        #expect(holder.leases.map(\.minIndex) == [LogIndex(9)])
    }

    @Test func `what was asked earlier isn't taken any more`() {
        var holder = LeaseHolder()
        holder.ask(LeaseNonce(1), now: Self.at(0), Self.times)
        holder.ask(LeaseNonce(2), now: Self.at(250), Self.times)
        Self.take(&holder, 2, at: Self.at(260))
        Self.take(&holder, 1, minIndex: 1, at: Self.at(270))
        #expect(holder.leases == [Lease(expiry: Self.at(2_250), minIndex: LogIndex(5))])
    }

    @Test func `open requests are forgotten when their lease would have ended, and beyond sixteen`()
    {
        var holder = LeaseHolder()
        for nonce in UInt64(1)...17 { holder.ask(LeaseNonce(nonce), now: Self.at(0), Self.times) }
        Self.take(&holder, 1, at: Self.at(1))
        #expect(holder.leases.isEmpty)
        holder.ask(LeaseNonce(18), now: Self.at(2_000), Self.times)
        Self.take(&holder, 17, at: Self.at(1_999))
        #expect(holder.leases.isEmpty)
        Self.take(&holder, 18, at: Self.at(2_001))
        #expect(holder.leases.count == 1)
    }

    @Test func `no lease stands beside one that is as good in both`() {
        var holder = LeaseHolder()
        for (number, minIndex) in [UInt64(5), 5, 8, 8, 9].enumerated() {
            let nonce = UInt64(number)
            let now = Self.at(Int64(number) * 250)
            holder.ask(LeaseNonce(nonce), now: now, Self.times)
            Self.take(&holder, nonce, minIndex: minIndex, at: now)
        }
        #expect(
            holder.leases == [
                Lease(expiry: Self.at(2_250), minIndex: LogIndex(5)),
                Lease(expiry: Self.at(2_750), minIndex: LogIndex(8)),
                Lease(expiry: Self.at(3_000), minIndex: LogIndex(9)),
            ])
        #expect(holder.expiry(at: LogIndex(8)) == Self.at(2_750))
    }

    @Test func `of too many leases the ones go that help least`() {
        // Each renewal finds another change; nothing is applied meanwhile.
        var behind = LeaseHolder()
        var abreast = LeaseHolder()
        for number in UInt64(0)..<6 {
            let now = Self.at(Int64(number) * 250)
            behind.ask(LeaseNonce(number), now: now, Self.times)
            Self.take(&behind, number, minIndex: 10 + number, applied: 10, at: now)
            abreast.ask(LeaseNonce(number), now: now, Self.times)
            Self.take(&abreast, number, minIndex: 10 + number, applied: 10 + number, at: now)
        }
        #expect(behind.leases.map(\.minIndex.rawValue) == [10, 11, 12, 15])
        #expect(abreast.leases.map(\.minIndex.rawValue) == [12, 13, 14, 15])
    }

    @Test func `another leader is asked at once`() {
        var holder = LeaseHolder()
        holder.ask(LeaseNonce(1), now: Self.at(1_000), Self.times)
        holder.hasten()
        #expect(holder.nextRequest == .zero)
    }
}
