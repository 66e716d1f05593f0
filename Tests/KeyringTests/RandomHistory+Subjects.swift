import Basics

@testable import Keyring
@testable import Simulator

// What commands are about: mostly something that exists.
extension RandomHistory {
    mutating func fresh() -> UInt64 {
        nextID += 1
        return nextID
    }

    mutating func drawAccount() -> AccountID {
        if random.chance(1, in: 25) { return AccountID(random.below(3)) }
        return reference.accounts.randomItem(&random)?.detail.id ?? AccountID(5)
    }

    /// A user, and mostly the account that they are in.
    mutating func drawUser() -> (UserID, AccountID) {
        guard let user = reference.users.randomItem(&random), random.chance(24, in: 25) else {
            return (UserID(random.below(3)), drawAccount())
        }
        return (user.detail.id, random.chance(24, in: 25) ? user.detail.account : drawAccount())
    }

    mutating func drawKey() -> (KeyID, AccountID) {
        guard let key = reference.keys.randomItem(&random), random.chance(24, in: 25) else {
            return (KeyID(random.below(3)), drawAccount())
        }
        return (key.detail.id, random.chance(24, in: 25) ? key.detail.account : drawAccount())
    }

    mutating func drawToken() -> TokenID {
        guard let token = reference.tokens.randomItem(&random), random.chance(24, in: 25) else {
            return TokenID(random.below(3))
        }
        return token.detail.id
    }

    mutating func drawAPI() -> API {
        [API.rest, .rest, .rest, .batch, API(slug: "mail")!][Int(random.below(5))]
    }

    mutating func drawName() -> Name {
        Name(["Ann", "Bob", "Zoë", "Zoe\u{308}", "漢字"][Int(random.below(5))])!
    }

    mutating func drawEmail() -> EmailAddress {
        EmailAddress(
            ["a@x.test", "A@X.test", "b@x.test", "c@x.test", "é@x.test", "É@x.test"][
                Int(random.below(6))])!
    }

    mutating func drawRole() -> UserRole { random.chance(1, in: 2) ? .admin : .member }
}
