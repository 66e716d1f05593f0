import Basics
import Keyring

// Keys that take each other's place or end by themselves, and APIs that come and go.
extension Population {
    /// Half of them at once, the others with a grace that most runs outlast.
    func drawRotation(_ random: inout SeededGenerator, wall: Timestamp) -> Command? {
        guard let key = pick(keys, &random) else { return nil }
        var expiry = SuccessorExpiry.inherited
        if random.chance(1, in: 8) { expiry = .set(drawExpiry(&random, wall: wall)) }
        return .rotateKey(
            Rotation(
                old: key.id, account: key.account, id: KeyID(random.next()),
                digest: drawDigest(&random), suffix: Workload.suffix, api: key.api,
                graceSeconds: random.chance(1, in: 2) ? 0 : 1 + UInt32(random.below(20)),
                expiry: expiry))
    }

    /// Mostly none; now and then one that comes while the key is used, or has passed.
    func drawExpiry(_ random: inout SeededGenerator, wall: Timestamp) -> Timestamp? {
        guard random.chance(1, in: 6) else { return nil }
        return wall + .milliseconds(Int64(random.below(30_000)) - 1_000)
    }

    func drawAPI(_ random: inout SeededGenerator) -> API {
        if random.chance(3, in: 4) { return .rest }
        return pick([.batch] + apis, &random) ?? .batch
    }

    func drawAPICommand(_ kind: Operation.Kind, _ random: inout SeededGenerator) -> Command? {
        let slugs = (0..<4).compactMap { API(slug: "api\($0)") }
        guard kind == .createAPI else {
            return pick(apis + [.batch], &random).map { .removeAPI($0) }
        }
        guard let api = pick(slugs, &random), let name = Name("API \(api.slug)") else { return nil }
        return .createAPI(api, name: name)
    }

    /// Learns from a change that was made.
    mutating func noteRotation(_ command: Command) {
        switch command {
        case .rotateKey(let rotation):
            guard !keys.contains(where: { $0.id == rotation.id }) else { return }
            var expiry = keys.first { $0.id == rotation.old }?.expiresAt
            if case .set(let given) = rotation.expiry { expiry = given }
            keys.append(
                KnownKey(
                    id: rotation.id, account: rotation.account, digest: rotation.digest,
                    api: rotation.api, expiresAt: expiry))
        case .createAPI(let api, _):
            if !apis.contains(api) { apis.append(api) }
        case .removeAPI(let api):
            apis.removeAll { $0 == api }
        default:
            break
        }
    }
}

extension Population.KnownKey {
    /// Within what leases may be for still.
    func hasJustExpired(at wall: Timestamp) -> Bool {
        guard let expiresAt else { return false }
        return expiresAt <= wall && wall <= expiresAt + .seconds(2)
    }
}
