import Basics
import Keyring
import Testing

@testable import Simulator

/// What is told of a hold once is told of it always.
@Suite struct HoldReceiptsTests {
    private static let account = AccountID(100)
    private static let start = Workload.genesisValue.time
    private static let id = JudgedLog.id("h")

    private static func receipt(
        _ standing: HoldReceipt.Standing, charged: UInt64 = 0, spent: UInt64 = 0, index: UInt64,
        replayed: Bool = false
    ) -> HoldReceipt {
        HoldReceipt(
            hold: id, standing: standing, held: Credits(clamping: 8),
            charged: Credits(clamping: charged), spent: Credits(clamping: spent), remaining: nil,
            expiresAt: start + .seconds(60), index: LogIndex(index), replayed: replayed)
    }

    private static let place = HoldCommand.place(
        NewHold(key: .id(KeyID(1)), credits: 8, timeoutSeconds: 60, id: id))
    private static func settle(_ credits: UInt64) -> HoldCommand {
        .settle(Settlement(key: .id(KeyID(1)), hold: id, credits: credits))
    }
    private static let void = HoldCommand.void(Voiding(key: .id(KeyID(1)), hold: id))

    private func law(
        _ holds: inout HoldReceipts, _ command: HoldCommand, _ receipt: HoldReceipt,
        at index: UInt64
    ) -> String? {
        do throws(Violation) {
            try holds.note(
                receipt, to: command, in: Self.account, at: LogIndex(index), Self.start, .zero)
            return nil
        } catch {
            return error.law
        }
    }

    /// Placed at #5.
    private func placed() -> HoldReceipts {
        var holds = HoldReceipts()
        #expect(law(&holds, Self.place, Self.receipt(.open, index: 5), at: 5) == nil)
        return holds
    }

    @Test func `a life told in order, and told again`() {
        var holds = placed()
        let again = Self.receipt(.open, index: 5, replayed: true)
        #expect(law(&holds, Self.place, again, at: 6) == nil)
        let end = Self.receipt(.settled, charged: 3, spent: 3, index: 7)
        #expect(law(&holds, Self.settle(3), end, at: 7) == nil)
        var replayed = end
        replayed.replayed = true
        #expect(law(&holds, Self.settle(3), replayed, at: 9) == nil)
        #expect(law(&holds, Self.place, again, at: 10) == nil)
    }

    @Test func `a hold is placed once, as was asked`() {
        var holds = placed()
        #expect(
            law(&holds, Self.place, Self.receipt(.open, index: 6), at: 6)
                == "a hold is placed once")
        holds = HoldReceipts()
        #expect(
            law(&holds, Self.place, Self.receipt(.open, index: 4), at: 5)
                == "a hold is placed as was asked")
        var longer = Self.receipt(.open, index: 5)
        longer.expiresAt = Self.start + .seconds(61)
        #expect(law(&holds, Self.place, longer, at: 5) == "a hold is placed as was asked")
    }

    @Test func `a hold ends once`() {
        var holds = placed()
        let end = Self.receipt(.settled, charged: 3, spent: 3, index: 7)
        #expect(law(&holds, Self.settle(3), end, at: 7) == nil)
        let twice = Self.receipt(.settled, charged: 3, spent: 6, index: 8)
        #expect(law(&holds, Self.settle(3), twice, at: 8) == "a hold ends once")
        #expect(
            law(&holds, Self.void, Self.receipt(.voided, index: 8), at: 8) == "a hold ends once")
    }

    @Test func `a hold that ends was placed, and ends as was asked for what it holds`() {
        var none = HoldReceipts()
        #expect(
            law(&none, Self.void, Self.receipt(.voided, index: 8), at: 8)
                == "a hold that ends was placed")
        var holds = placed()
        #expect(
            law(&holds, Self.settle(3), Self.receipt(.settled, charged: 4, index: 7), at: 7)
                == "a hold ends as was asked")
        #expect(
            law(&holds, Self.settle(9), Self.receipt(.settled, charged: 9, index: 7), at: 7)
                == "no more is charged than is held")
    }
}
