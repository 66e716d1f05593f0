import Basics
import Keyring

// What clients do with holds and pools.
extension Population {
    /// Time-outs are short, so that holds lapse in every run.
    private static let longestTimeout: UInt64 = 30

    mutating func holdCommand(
        _ kind: Operation.Kind, _ random: inout SeededGenerator, wall: Timestamp
    ) -> HoldCommand? {
        guard kind != .placeHold else {
            guard let key = pick(keys, &random) else { return nil }
            let hold = NewHold(
                key: .digest(key.digest), credits: random.below(60) + 1,
                timeoutSeconds: random.below(Self.longestTimeout) + 1,
                id: drawID(&random, wall: wall))
            holds.append(hold)
            return .place(hold)
        }
        guard let hold = drawHold(&random) else { return nil }
        // Mostly the key that placed it.
        var key = hold.key
        if random.chance(1, in: 4), let other = pick(keys, &random) { key = .digest(other.digest) }
        let id = random.chance(2, in: 3) ? drawID(&random, wall: wall) : nil
        guard kind == .settleHold else { return .void(Voiding(key: key, hold: hold.id, id: id)) }
        // Now and then for more than is held.
        let credits = random.below(hold.credits + hold.credits / 8 + 1)
        return .settle(Settlement(key: key, hold: hold.id, credits: credits, id: id))
    }

    /// Mostly one of the last: it may be open.
    private func drawHold(_ random: inout SeededGenerator) -> NewHold? {
        if random.chance(3, in: 4) { return pick(holds.suffix(6), &random) }
        return pick(holds, &random)
    }

    func poolCommand(_ kind: Operation.Kind, _ random: inout SeededGenerator) -> Command? {
        guard let account = pick(accounts, &random) else { return nil }
        let api = drawAPI(&random)
        guard kind == .setPool else { return .removePool(account: account, api: api) }
        let periods = Period.allCases
        return .setPool(
            account: account, api: api, credits: Credits(clamping: random.below(2_000)),
            period: periods[Int(random.below(UInt64(periods.count)))])
    }
}

extension Command {
    /// Whether it bears ids of its own and is judged by a key, as a charge is.
    var isHold: Bool { if case .hold = self { true } else { false } }
}
