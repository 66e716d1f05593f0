import Basics

@testable import Keyring
@testable import Simulator

// Changes by who may administer something.
extension RandomHistory {
    mutating func drawMemberCommand() -> MemberCommand {
        let id = NodeID(1 + UInt32(random.below(5)))
        let member = MemberDetail(
            id: id, role: .learner, address: "a:\(random.below(9))", clientAddress: "")
        let request: MemberRequest =
            switch random.below(3) {
            case 0: .add(id, address: member.address, clientAddress: "")
            case 1: .promote(id)
            default: .remove(id)
            }
        let decision: MemberDecision =
            switch random.below(4) {
            case 0: .standing(member)
            case 1: .refused(.notCaughtUp)
            default: .made(member)
            }
        return MemberCommand(request, decision: decision)
    }

    mutating func drawKeyCommand() -> Command {
        let (id, account) = drawKey()
        switch random.below(10) {
        case 0..<3: return .renameKey(id, account: account, name: drawName())
        case 3..<6: return .setKeyActive(id, account: account, active: random.chance(1, in: 2))
        case 6..<9: return .rotateKey(drawRotation(of: id, account))
        default: return .revokeKey(id, account: account)
        }
    }

    mutating func drawNewKey() -> NewKey {
        let (user, account) = drawUser()
        let id = random.chance(1, in: 30) ? drawKey().0.rawValue : fresh()
        return NewKey(
            id: KeyID(id), account: account, user: user, api: drawAPI(), name: drawName(),
            digest: Sample.digest(random.chance(1, in: 30) ? nextID - 3 : id),
            suffix: Sample.suffix, active: random.chance(2, in: 3), expiresAt: drawExpiry())
    }

    /// Mostly of one account, and often with something at fault.
    mutating func drawImport() -> KeyImport {
        let first = drawNewKey()
        let ids = (0..<1 + random.below(4)).map { _ in fresh() }.sorted()
        let keys = ids.map { id in
            let key = drawNewKey()
            var owner = KeyOwner.id(random.chance(2, in: 3) ? first.user : key.user)
            if random.chance(1, in: 3),
                let user = reference.users.first(where: { $0.detail.id == key.user })
            {
                owner = .email(user.detail.email)
            }
            return ImportedKey(
                id: KeyID(id), owner: owner, api: key.api, name: key.name, digest: key.digest,
                suffix: key.suffix, active: random.chance(1, in: 3),
                expiresAt: key.expiresAt)
        }
        return KeyImport(account: first.account, keys: keys)
    }

    mutating func drawUserCommand() -> Command {
        let (id, account) = drawUser()
        switch random.below(20) {
        case 0..<6:
            return .createUser(
                random.chance(1, in: 20) ? id : UserID(fresh()), account: drawAccount(),
                email: drawEmail(), name: drawName(), role: drawRole())
        case 6..<9:
            return .updateUser(
                id, account: account, email: random.chance(1, in: 2) ? drawEmail() : nil,
                name: random.chance(1, in: 2) ? drawName() : nil,
                role: random.chance(1, in: 2) ? drawRole() : nil)
        case 9: return .removeUser(id, account: account)
        case 10: return .revokeAllKeys(id, account: account)
        case 11..<18:
            return .setLimit(
                id, account: account, api: drawAPI(), credits: Credits(random.below(60))!,
                period: Period.allCases[Int(random.below(3))])
        default: return .removeLimit(id, account: account, api: drawAPI())
        }
    }

    mutating func drawTokenCommand() -> Command {
        if random.chance(1, in: 3) { return .revokeToken(drawToken()) }
        let (user, account) = drawUser()
        let role = Role.allCases[Int(random.below(4))]
        var new = NewToken(
            id: TokenID(random.chance(1, in: 20) ? 1 : fresh()), role: role, account: account,
            user: user, name: drawName(), digest: Sample.digest(nextID << 20),
            suffix: Sample.suffix)
        if role == .operator, random.chance(9, in: 10) { (new.account, new.user) = (nil, nil) }
        if role == .auditor, random.chance(1, in: 2) { new.user = nil }
        return .createToken(new)
    }

    mutating func drawAccountCommand() -> Command {
        switch random.below(10) {
        case 0..<4:
            return .createAccount(
                // An id that is there, or never was: none is drawn twice in a cluster's life.
                random.chance(1, in: 5)
                    ? reference.accounts[0].detail.id : AccountID(fresh()),
                name: drawName())
        case 4..<9: return .renameAccount(drawAccount(), name: drawName())
        default: return .deleteAccount(drawAccount())
        }
    }

    mutating func drawSettings() -> SettingsChange {
        var change = SettingsChange()
        switch random.below(10) {
        case 0: change[.activeKeysPerUser] = UInt32(random.below(5))
        case 1: change[.keysPerUser] = UInt32(1 + random.below(8))
        case 2: change[.auditRecords] = UInt32(5 + random.below(150))
        case 3:
            change[.leaseMilliseconds] = UInt32(random.below(3_000))
            if random.chance(1, in: 4) {
                change[.leaseWaitMilliseconds] = UInt32(2_090 + random.below(20))
            }
        case 4:
            change[.idempotencySeconds] = UInt32(600 + random.below(90_000))
            change[.uuidRecords] = UInt32(1 + random.below(40))
        case 5: change[.freeFormRecordsPerAccount] = UInt32(1 + random.below(12))
        case 6: change[.holdsPerAccount] = UInt32(random.below(4))
        case 7: change[.endedHoldSeconds] = UInt32(random.below(20_000))
        case 8: change[.endedHolds] = UInt32(random.below(10))
        default:
            let shortest = UInt32(15 + random.below(50))
            change[.foreignKeyShortest] = shortest
            change[.foreignKeyLongest] =
                random.chance(1, in: 2) ? 0 : shortest - 3 + UInt32(random.below(33))
        }
        return change
    }
}
