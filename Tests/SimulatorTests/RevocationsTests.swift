import Basics
import Keyring
import Testing

@testable import Simulator

/// What may still be answered of a key, after what was told and after what time did.
@Suite struct RevocationsTests {
    private static let key = Secret.key(SHA256.digest(of: [1]))
    private static let other = Secret.key(SHA256.digest(of: [2]))
    private static let start = Instant.zero

    private var revocations = Revocations(genesis: Workload.genesisValue)

    private mutating func note(_ index: UInt64, _ key: Access, _ other: Access = .api) {
        revocations.note(
            LogIndex(index), giving: [(Self.key, key), (Self.other, other)], areLeasesOn: true)
    }

    private func mayAnswer(_ access: Access, of secret: Secret = key) -> Bool {
        revocations.mayAnswer(access, of: secret, since: revocations.floor)
    }

    @Test mutating func `a change that was told is contradicted by the state before it`() {
        note(1, .api)
        note(2, .nothing)
        #expect(mayAnswer(.api), "under way")
        revocations.noteTold(LogIndex(2))
        #expect(!mayAnswer(.api))
        #expect(mayAnswer(.nothing))
        #expect(mayAnswer(.api, of: Self.other))
    }

    @Test mutating func `a later telling doesn't include what time ended, a lease's length does`() {
        note(1, .api)
        note(2, .lapsed)
        revocations.noteLapse(LogIndex(2), at: Self.start)
        note(3, .lapsed, .nothing)
        revocations.noteTold(LogIndex(3))
        #expect(mayAnswer(.api) && mayAnswer(.nothing))
        #expect(!mayAnswer(.api, of: Self.other))
        revocations.passLapses(at: Self.start + .milliseconds(2_099))
        #expect(mayAnswer(.api))
        revocations.passLapses(at: Self.start + .milliseconds(2_100))
        #expect(!mayAnswer(.api))
        #expect(mayAnswer(.nothing))
    }

    @Test mutating func `who revokes what time has ended need not wait for that`() {
        note(1, .api)
        note(2, .lapsed)
        revocations.noteLapse(LogIndex(2), at: Self.start)
        note(3, .nothing)
        #expect(mayAnswer(.api))
        revocations.noteTold(LogIndex(3))
        #expect(!mayAnswer(.api))
    }
}
