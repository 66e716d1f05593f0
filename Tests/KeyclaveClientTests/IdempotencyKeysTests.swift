import Basics
import Testing

@testable import KeyclaveClient

@Suite struct IdempotencyKeysTests {
    @Test func `the example of RFC 9562 comes out`() {
        // Appendix A.6: 2022-02-22T19:22:22Z, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
        let text = IdempotencyKeys.text(
            at: Timestamp(milliseconds: 0x017F_22E2_79B0),
            random: [0xFC, 0xC3, 0x58, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F])
        #expect(text == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    }

    @Test func `two are never the same`() {
        #expect(Set((0..<1_000).map { _ in IdempotencyKeys.next() }).count == 1_000)
    }
}
