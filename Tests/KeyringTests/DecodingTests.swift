import Basics
import Testing

@testable import Keyring

@Suite struct DecodingTests {
    /// One envelope of every kind, with every optional field there and absent.
    static let envelopes: [Envelope] = {
        let (account, user, key) = (AccountID(1), UserID(2), KeyID(3))
        let bench = Bench.peopled()
        let member = MemberDetail(
            id: NodeID(4), role: .voter, address: "a:1", clientAddress: "a:2")
        var settings = SettingsChange()
        settings[.auditRecords] = 9
        settings[.activeKeysPerUser] = 2
        let commands: [Command] = [
            .createAccount(account, name: Sample.name("漢字")),
            .renameAccount(account, name: Sample.name("b")), .deleteAccount(account),
            .createUser(
                user, account: account, email: Sample.email("a@b"), name: Sample.name("x"),
                role: .admin),
            .updateUser(user, account: account, email: nil, name: nil, role: nil),
            .updateUser(
                user, account: account, email: Sample.email("a@b"), name: Sample.name("x"),
                role: .member),
            .removeUser(user, account: account),
            .setLimit(user, account: account, api: .rest, credits: .maximum, period: .month),
            .removeLimit(user, account: account, api: .batch), bench.key(4),
            .renameKey(key, account: account, name: Sample.name("x")),
            .setKeyActive(key, account: account, active: true),
            .revokeKey(key, account: account), .revokeAllKeys(user, account: account),
            .charge([]),
            .charge([
                Charge(key: .id(key), credits: 5, id: IdempotencyKey("a")!),
                Charge(
                    key: .digest(Sample.digest(1)), credits: .max,
                    id: Sample.uuid(Sample.start)),
            ]),
            bench.token(5, .auditor), bench.token(5, .admin, user: user),
            bench.rotation(4, to: 6), bench.rotation(4, to: 6, grace: 9, expiry: .set(nil)),
            bench.rotation(4, to: 6, expiry: .set(Sample.start)),
            bench.keyExpiring(4, in: .seconds(1)),
            .createAPI(.batch, name: Sample.name("Batch")), .removeAPI(.batch),
            .revokeToken(TokenID(5)), .updateSettings(settings),
            .updateSettings(SettingsChange()), .tick,
            .reportLastUsed([LastUsed(key: key, minute: 7)]),
            .changeMember(MemberCommand(.add(NodeID(4), address: "a:1", clientAddress: ""))),
            .changeMember(MemberCommand(.promote(NodeID(4)), decision: .made(member))),
            .changeMember(MemberCommand(.remove(NodeID(4)), decision: .standing(member))),
            .setPool(account: account, api: .rest, credits: .maximum, period: .day),
            .removePool(account: account, api: .batch),
            .hold(
                .place(
                    NewHold(
                        key: .id(key), credits: .max, timeoutSeconds: .max,
                        id: IdempotencyKey("h")!))),
            .hold(
                .settle(
                    Settlement(
                        key: .digest(Sample.digest(1)), hold: Sample.uuid(Sample.start),
                        credits: 3, id: IdempotencyKey("s")!))),
            .hold(.settle(Settlement(key: .id(key), hold: IdempotencyKey("h")!, credits: 0))),
            .hold(.void(Voiding(key: .id(key), hold: IdempotencyKey("h")!))),
            .hold(
                .void(
                    Voiding(
                        key: .id(key), hold: IdempotencyKey("h")!, id: Sample.uuid(Sample.start)))),
            .importKeys(
                KeyImport(
                    account: account,
                    keys: [KeyOwner.id(user), .email(Sample.email("a@b.c"))].map { owner in
                        ImportedKey(
                            id: key, owner: owner, api: .rest, name: Sample.name("x"),
                            digest: Sample.digest(9), suffix: Suffix(foreign: "a-=_")!,
                            active: true)
                    })),
        ]
        let ids: [IdempotencyKey?] = [nil, IdempotencyKey("x"), Sample.uuid(Sample.start)]
        return commands.enumerated().map { position, command in
            bench.envelope(
                command, id: ids[position % ids.count], request: UInt64(position))
        }
    }()

    @Test func `every command survives its encoding`() throws {
        for envelope in Self.envelopes {
            #expect(try Envelope(decoding: envelope.encode()) == envelope)
        }
        let kinds = Set(Self.envelopes.map(\.command.kind))
        #expect(kinds.count == Command.Kind.allCases.count)
    }

    @Test func `a command cut anywhere, or with a byte more, is malformed and changes nothing`() {
        var machine = Bench.peopled().machine
        var index = machine.appliedIndex
        for envelope in Self.envelopes {
            let whole = envelope.encode()
            var bad = whole.indices.map { Array(whole[..<$0]) }
            bad.append(whole + [0])
            for payload in bad {
                index = index.next
                var changes: [TableChange] = []
                let (request, outcome) = machine.apply(
                    payload, at: index, time: Sample.start, changes: &changes)
                #expect(request == nil)
                #expect(outcome == .malformed)
                #expect(changes.isEmpty)
            }
        }
        #expect(machine.checkInvariants() == nil)
    }

    @Test func `a command with any bit flipped is decided or malformed, never a trap`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        for envelope in Self.envelopes {
            let whole = envelope.encode()
            for bit in 0..<whole.count * 8 {
                var payload = whole
                payload[bit / 8] ^= 1 << UInt8(bit % 8)
                var (machine, changes) = (bench.machine, [TableChange]())
                let (request, outcome) = machine.apply(
                    payload, at: machine.appliedIndex.next, time: Sample.start,
                    changes: &changes)
                #expect((request == nil) == (outcome == .malformed))
                // One encoding for each value: what is read writes the same bytes.
                if let envelope = try? Envelope(decoding: payload) {
                    #expect(envelope.encode() == payload)
                }
            }
        }
    }

    @Test func `random bytes are malformed`() {
        var random = SeededGenerator(seed: 4)
        var machine = Bench.peopled().machine
        for _ in 0..<5_000 {
            let count = random.below(200)
            var payload = (0..<count).map { _ in UInt8(random.below(256)) }
            if !payload.isEmpty { payload[0] = Envelope.version }
            var changes: [TableChange] = []
            let outcome = machine.apply(
                payload, at: machine.appliedIndex.next, time: Sample.start, changes: &changes)
            #expect(outcome.request == nil)
        }
    }

    @Test func `a list is not longer than its bound`() {
        let charge = Charge(key: .id(KeyID(1)), credits: 1, id: IdempotencyKey("a")!)
        let most = Bench().envelope(
            .charge(Array(repeating: charge, count: Bounds.chargesPerEntry)), request: 1)
        #expect((try? Envelope(decoding: most.encode())) == most)
        let beyond = Bench().envelope(
            .charge(Array(repeating: charge, count: Bounds.chargesPerEntry + 1)), request: 1)
        #expect(throws: MalformedBytes.self) { try Envelope(decoding: beyond.encode()) }
    }

    @Test func `every refusal is remembered as what it was`() throws {
        let refusals: [Refusal] =
            [
                .unauthenticated, .forbidden, .accountNotFound, .userNotFound, .keyNotFound,
                .tokenNotFound, .limitNotFound, .apiNotFound, .duplicateEmail,
                .activeKeyLimit(limit: 3), .keyLimit(limit: 100), .tokenLimit(limit: 7),
                .keyRevoked,
                .roleMismatch, .lastOperator, .settingRefused(.auditSeconds), .identifierTaken,
                .capacity, .invalidKey,
                .creditsExhausted(remaining: .zero, allowance: .maximum), .chargeOutOfRange,
                .idempotencyConflict, .idempotencyTooOld, .idempotencyTooNew, .idempotencyCapacity,
                .cursorMalformed, .keyRetiring, .keyExpired, .keyInactive, .expiryPassed,
                .graceTooLong, .apiTaken, .apiInUse, .apiLimit(limit: 64),
                .holdNotFound, .holdEnded, .holdExceeded(held: .maximum),
                .holdLimit(limit: 9), .holdTimeoutOutOfRange, .poolNotFound,
            ] + MemberRefusal.allCases.map { .memberRefused($0) }
        #expect(Set(refusals.map(\.code)).count == refusals.count)
        for refusal in refusals {
            var writer = ByteWriter()
            writer.put(Outcome.refused(refusal))
            var reader = ByteReader(writer.bytes)
            #expect(try Outcome(from: &reader) == .refused(refusal))
            #expect(reader.isAtEnd)
        }
    }
}
