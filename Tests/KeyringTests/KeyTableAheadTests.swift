import Basics
import Testing

@testable import Keyring

/// What readers are told while the state is ahead of the table, as it is for a moment with each
/// batch of entries.
@Suite struct KeyTableAheadTests {
    /// A cluster's state and table. Few records make a trail, so that what ended is forgotten soon.
    private struct Ahead {
        static let other = UserID(201)
        var bench: Bench
        let table = KeyTable()

        init(auditRecords: UInt32) {
            var settings = ClusterSettings.standard
            settings.auditRecords = auditRecords
            bench = Bench.peopled(settings)
            let replacement = table.makeReplacement()
            replacement.fill(from: &bench.machine)
            table.install(replacement, at: bench.index)
            addUser(Ahead.other, 1)
            // Keeps the first row of the table taken.
            apply(key(9, active: true, of: Ahead.other))
        }

        /// Has the state alone go on.
        mutating func applyAhead(_ commands: [Command]) -> [TableChange] {
            commands.flatMap { command in
                bench.must(command)
                return bench.changes
            }
        }

        mutating func tell(_ changes: [TableChange]) {
            table.follow(&bench.machine)
            for change in changes { table.apply(change) }
            table.publish(bench.index)
        }

        mutating func apply(_ command: Command) { tell(applyAhead([command])) }

        mutating func addUser(_ id: UserID, _ number: Int) {
            apply(
                .createUser(
                    id, account: bench.account, email: Sample.email("u\(number)@acme.test"),
                    name: Sample.name("User"), role: .member))
        }

        func key(
            _ id: UInt64, digest: UInt64? = nil, api: API = .rest, active: Bool, of user: UserID
        ) -> Command {
            .createKey(
                NewKey(
                    id: KeyID(id), account: bench.account, user: user, api: api,
                    name: Sample.name("key"), digest: digest.map(Ahead.digest) ?? Ahead.digest(id),
                    suffix: Sample.suffix, active: active))
        }

        /// Moves the trail on, so that what ended before is forgotten.
        func renames(_ count: Int) -> [Command] {
            (0..<count).map {
                .renameAccount(
                    bench.account, name: Sample.name("Acme \(bench.index.rawValue) \($0)"))
            }
        }

        static func digest(_ number: UInt64) -> Digest { Digest(number << 40, number, 0, 0) }

        var image: TableImage { table.image }
    }

    @Test func `a digest that is born again is blocked from before the old key is forgotten`() {
        var ahead = Ahead(auditRecords: 4)
        ahead.apply(ahead.key(1, api: .batch, active: true, of: ahead.bench.user))
        ahead.apply(ahead.key(3, active: true, of: Ahead.other))
        ahead.apply(.removeUser(ahead.bench.user, account: ahead.bench.account))
        ahead.apply(.revokeKey(KeyID(3), account: ahead.bench.account))
        let digest = Ahead.digest(3)
        let subjects: [KeyStateSubject] = [.digest(digest), .key(KeyID(60))]
        ahead.table.block(subjects)
        var changes: [TableChange] = []
        for command in ahead.renames(5) + [ahead.key(70, active: true, of: Ahead.other)] {
            changes += ahead.applyAhead([command])
            #expect(ahead.table.isBlocked(digest))
        }
        // In a slot whose cell says that its key is active: that one's user was removed.
        changes += ahead.applyAhead([
            ahead.key(60, digest: 3, active: false, of: Ahead.other)
        ])
        #expect(changes.contains { if case .keyForgotten = $0 { true } else { false } })
        #expect(ahead.table.isBlocked(digest))
        ahead.tell(changes)
        #expect(ahead.table.isBlocked(digest))
        ahead.table.unblock(subjects)
        #expect(ahead.image.key(digest)?.state == .inactive)
        #expect(ahead.image.key(digest)?.isBlocked == false)
    }

    /// The reader asked for the announcement before there was one, and goes on when the state has
    /// given a forgotten key's slot to another.
    @Test(arguments: [false, true])
    func `a forgotten key's cell lets no other key through`(isRemoved: Bool) {
        var ahead = Ahead(auditRecords: 2)
        let (user, account) = (ahead.bench.user, ahead.bench.account)
        ahead.apply(ahead.key(1, api: .batch, active: true, of: user))
        if isRemoved { ahead.apply(.removeUser(user, account: account)) }
        let digest = Ahead.digest(2)
        #expect(ahead.image.announcement(of: digest) == 0)
        ahead.table.block([.user(user), .digest(digest), .key(KeyID(50))])
        var commands = isRemoved ? [] : [Command.revokeAllKeys(user, account: account)]
        commands += ahead.renames(3)
        commands.append(ahead.key(50, digest: 2, active: false, of: Ahead.other))
        let slot = ahead.bench.place(1).slot
        let changes = ahead.applyAhead(commands)
        #expect(ahead.bench.place(50).slot == slot)
        let found = ahead.image.find(digest)
        let view = found.flatMap { key in
            ahead.image.parties(of: key).flatMap { ahead.image.view(of: key, $0) }
        }
        #expect(view?.isBlocked != false)
        #expect(ahead.image.api(of: KeyID(50)) == nil)
        ahead.tell(changes)
        #expect(ahead.image.key(digest)?.isBlocked == true)
        #expect(ahead.image.key(digest)?.state == .inactive)
    }

    /// A user whose slot no chunk of the table reaches.
    @Test func `a key of a user whom the table doesn't know yet is nobody's`() {
        var ahead = Ahead(auditRecords: 4)
        for number in 2..<1_024 { ahead.addUser(UserID(UInt64(1_000 + number)), number) }
        ahead.apply(ahead.key(1, active: true, of: ahead.bench.user))
        ahead.apply(.revokeKey(KeyID(1), account: ahead.bench.account))
        let slot = ahead.bench.place(1).slot
        var changes = ahead.applyAhead(ahead.renames(5))
        changes += ahead.applyAhead([
            .createUser(
                UserID(5), account: ahead.bench.account, email: Sample.email("z@acme.test"),
                name: Sample.name("User"), role: .member),
            ahead.key(50, active: true, of: UserID(5)),
        ])
        #expect(ahead.bench.place(50).slot == slot && ahead.bench.place(50).user >= 1_024)
        #expect(ahead.image.key(Ahead.digest(50)) == nil)
        ahead.tell(changes)
        #expect(ahead.image.key(Ahead.digest(50))?.user == UserID(5))
    }
}
