import Basics

@testable import Keyring
@testable import Simulator

extension RandomHistory {
    mutating func drawExpiry() -> Timestamp? {
        guard random.chance(1, in: 3) else { return nil }
        if random.chance(1, in: 40) { return Bounds.latestTime + .milliseconds(1) }
        return time + .milliseconds(Int64(random.below(900_000)) - 20_000)
    }

    mutating func drawRotation(of id: KeyID, _ account: AccountID) -> Rotation {
        let new = random.chance(1, in: 30) ? drawKey().0.rawValue : fresh()
        let known = reference.keys.first { $0.detail.id == id }?.detail.api ?? .rest
        var grace: UInt32 = 0
        if random.chance(2, in: 3) { grace = 1 + UInt32(random.below(5_000)) }
        if random.chance(1, in: 40) { grace = Bounds.graceSeconds + 1 }
        var expiry = SuccessorExpiry.inherited
        if random.chance(1, in: 3) { expiry = .set(drawExpiry()) }
        return Rotation(
            old: id, account: account, id: KeyID(new),
            digest: Sample.digest(random.chance(1, in: 30) ? nextID - 3 : new),
            suffix: Sample.suffix, api: random.chance(1, in: 20) ? .batch : known,
            graceSeconds: grace, expiry: expiry)
    }

    mutating func drawAPICommand() -> Command {
        let slugs = ["mail", "rest", "batch", "web"] + (0..<90).map { "x\($0)" }
        let api = API(slug: slugs[Int(random.below(random.chance(1, in: 2) ? 4 : 94))])!
        return random.chance(2, in: 3) ? .createAPI(api, name: drawName()) : .removeAPI(api)
    }
}
