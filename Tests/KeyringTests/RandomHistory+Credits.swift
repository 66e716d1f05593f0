import Basics

@testable import Keyring
@testable import Simulator

// Charges, holds and pools.
extension RandomHistory {
    mutating func drawCharge() -> Command {
        let count = random.chance(1, in: 4) ? 1 + random.below(5) : 1
        return .charge(
            (0..<count).map { _ in
                let (id, _) = drawKey()
                var key = KeyReference.id(id)
                if random.chance(1, in: 2),
                    let digest = reference.keys.first(where: { $0.detail.id == id })?.digest
                {
                    key = .digest(digest)
                }
                let credits = [0, 1, 5, 40, 1_000_000_000, 1_000_000_001][Int(random.below(6))]
                return Charge(key: key, credits: UInt64(credits), id: drawID())
            })
    }

    mutating func drawHold() -> HoldCommand {
        var (key, _) = drawKey()
        if random.chance(1, in: 3) {
            return .place(
                NewHold(
                    key: .id(key), credits: [0, 1, 5, 30, 1_000_000_001][Int(random.below(5))],
                    timeoutSeconds: [0, 1, 30, 3_000, 100_000, 604_801][Int(random.below(6))],
                    id: drawID()))
        }
        var hold = drawID()
        if let known = reference.holds.randomItem(&random), random.chance(9, in: 10) {
            hold = known.id
            let others = reference.keys.filter { $0.detail.user == known.user }
            if let other = others.randomItem(&random), random.chance(4, in: 5) {
                key = other.detail.id
            }
        }
        let id = random.chance(1, in: 2) ? drawID() : nil
        guard random.chance(2, in: 3) else {
            return .void(Voiding(key: .id(key), hold: hold, id: id))
        }
        return .settle(
            Settlement(
                key: .id(key), hold: hold,
                credits: [0, 1, 5, 29, 1_000_000_001][Int(random.below(5))], id: id))
    }

    mutating func drawPoolCommand() -> Command {
        guard random.chance(4, in: 5) else {
            return .removePool(account: drawAccount(), api: drawAPI())
        }
        return .setPool(
            account: drawAccount(), api: drawAPI(), credits: Credits(random.below(150))!,
            period: Period.allCases[Int(random.below(3))])
    }
}
