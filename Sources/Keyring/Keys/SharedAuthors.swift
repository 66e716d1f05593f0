import Basics

/// Who made what, once for all that they made.
///
/// Laws: an author's number stays the same as long as anything names it; each author has one, whose
/// uses are counted.
struct SharedAuthors: Sendable {
    private struct Entry: Sendable {
        var author: Author
        /// How many name it.
        var uses: UInt32
    }

    private struct Key: Comparable, Hashable, Sendable {
        var token: TokenID
        /// Zero, which is no user's, for a token that is nobody's.
        var user: UserID

        init(_ author: Author) {
            token = author.token
            user = author.user ?? UserID(0)
        }

        static func < (left: Key, right: Key) -> Bool {
            left.token != right.token ? left.token < right.token : left.user < right.user
        }
    }

    private var entries = SideTable<Entry>()
    private var numbers = OrderedTable<Key, UInt32>()
    /// The last that was named; zero: none yet.
    private var newest: UInt32 = 0

    var count: Int { entries.count }

    subscript(number: UInt32) -> Author { entries[number].author }

    mutating func insert(_ author: Author) -> UInt32 {
        // Most often it is whoever it was before.
        if newest != 0, entries[newest].uses > 0, entries[newest].author == author {
            entries[newest].uses += 1
            return newest
        }
        let key = Key(author)
        if let number = numbers[key] {
            entries[number].uses += 1
            newest = number
            return number
        }
        let number = entries.insert(Entry(author: author, uses: 1))
        numbers.updateValue(number, forKey: key)
        newest = number
        return number
    }

    /// One use less. Requires a number in use.
    mutating func remove(_ number: UInt32) {
        precondition(entries[number].uses > 0, "an author that nothing names is freed")
        entries[number].uses -= 1
        guard entries[number].uses == 0 else { return }
        numbers.removeValue(forKey: Key(entries[number].author))
        entries.remove(number)
    }

    /// Whether each author is named as often as is counted, and found by who they are.
    func isNamed(by numbers: [UInt32]) -> Bool {
        var uses = [UInt32](repeating: 0, count: entries.placed + 1)
        for number in numbers {
            guard number <= entries.placed else { return false }
            uses[Int(number)] += 1
        }
        let named = (0...UInt32(entries.placed)).filter { uses[Int($0)] > 0 }
        return entries.isNamed(by: named) && self.numbers.count == named.count
            && named.allSatisfy { number in
                entries[number].uses == uses[Int(number)]
                    && self.numbers[Key(entries[number].author)] == number
            }
    }
}
