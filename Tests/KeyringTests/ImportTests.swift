import Basics
import Testing

@testable import Keyring

@Suite struct ImportTests {
    /// Keys with ids and digests from numbers, each of the one user unless others are named.
    private func batch(
        _ numbers: some Sequence<UInt64>, active: Bool = false, owner: KeyOwner? = nil,
        in bench: Bench
    ) -> KeyImport {
        KeyImport(
            account: bench.account,
            keys: numbers.map { number in
                ImportedKey(
                    id: KeyID(number), owner: owner ?? .id(bench.user), api: .rest,
                    name: Sample.name("key \(number)"), digest: Sample.digest(1_000 + number),
                    suffix: Sample.suffix, active: active)
            })
    }

    private func faults(_ outcome: Outcome) -> [ImportFaults.Item]? {
        guard case .refused(.importRefused(let faults)) = outcome else { return nil }
        #expect(faults.count == faults.items.count)
        return faults.items
    }

    private func fault(_ place: UInt32, _ fault: ImportFault) -> ImportFaults.Item {
        ImportFaults.Item(place: place, fault: fault)
    }

    @Test func `an import makes keys like any others, in one entry with one record`() throws {
        var bench = Bench.peopled()
        var batch = batch(5...7, active: true, in: bench)
        batch.keys[1].owner = .email(Sample.email("ANN@acme.test"))
        batch.keys[2].active = false
        let change = bench.must(.importKeys(batch))
        #expect(change.result == .keysImported(bench.account, count: 3))
        #expect(bench.changes.count == 3)
        let page = try bench.machine.keys(
            in: bench.account, PageRequest(), filter: KeyFilter(), as: Sample.operatorToken)
        #expect(page.items.map(\.id) == [KeyID(5), KeyID(6), KeyID(7)])
        #expect(page.items.map(\.state) == [.active, .active, .inactive])
        #expect(bench.charge(5, 3).receipt?.charged == Credits(3))
        bench.must(.setKeyActive(KeyID(7), account: bench.account, active: true))
        #expect(
            bench.apply(bench.key(9)) == .refused(.activeKeyLimit(limit: 3)),
            "imported keys count like any others")
        let audit = try bench.machine.audit(
            in: bench.account, PageRequest(), as: Sample.operatorToken)
        #expect(audit.items.count { $0.action == .keysImported } == 1)
        #expect(audit.items.allSatisfy { $0.action != .keyCreated })
    }

    @Test func `one key at fault and none is made, and each fault is told by its place`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1, active: false))
        var batch = batch(11...19, in: bench)
        batch.keys[1].owner = .id(UserID(999))
        batch.keys[2].owner = .email(Sample.email("nobody@acme.test"))
        batch.keys[3].api = API(slug: "video")!
        batch.keys[4].digest = Sample.digest(1)
        batch.keys[5].digest = batch.keys[0].digest
        batch.keys[6].digest = .zero
        let before = bench.machine.keyCount
        let outcome = bench.apply(.importKeys(batch))
        #expect(
            faults(outcome) == [
                fault(1, .userNotFound), fault(2, .userNotFound), fault(3, .apiNotFound),
                fault(4, .digestTaken), fault(5, .digestRepeated), fault(6, .digestTaken),
            ])
        #expect(bench.machine.keyCount == before && bench.changes.isEmpty)
        #expect(bench.charge(11, 1) == .refused(.invalidKey))
    }

    @Test func `caps count what stands before in the same import`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        var batch = batch(11...14, active: true, in: bench)
        #expect(
            faults(bench.apply(.importKeys(batch)))
                == [fault(2, .activeKeyLimit), fault(3, .activeKeyLimit)])
        for place in [2, 3] { batch.keys[place].active = false }
        bench.must(.importKeys(batch))
        let many = self.batch(101...200, in: bench)
        let items = faults(bench.apply(.importKeys(many)))
        #expect(items?.map(\.fault) == Array(repeating: .keyLimit, count: 5))
        #expect(items?.first?.place == 95)
    }

    @Test func `a removed user has no keys to come, and only operators may import`() {
        var bench = Bench.peopled()
        bench.must(
            .createUser(
                UserID(201), account: bench.account, email: Sample.email("bob@acme.test"),
                name: Sample.name("Bob"), role: .admin))
        bench.must(bench.token(300, .admin, user: UserID(201)))
        #expect(
            bench.apply(.importKeys(batch(11...12, in: bench)), as: TokenID(300))
                == .refused(.forbidden))
        bench.must(.removeUser(bench.user, account: bench.account))
        #expect(
            faults(bench.apply(.importKeys(batch(11...12, in: bench))))?.map(\.fault)
                == [.userNotFound, .userNotFound])
        let email = KeyOwner.email(Sample.email("ann@acme.test"))
        #expect(
            faults(bench.apply(.importKeys(batch([11], owner: email, in: bench))))?.map(\.fault)
                == [.userNotFound])
    }

    @Test func `ids must ascend, and a taken one is drawn anew`() {
        var bench = Bench.peopled()
        for numbers: [UInt64] in [[], [0], [12, 11], [11, 11]] {
            #expect(
                bench.apply(.importKeys(batch(numbers, in: bench))) == .refused(.identifierTaken))
        }
        bench.must(.importKeys(batch(11...12, in: bench)))
        #expect(
            bench.apply(.importKeys(batch(12...13, in: bench))) == .refused(.identifierTaken))
    }

    @Test func `a retry is answered as before, refusals with all their faults too`() throws {
        var bench = Bench.peopled()
        let id = try #require(IdempotencyKey("import 1"))
        var bad = batch(11...12, in: bench)
        bad.keys[1].digest = bad.keys[0].digest
        let refused = bench.apply(.importKeys(bad), id: id)
        #expect(faults(refused)?.count == 1)
        #expect(bench.apply(.importKeys(bad), id: id) == refused)
        let other = try #require(IdempotencyKey("import 2"))
        let good = batch(21...25, in: bench)
        let first = bench.apply(.importKeys(good), id: other)
        guard case .changed(var change) = first else {
            Issue.record("\(first)")
            return
        }
        change.replayed = true
        #expect(bench.apply(.importKeys(good), id: other) == .changed(change))
        #expect(bench.machine.keyCount == 5)
    }

    @Test func `as many faults are told as are remembered, and all are counted`() {
        var bench = Bench.peopled()
        let outcome = bench.apply(
            .importKeys(batch(1...2_000, owner: .id(UserID(999)), in: bench)))
        guard case .refused(.importRefused(let faults)) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(faults.count == 2_000 && faults.items.count == Bounds.importFaultsTold)
        var writer = ByteWriter()
        writer.put(outcome)
        #expect(writer.count <= Bounds.outcomeBytes)
    }

    @Test func `a check tells everything, changes nothing, and is for operators`() throws {
        var bench = Bench.peopled()
        let wrong = batch(1...2_000, owner: .id(UserID(999)), in: bench)
        let before = bench.machine.stateDigest()
        let faults = try bench.machine.importFaults(of: wrong, as: Sample.operatorToken)
        #expect(faults.items.count == 2_000)
        #expect(bench.machine.stateDigest() == before)
        bench.must(bench.token(300, .auditor))
        #expect(throws: Refusal.forbidden) {
            try bench.machine.importFaults(of: wrong, as: TokenID(300))
        }
        #expect(throws: Refusal.forbidden) {
            try bench.machine.exportedKeys(
                of: bench.account, PageRequest(), as: TokenID(300))
        }
    }

    @Test func `pages of keys made by one entry neither repeat nor leave out any`() throws {
        var settings = ClusterSettings.standard
        // What is revoked is forgotten at once.
        settings.auditRecords = 1
        var bench = Bench.peopled(settings)
        bench.must(.importKeys(batch(11...30, in: bench)))
        let first = try bench.machine.keys(
            in: bench.account, PageRequest(limit: 7), filter: KeyFilter(),
            as: Sample.operatorToken)
        #expect(first.items.map(\.id.rawValue) == Array(11...17))
        // The key that the cursor names goes away altogether.
        bench.must(.revokeKey(KeyID(17), account: bench.account))
        bench.must(.renameKey(KeyID(18), account: bench.account, name: Sample.name("a")))
        bench.must(.renameKey(KeyID(18), account: bench.account, name: Sample.name("b")))
        #expect(bench.machine.keyCount == 19)
        let rest = try bench.machine.keys(
            in: bench.account, PageRequest(limit: 100, cursor: first.next), filter: KeyFilter(),
            as: Sample.operatorToken)
        #expect(rest.items.map(\.id.rawValue) == Array(18...30))
    }

    @Test func `a state with imported keys comes back from its encoding`() throws {
        var bench = Bench.peopled()
        var batch = batch(11...14, in: bench)
        batch.keys[0].suffix = .unknown
        batch.keys[1].suffix = .unknownForeign
        batch.keys[2].suffix = try #require(Suffix(foreign: "a-=_"))
        bench.must(.importKeys(batch))
        var decoder = StateDecoder()
        try decoder.feed(bench.machine.encodedState())
        let copy = try decoder.finish()
        #expect(copy.stateDigest() == bench.machine.stateDigest())
        let page = try copy.exportedKeys(
            of: bench.account, PageRequest(), as: Sample.operatorToken)
        #expect(page.items.map(\.digest) == batch.keys.map(\.digest))
        #expect(page.items.map { "\($0.email)" } == Array(repeating: "ann@acme.test", count: 4))
        #expect(
            page.items.map(\.detail.display) == ["kc_rest_…", "…", "…a-=_", "kc_rest_…4x7Q"])
        #expect(page.items.map(\.detail.suffix.isForeign) == [false, true, true, false])
    }

    @Test func `a key granted for a time is exported and imported as one`() throws {
        var bench = Bench.peopled()
        bench.must(bench.keyExpiring(1, in: .seconds(90)))
        bench.must(bench.rotation(1, to: 2, grace: 60, expiry: .set(nil)))
        bench.must(bench.keyExpiring(3, in: .seconds(30), active: false))
        bench.must(bench.keyExpiring(4, in: .seconds(5), active: false))
        let start = bench.time
        bench.pass(.seconds(5))
        bench.tick()
        let page = try bench.machine.exportedKeys(
            of: bench.account, PageRequest(), as: Sample.operatorToken)
        // The expired one isn't among them; the retiring one ends with its grace.
        #expect(page.items.map(\.detail.id) == [KeyID(1), KeyID(2), KeyID(3)])
        #expect(page.items.map(\.isActive) == [true, true, false])
        #expect(
            page.items.map(\.expiresAt) == [start + .seconds(60), nil, start + .seconds(30)])

        var other = Bench.peopled()
        var batch = batch(11...13, in: other)
        for (place, item) in page.items.enumerated() {
            batch.keys[place].active = item.isActive
            batch.keys[place].expiresAt = item.expiresAt
        }
        var late = other
        other.must(.importKeys(batch))
        #expect(try other.detail(11).expiresAt == start + .seconds(60))
        other.pass(.seconds(60))
        #expect(other.charge(11, 1) == .refused(.invalidKey))
        #expect(other.charge(12, 1).receipt != nil)
        #expect(try other.state(13) == .expired)
        late.pass(.seconds(60))
        #expect(
            faults(late.apply(.importKeys(batch)))
                == [fault(0, .expiryPassed), fault(2, .expiryPassed)])
    }

    @Test func `texts of other forms are keys by their length alone, where any were imported`() {
        let form = ForeignKeyForm(shortest: 20, longest: 24)
        func reading(_ text: String, _ form: ForeignKeyForm) -> ForeignKeyForm.Reading {
            form.reading(of: Array(text.utf8).span.bytes)
        }
        let fitting = "sk_live_0123456789-._"
        #expect(reading(fitting, form) == .key)
        #expect(reading(fitting, .none) == .notNow)
        #expect(reading(fitting + fitting, form) == .notNow)
        for never in [
            "", "short", fitting + " ", "sk_live_0123456789\u{e9}abc", "kc_rest_0123456789ab",
            "kct_admin_0123456789", String(repeating: "a", count: 257),
        ] {
            #expect(reading(never, form) == .never, "\(never)")
            #expect(reading(never, .none) == .never)
        }
    }

    @Test func `the read side is told of other forms, by settings that are a key-state change`() {
        var bench = Bench.peopled()
        var change = SettingsChange()
        change[.foreignKeyShortest] = 20
        change[.foreignKeyLongest] = 40
        #expect(Command.updateSettings(change).subjects == [.leases])
        bench.must(.updateSettings(change))
        #expect(
            bench.changes.contains(.foreignKeys(ForeignKeyForm(shortest: 20, longest: 40))))
        #expect(
            TableMirror(of: bench.machine).foreignKeys
                == ForeignKeyForm(shortest: 20, longest: 40))
        var wrong = SettingsChange()
        wrong[.foreignKeyLongest] = 18
        #expect(
            bench.apply(.updateSettings(wrong)) == .refused(.settingRefused(.foreignKeyLongest)))
    }

    @Test func `a restored state is one entry further, with its record and its operator`() throws {
        var bench = Bench.peopled()
        let last = bench.machine.appliedIndex
        var restored = bench.machine
        let new = StateMachine.NewOperator(
            id: TokenID(77), digest: Sample.digest(77), suffix: Sample.suffix)
        try restored.beginAnew(with: new)
        #expect(restored.checkInvariants() == nil)
        #expect(restored.appliedIndex == last.next && restored.time == bench.machine.time)
        #expect(restored.token(of: new.digest) == TokenID(77))
        let audit = try restored.audit(in: nil, PageRequest(), as: TokenID(77))
        #expect(audit.items.first?.action == .clusterRestored)
        #expect(audit.items.first?.actor.token == TokenID(77))
        // The same again is as good as done; a revoked one is not.
        var twice = restored
        try twice.beginAnew(with: new)
        #expect(twice.tokenCount == restored.tokenCount)
        bench.must(bench.token(300, .auditor))
        var wrong = bench.machine
        #expect(throws: StateMachine.RestoringRefusal.tokenUnusable) {
            try wrong.beginAnew(
                with: StateMachine.NewOperator(
                    id: TokenID(5), digest: Sample.digest(300), suffix: Sample.suffix))
        }
    }
}
