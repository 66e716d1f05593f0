import Basics
import Testing

@testable import Keyring

@Suite struct KeyStateSubjectTests {
    private static let account = AccountID(1)
    private static let user = UserID(2)

    private static func envelope(_ command: Command) -> [UInt8] {
        Envelope(
            requestID: RequestID(high: 1, low: 2), actor: .token(TokenID(3)),
            idempotency: IdempotencyKey("once"), content: .zero, command: command
        ).encode()
    }

    @Test func `whatever can change a verdict or a token's power names what it touches`() throws {
        let (name, email) = (
            try #require(Name("name")), try #require(EmailAddress("a@example.com"))
        )
        let suffix = try #require(Suffix("abcd"))
        let digest = SHA256.digest(of: [1])
        let key = NewKey(
            id: KeyID(4), account: Self.account, user: Self.user, api: .rest, name: name,
            digest: digest, suffix: suffix, active: true)
        let token = NewToken(
            id: TokenID(5), role: .auditor, account: Self.account, user: nil, name: name,
            digest: digest, suffix: suffix)
        let rotation = Rotation(
            old: KeyID(4), account: Self.account, id: KeyID(6), digest: digest, suffix: suffix,
            api: .rest)
        var lease = SettingsChange()
        lease[.leaseMilliseconds] = 0
        let table: [(Command, [KeyStateSubject])] = [
            (Self.importing([digest]), [.digest(digest)]), (Self.importing([]), []),
            (.createAccount(Self.account, name: name), [.account(Self.account)]),
            (.renameAccount(Self.account, name: name), []),
            (.deleteAccount(Self.account), [.account(Self.account)]),
            (
                .createUser(
                    Self.user, account: Self.account, email: email, name: name, role: .member),
                [.user(Self.user)]
            ),
            (
                .updateUser(
                    Self.user, account: Self.account, email: email, name: name, role: nil), []
            ),
            (
                .updateUser(
                    Self.user, account: Self.account, email: nil, name: nil, role: .admin),
                [.user(Self.user)]
            ),
            (.removeUser(Self.user, account: Self.account), [.user(Self.user)]),
            (.createKey(key), [.digest(digest), .key(KeyID(4))]),
            (.renameKey(KeyID(4), account: Self.account, name: name), []),
            (.setKeyActive(KeyID(4), account: Self.account, active: true), [.key(KeyID(4))]),
            (.revokeKey(KeyID(4), account: Self.account), [.key(KeyID(4))]),
            (.rotateKey(rotation), [.key(KeyID(4)), .digest(digest), .key(KeyID(6))]),
            (.revokeAllKeys(Self.user, account: Self.account), [.user(Self.user)]),
            (.createToken(token), [.token(TokenID(5))]),
            (.revokeToken(TokenID(5)), [.token(TokenID(5))]),
            (.updateSettings(SettingsChange()), []), (.updateSettings(lease), [.leases]),
            (.tick, []), (.charge([]), []), (.createAPI(.rest, name: name), []),
            (.removeLimit(Self.user, account: Self.account, api: .rest), []),
            (.removeAPI(.rest), []),
        ]
        for (command, subjects) in table {
            #expect(command.subjects == subjects && command.isKeyState == !subjects.isEmpty)
            #expect(Envelope.subjects(in: Self.envelope(command)) == subjects)
        }
        let others: Set<Command.Kind> = [
            .setLimit, .reportLastUsed, .changeMember, .placeHold, .settleHold, .voidHold, .setPool,
            .removePool,
        ]
        #expect(Set(table.map(\.0.kind)) == Set(Command.Kind.allCases).subtracting(others))
    }

    private static func importing(_ digests: [Digest]) -> Command {
        let keys = digests.compactMap { digest in
            Name("imported").map { name in
                ImportedKey(
                    id: KeyID(6), owner: .id(user), api: .rest, name: name, digest: digest,
                    suffix: .unknown, active: true)
            }
        }
        return .importKeys(KeyImport(account: account, keys: keys))
    }

    @Test func `what is no command touches nothing`() {
        let bytes = Self.envelope(.revokeToken(TokenID(5)))
        for count in 0..<bytes.count {
            #expect(Envelope.subjects(in: Array(bytes.prefix(count))).isEmpty)
        }
        #expect(Envelope.subjects(in: bytes + [0]).isEmpty)
        #expect(Envelope.subjects(in: [9] + bytes.dropFirst()).isEmpty)
    }

    @Test func `the newest key-state entry is known through snapshots, whatever came of it`() throws
    {
        var bench = Bench()
        let before = bench.machine.keyStateIndex
        bench.apply(.revokeToken(TokenID(77)))
        let refused = bench.machine.appliedIndex
        #expect(bench.machine.keyStateIndex == refused)
        #expect(refused > before)
        bench.apply(.updateSettings(SettingsChange()))
        #expect(bench.machine.keyStateIndex == refused)
        var encoder = StateEncoder(bench.machine.freeze())
        var decoder = StateDecoder()
        while let chunk = encoder.nextChunk() { try decoder.feed(chunk) }
        let restored = try decoder.finish()
        #expect(restored.keyStateIndex == refused)
        #expect(restored.appliedIndex > refused)
    }
}
