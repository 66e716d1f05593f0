import Basics
import Keyring
import Testing

@testable import Simulator

@Suite struct DifferenceTests {
    private func key(_ state: KeyState, at index: UInt64) -> Outcome {
        let detail = KeyDetail(
            id: KeyID(1), account: AccountID(2), user: UserID(3), api: .rest, name: Name("key")!,
            state: state, createdAt: Timestamp(milliseconds: 5),
            createdBy: Author(token: TokenID(1), user: nil), lastUsedAt: nil,
            suffix: Suffix("abcd")!, changedAt: LogIndex(index))
        return .changed(Change(.key(detail), index: LogIndex(index)))
    }

    @Test func `equal values differ in nothing`() {
        #expect(Difference.words(key(.active, at: 4), expected: key(.active, at: 4)).isEmpty)
    }

    @Test func `fields that differ are named, each with both values`() {
        let words = Difference.words(key(.active, at: 4), expected: key(.revoked, at: 5))
        #expect(
            words.split(separator: "; ") == [
                "changed.result.key.state is active, expected revoked",
                "changed.result.key.changedAt is 4, expected 5",
                "changed.index is 4, expected 5",
            ])
    }

    @Test func `of other cases only the names are told`() {
        let refused = Outcome.refused(.invalidKey)
        #expect(
            Difference.words(refused, expected: key(.active, at: 1))
                == "it is refused, expected changed")
    }
}
