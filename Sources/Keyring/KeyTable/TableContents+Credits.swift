import Basics
import Synchronization

/// The three words of an allowance and what is left of it.
struct CreditWords {
    var allowance: UInt64
    var remaining: UInt64
    /// Its code above the number of the day or month.
    var period: UInt64

    static let unlimited = CreditWords(allowance: TableImage.unlimited, remaining: 0, period: 0)

    init(allowance: UInt64, remaining: UInt64, period: UInt64) {
        self.allowance = allowance
        self.remaining = remaining
        self.period = period
    }

    init(_ state: CreditState) {
        self.init(
            allowance: state.allowance.rawValue, remaining: state.remaining.rawValue,
            period: UInt64(state.period.rawValue) << 32
                | UInt64(UInt32(bitPattern: state.periodNumber)))
    }
}

// Credit rows: a user's for their limits, an account's for its pools, each in a list.
extension TableContents {
    /// Where a list of credit rows begins.
    typealias CreditList = UnsafeMutablePointer<Atomic<UInt32>>

    func firstCredits(of user: SharedWords) -> CreditList {
        user.half(Layout.User.creditsAndReferences, 0)
    }

    func firstPool(of account: SharedWords) -> CreditList {
        account.half(Layout.Account.pools, 0)
    }

    func retireCredits(listedAt first: CreditList) {
        var number = first.pointee.load(ordering: .relaxed)
        while number != 0 {
            retiredRows.append(RetiredRow(kind: .credits, number: number))
            number = nextCredits(number)
        }
    }

    private func nextCredits(_ number: UInt32) -> UInt32 {
        UInt32(truncatingIfNeeded: credits[number].load(Layout.Credits.nextAndVersion) >> 32)
    }

    func setCredits(_ api: API, _ words: CreditWords, listedAt first: CreditList) {
        let newest = first.pointee.load(ordering: .relaxed)
        var number = newest
        while number != 0, credits[number].load(Layout.Credits.api) != api.rawValue {
            number = nextCredits(number)
        }
        if number != 0 {
            change(credits[number], to: words)
        } else if words.allowance != TableImage.unlimited {
            number = credits.allocate(retiring: &retiredMemory)
            let row = credits[number]
            row.store(api.rawValue, at: Layout.Credits.api)
            row.store(UInt64(newest) << 32, at: Layout.Credits.nextAndVersion)
            change(row, to: words)
            first.pointee.store(number, ordering: .releasing)
        }
    }

    /// Fills the copy that isn't in force, then puts it in force. Each word is stored after the
    /// last version, so that a reader that meets it in the other copy finds the version moved.
    private func change(_ row: SharedWords, to words: CreditWords) {
        let word = row.load(Layout.Credits.nextAndVersion)
        let version = UInt32(truncatingIfNeeded: word) &+ 1
        let copy = Layout.Credits.copies + Layout.Credits.copyWords * Int(version & 1)
        row.publish(words.allowance, at: copy)
        row.publish(words.remaining, at: copy + 1)
        row.publish(words.period, at: copy + 2)
        row.publish(word & ~0xffff_ffff | UInt64(version), at: Layout.Credits.nextAndVersion)
    }
}
