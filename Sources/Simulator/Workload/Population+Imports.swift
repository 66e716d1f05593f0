import Basics
import Keyring

extension Population {
    /// A few keys for users of one account. Now and then one is at fault: then none may appear.
    func drawImport(_ random: inout SeededGenerator, wall: Timestamp) -> Command? {
        guard let first = pick(users, &random), let name = Name("imported") else { return nil }
        let owners = users.filter { $0.account == first.account }
        let ids = (0..<2 + random.below(4)).map { _ in random.next() }.sorted()
        var imported = ids.map { id in
            ImportedKey(
                id: KeyID(id), owner: .id((pick(owners, &random) ?? first).id),
                api: random.chance(3, in: 4) ? .rest : .batch, name: name,
                digest: drawDigest(&random), suffix: Workload.suffix,
                active: random.chance(1, in: 3), expiresAt: drawExpiry(&random, wall: wall))
        }
        if random.chance(1, in: 4), let known = pick(keys, &random) {
            imported[Int(random.below(UInt64(imported.count)))].digest = known.digest
        }
        return .importKeys(KeyImport(account: first.account, keys: imported))
    }
}
