import Basics
import Testing

@testable import Keyring

/// What is in the log and not yet applied, as readers see it, beside a few dictionaries.
@Suite("What the key table blocks")
struct KeyTableBlockTests {
    /// Ten keys of three users of two accounts, and what touches them.
    private struct History {
        var random: SeededGenerator
        let table = TestTable()
        var counts: [KeyStateSubject: Int] = [:]
        var born: Set<UInt64> = []
        /// Subjects blocked and not released, in the order of their entries.
        var open: [[KeyStateSubject]] = []

        static let keys: [UInt64] = Array(1...10)
        static func digest(_ key: UInt64) -> Digest { SHA256.digest(of: [UInt8(key)]) }
        static func user(_ key: UInt64) -> UserID { UserID(key % 3 + 1) }
        static func account(_ key: UInt64) -> AccountID { AccountID(key % 3 % 2 + 1) }

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
            for account in UInt64(1)...2 { table.apply(.accountAdded(AccountID(account))) }
            for key in UInt64(0)...2 {
                table.apply(
                    .userAdded(Self.user(key), account: Self.account(key), role: .member))
            }
        }

        mutating func drawSubjects() -> [KeyStateSubject] {
            let key = 1 + random.below(10)
            switch random.below(6) {
            case 0: return [.digest(Self.digest(key)), .key(KeyID(key))]
            case 1, 2: return [.key(KeyID(key))]
            case 3: return [.user(Self.user(key))]
            case 4: return [.account(Self.account(key))]
            default: return [.token(TokenID(key))]
            }
        }

        mutating func advance() {
            switch random.below(8) {
            case 0, 1, 2:
                let subjects = drawSubjects()
                for subject in subjects { counts[subject, default: 0] += 1 }
                open.append(subjects)
                table.block(subjects)
            case 3, 4, 5:
                guard !open.isEmpty else { return }
                let subjects = open.remove(at: Int(random.below(UInt64(open.count))))
                for subject in subjects { counts[subject, default: 0] -= 1 }
                table.unblock(subjects)
            default:
                let key = 1 + random.below(10)
                if born.remove(key) != nil {
                    table.apply(.keyForgotten(KeyID(key)))
                } else {
                    born.insert(key)
                    table.apply(
                        .keyAdded(
                            KeyID(key), digest: Self.digest(key), api: .rest,
                            user: Self.user(key), account: Self.account(key), state: .active))
                }
            }
        }

        func isBlocked(_ subject: KeyStateSubject) -> Bool { counts[subject, default: 0] > 0 }

        func expected(_ key: UInt64) -> String {
            let isAnnounced = isBlocked(.digest(Self.digest(key)))
            guard born.contains(key) else { return isAnnounced ? "announced" : "unknown" }
            let isHeld =
                isAnnounced || isBlocked(.key(KeyID(key))) || isBlocked(.user(Self.user(key)))
                || isBlocked(.account(Self.account(key)))
            return isHeld ? "blocked" : "free"
        }
    }

    private static func word(_ found: KeyLookUp) -> String {
        switch found {
        case .unknown: "unknown"
        case .announced: "announced"
        case .known(let key):
            key.state == .active && key.isAccepted ? (key.isBlocked ? "blocked" : "free") : "dead"
        }
    }

    @Test("every look-up sees what is blocked, born or not, through changes and replacement")
    func comparison() {
        for seed in UInt64(1)...20 {
            var history = History(seed: seed)
            let reader = history.table.makeReader()
            for operation in 1...2_000 {
                history.advance()
                for key in History.keys {
                    let found = Self.word(reader.image.lookUp(History.digest(key)))
                    if found != history.expected(key) {
                        Issue.record("\(seed)/\(operation): key \(key) is \(found)")
                    }
                    if history.table.isBlocked(History.digest(key))
                        != ["announced", "blocked"].contains(found)
                    {
                        Issue.record("\(seed)/\(operation): the writer sees key \(key) otherwise")
                    }
                }
                for token in History.keys {
                    let subject = KeyStateSubject.token(TokenID(token))
                    if history.table.table.isBlocked(subject) != history.isBlocked(subject) {
                        Issue.record("\(seed)/\(operation): token \(token)")
                    }
                }
                if operation % 20 == 0 {
                    history.table.publish(LogIndex(UInt64(operation)))
                    reader.quiescent()
                }
                if operation % 500 == 0 { replace(&history) }
            }
        }
    }

    /// As after a snapshot: the same states, and what the log still holds beyond them.
    private func replace(_ history: inout History) {
        var changes: [TableChange] = []
        for account in UInt64(1)...2 { changes.append(.accountAdded(AccountID(account))) }
        for key in UInt64(0)...2 {
            changes.append(
                .userAdded(
                    History.user(key), account: History.account(key), role: .member))
        }
        for key in History.keys where history.born.contains(key) {
            changes.append(
                .keyAdded(
                    KeyID(key), digest: History.digest(key), api: .rest,
                    user: History.user(key), account: History.account(key), state: .active))
        }
        history.table.replace(
            by: changes, blocking: history.open.flatMap(\.self), at: LogIndex(1))
    }

    @Test("states change under a block, and the block goes without touching them")
    func states() throws {
        var history = History(seed: 1)
        let table = history.table
        history.born.insert(1)
        table.apply(
            .keyAdded(
                KeyID(1), digest: History.digest(1), api: .batch, user: History.user(1),
                account: History.account(1), state: .active))
        let subjects: [KeyStateSubject] = [
            .key(KeyID(1)), .user(History.user(1)), .account(History.account(1)),
        ]
        table.block(subjects)
        table.apply(.keyState(KeyID(1), .inactive))
        table.apply(.userRole(History.user(1), .admin))
        table.apply(.userRemoved(History.user(1)))
        table.apply(.accountDeleted(History.account(1)))
        let blocked = try #require(table.image.key(History.digest(1)))
        #expect(blocked.isBlocked)
        table.unblock(subjects)
        let view = try #require(table.image.key(History.digest(1)))
        #expect(!view.isBlocked)
        for view in [blocked, view] {
            #expect(view.api == .batch)
            #expect(view.state == .inactive)
            #expect(view.userState == .removed)
            #expect(view.accountState == .removed)
        }
    }

    @Test("who finds a user released finds the keys revoked, whenever the writer does it")
    func releasedUser() throws {
        for moment in 0..<3 {
            var history = History(seed: 1)
            let table = history.table
            history.born.insert(1)
            let digest = History.digest(1)
            table.apply(
                .keyAdded(
                    KeyID(1), digest: digest, api: .rest, user: History.user(1),
                    account: History.account(1), state: .active))
            let subject = KeyStateSubject.user(History.user(1))
            table.block([subject])
            func revokeAllKeys() {
                table.apply(.keyState(KeyID(1), .revoked))
                table.unblock([subject])
            }
            let image = table.image
            if moment == 0 { revokeAllKeys() }
            guard let key = image.find(digest) else {
                Issue.record("no key")
                return
            }
            if moment == 1 { revokeAllKeys() }
            let parties = try #require(image.parties(of: key))
            if moment == 2 { revokeAllKeys() }
            guard let view = image.view(of: key, parties) else {
                Issue.record("no key")
                return
            }
            #expect(view.isBlocked || view.state == .revoked, "moment \(moment)")
            #expect(view.isBlocked == (moment == 2))
        }
    }

    @Test("leases are read whole, the last one that covers the state first")
    func leases() {
        let table = TestTable()
        let reader = table.makeReader()
        func at(_ nanoseconds: Int64) -> SteadyInstant {
            SteadyInstant(
                running: Instant(nanoseconds: nanoseconds),
                sinceBoot: Instant(nanoseconds: nanoseconds + 7))
        }
        table.setLeases([
            Lease(expiry: at(10), minIndex: LogIndex(1)),
            Lease(expiry: at(20), minIndex: LogIndex(3)),
            Lease(expiry: at(30), minIndex: LogIndex(5)),
            Lease(expiry: at(40), minIndex: LogIndex(9)),
        ])
        #expect(reader.leases(at: .zero) == LeaseStanding(usable: .past, latest: at(40)))
        #expect(reader.leases(at: LogIndex(2)) == LeaseStanding(usable: at(10), latest: at(40)))
        #expect(reader.leases(at: LogIndex(5)) == LeaseStanding(usable: at(30), latest: at(40)))
        table.setLeases([Lease(expiry: at(50), minIndex: LogIndex(6))])
        #expect(reader.leases(at: LogIndex(5)) == LeaseStanding(usable: .past, latest: at(50)))
        table.setLeases([])
        #expect(reader.leases(at: LogIndex(9)) == LeaseStanding(usable: .past, latest: .past))
    }
}
