import Basics
import Foundation
import Synchronization
import Testing

@testable import Keyring

/// One writer and four readers on threads of their own, for a fixed number of changes. Meant for
/// the thread sanitizer as well, for which Package.swift names this file.
///
/// What was promised is kept in plain atomics beside the table: the writer raises them *after*
/// its change to the table, a reader reads them *before* its look-up, so whatever a reader finds
/// promised must hold.
@Suite("KeyTableStress", .serialized)
struct KeyTableStressTests {
    private static let users = 400
    private static let keysPerUser = 5
    private static let account = AccountID(1)

    /// Digests are computed, not stored: generation `round` of a user's key.
    private static func digest(user: Int, key: Int, round: Int) -> Digest {
        var generator = SeededGenerator(
            seed: UInt64(user) << 40 | UInt64(key) << 32 | UInt64(round))
        return Digest(generator.next(), generator.next(), generator.next(), generator.next())
    }

    private final class Promises: Sendable {
        /// Per user: rounds begun (added and published) and rounds ended (removed).
        let added: [Box] = (0..<KeyTableStressTests.users).map { _ in Box() }
        let removed: [Box] = (0..<KeyTableStressTests.users).map { _ in Box() }
        let published = Box()
        let isOver = Atomic<Bool>(false)
        let looked = Atomic<Int>(0)
        let broken = Atomic<Int>(0)

        final class Box: Sendable {
            let value = Atomic<UInt64>(0)
            func raise(to new: UInt64) { value.store(new, ordering: .releasing) }
            var now: UInt64 { value.load(ordering: .acquiring) }
        }

        func expect(_ condition: Bool) {
            if !condition { broken.add(1, ordering: .relaxed) }
        }
    }

    /// Adds a user with keys, spends, removes the user, forgets everything; then the next round.
    private static func write(_ table: TestTable, rounds: Int, _ promises: Promises) {
        var index: UInt64 = 0
        table.apply(.accountAdded(account))
        for round in 1...rounds {
            for user in 0..<users {
                begin(table, user: user, round: round)
                promises.added[user].raise(to: UInt64(round))
                index += 1
                table.publish(LogIndex(index))
                promises.published.raise(to: index)
            }
            for user in 0..<users {
                end(table, user: user, round: round) {
                    promises.removed[user].raise(to: UInt64(round))
                }
                table.drainLastUses(50) { _, minute in promises.expect(minute <= UInt32(rounds)) }
            }
            guard round % 4 == 0 else { continue }
            index += 1
            table.replace(by: [.accountAdded(account)], at: LogIndex(index))
            promises.published.raise(to: index)
        }
        promises.isOver.store(true, ordering: .releasing)
    }

    private static func userID(_ user: Int, _ round: Int) -> UserID {
        UserID(UInt64(round) << 32 | UInt64(user + 1))
    }

    private static func keyID(_ user: Int, _ key: Int, _ round: Int) -> KeyID {
        KeyID(UInt64(round) << 32 | UInt64(user * keysPerUser + key + 1))
    }

    private static func begin(_ table: TestTable, user: Int, round: Int) {
        let id = userID(user, round)
        table.apply(.userAdded(id, account: account, role: .member))
        for key in 0..<keysPerUser {
            table.apply(
                .keyAdded(
                    keyID(user, key, round), digest: digest(user: user, key: key, round: round),
                    api: .rest, user: id, account: account, state: .active))
        }
        for spent in UInt64(0)..<10 {
            // The two always add up to 1,000 and the number, in one state or the other.
            let state = CreditState(
                allowance: Credits(clamping: 1_000 + spent),
                remaining: Credits(clamping: 1_000 - spent), period: .none, periodNumber: 0,
                periodEnd: nil)
            table.apply(.credits(id, .rest, state))
        }
    }

    private static func end(_ table: TestTable, user: Int, round: Int, removed: () -> Void) {
        table.apply(.userRemoved(userID(user, round)))
        removed()
        for key in 0..<keysPerUser { table.apply(.keyForgotten(keyID(user, key, round))) }
        table.apply(.userForgotten(userID(user, round)))
    }

    private static func read(_ table: TestTable, seed: UInt64, _ promises: Promises) {
        let reader = table.makeReader()
        var generator = SeededGenerator(seed: seed)
        var looked = 0
        while !promises.isOver.load(ordering: .acquiring) {
            for _ in 0..<32 {
                look(reader, &generator, promises)
                looked += 1
            }
            if generator.chance(1, in: 8) {
                reader.park()
                reader.unpark()
            } else {
                reader.quiescent()
            }
        }
        promises.looked.add(looked, ordering: .relaxed)
    }

    private static func look(
        _ reader: borrowing KeyTable.Reader, _ generator: inout SeededGenerator,
        _ promises: Promises
    ) {
        let published = promises.published.now
        let user = Int(generator.below(UInt64(users)))
        let key = Int(generator.below(UInt64(keysPerUser)))
        let removed = promises.removed[user].now
        let added = promises.added[user].now
        let round = Int(max(added, 1))
        let image = reader.image
        promises.expect(image.appliedIndex.rawValue >= published)
        let view = image.key(digest(user: user, key: key, round: round))
        if removed >= round {
            promises.expect(view == nil || view?.isAccepted == false)
        } else if added == round, promises.removed[user].now < round, view?.isAccepted != true {
            // Ended meanwhile, between the writer's store and its promise; never begun by halves.
            promises.expect(view == nil || view?.userState != .active || view?.state != .active)
        }
        guard let view else { return }
        promises.expect(view.id == keyID(user, key, round))
        promises.expect(view.account == account)
        if let credits = view.credits {
            promises.expect(credits.allowance.rawValue + credits.remaining.rawValue == 2_000)
        }
        // Whoever the row belonged to before or after, these can't be mixed while it is read.
        promises.expect(view.user == userID(user, round))
        reader.stamp(view, minute: UInt32(round))
        if generator.chance(1, in: 128) {
            hold(digest(user: user, key: key, round: round), view, in: image, promises)
        }
    }

    /// Looks a key up in two steps, with the writer going on far beyond the key's end between them:
    /// what it finds then is that key or nothing, whoever has its slot.
    private static func hold(
        _ digest: Digest, _ view: KeyView, in image: TableImage, _ promises: Promises
    ) {
        guard let found = image.find(digest) else { return }
        guard let parties = image.parties(of: found) else { return }
        let until = promises.published.now + UInt64(users)
        while promises.published.now < until, !promises.isOver.load(ordering: .acquiring) {}
        guard let later = image.view(of: found, parties) else { return }
        promises.expect(later.id == view.id && later.user == view.user)
    }

    /// Every lease that is put in force has one number in all its words.
    @Test("a lease is never read by halves")
    func leases() {
        let table = TestTable()
        let promises = Promises()
        let readersDone = DispatchSemaphore(value: 0)
        for _ in 1...2 {
            Thread.detachNewThread {
                let reader = table.makeReader()
                while !promises.isOver.load(ordering: .acquiring) {
                    let number = Int64(promises.published.now)
                    let standing = reader.leases(at: LogIndex(UInt64(number)))
                    for expiry in [standing.usable, standing.latest] where expiry != .past {
                        promises.expect(
                            expiry.running.nanoseconds == expiry.sinceBoot.nanoseconds)
                        promises.looked.add(1, ordering: .relaxed)
                    }
                    // A later lease is for later states.
                    if standing.usable != .past {
                        promises.expect(standing.usable.running.nanoseconds <= number)
                    }
                }
                readersDone.signal()
            }
        }
        func lease(_ number: Int64) -> Lease {
            let instant = Instant(nanoseconds: number)
            return Lease(
                expiry: SteadyInstant(running: instant, sinceBoot: instant),
                minIndex: LogIndex(UInt64(number)))
        }
        for number in Int64(1)...200_000 {
            table.setLeases([lease(number), lease(number + 1_000_000)])
            promises.published.raise(to: UInt64(number))
        }
        promises.isOver.store(true, ordering: .releasing)
        for _ in 1...2 { readersDone.wait() }
        #expect(promises.broken.load(ordering: .relaxed) == 0)
        #expect(promises.looked.load(ordering: .relaxed) > 100)
    }

    @Test("no reader ever sees a removed user's key accepted, a torn allowance or a reused row")
    func stress() {
        let table = TestTable()
        let promises = Promises()
        // Threads, not tasks: readers that never suspend would keep the pool from the writer.
        let readersDone = DispatchSemaphore(value: 0)
        for seed in UInt64(1)...4 {
            Thread.detachNewThread {
                Self.read(table, seed: seed, promises)
                readersDone.signal()
            }
        }
        Self.write(table, rounds: 6, promises)
        for _ in 1...4 { readersDone.wait() }
        #expect(promises.broken.load(ordering: .relaxed) == 0)
        #expect(promises.looked.load(ordering: .relaxed) > 100)
        for index in 0..<200 { table.publish(LogIndex(1 << 40 + UInt64(index))) }
        var drained = 0
        table.drainLastUses(.max >> 1) { _, _ in drained += 1 }
        #expect(drained == 0)
    }

    /// From before its successor is revoked until it is itself, a retiring key is blocked.
    @Test("a retiring key is never let through while its successor is being revoked")
    func retirement() {
        let table = TestTable()
        table.apply(.accountAdded(Self.account))
        table.apply(.userAdded(UserID(1), account: Self.account, role: .member))
        let promises = Promises()
        let readerDone = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            let reader = table.makeReader()
            while !promises.isOver.load(ordering: .acquiring) {
                let round = promises.published.now
                if round == 0 { continue }
                let digest = Self.digest(user: 1, key: 0, round: Int(round))
                while promises.published.now == round {
                    let view = reader.image.key(digest)
                    promises.expect(view?.isAccepted != true || view?.isBlocked == true)
                    promises.looked.add(1, ordering: .relaxed)
                    reader.quiescent()
                }
            }
            readerDone.signal()
        }
        for round in 1...5_000 {
            let (old, new) = (KeyID(UInt64(2 * round)), KeyID(UInt64(2 * round + 1)))
            for (number, key) in [old, new].enumerated() {
                let digest = Self.digest(user: 1, key: number, round: round)
                table.apply(
                    .keyAdded(
                        key, digest: digest, api: .rest, user: UserID(1), account: Self.account,
                        state: .active))
            }
            table.apply(.keyRetiring(old, successor: new))
            table.block([.key(new)])
            let looked = promises.looked.load(ordering: .relaxed)
            promises.published.raise(to: UInt64(round))
            while promises.looked.load(ordering: .relaxed) < looked + 2 + round % 3 {}
            table.apply(.keyState(old, .revoked))
            table.apply(.keyState(new, .revoked))
            table.unblock([.key(new)])
            promises.published.raise(to: 0)
            for key in [old, new] { table.apply(.keyForgotten(key)) }
            table.publish(LogIndex(UInt64(round)))
        }
        promises.isOver.store(true, ordering: .releasing)
        readerDone.wait()
        #expect(promises.broken.load(ordering: .relaxed) == 0)
    }
}
