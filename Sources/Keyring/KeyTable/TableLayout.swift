import Basics

/// The words of a table's root, of its rows and of the cells of keys.
///
/// What never changes while a row is published shares words freely; what changes is one word by
/// itself, so that a load sees a state whole.
enum Layout {
    /// The root of one whole table. The first two lines are what a look-up reads.
    enum Root {
        static let appliedIndex = 0
        /// The shards of the state's two indices: keys by their digests, and by their ids.
        static let keyShards = 1
        static let keyIDShards = 2
        /// The state's rows, by chunks of ``KeyRows/count``.
        static let keyRows = 3
        static let keyCells = 4
        /// Rows of users by their slots in the state.
        static let userRows = 5
        static let users = 6
        static let accounts = 7
        /// Day and month, 32 bits each.
        static let calendar = 8
        /// Which of the tables that this one had in its life: a row's number means nothing in
        /// another.
        static let generation = 9
        /// ``ForeignKeyForm``.
        static let foreignKeys = 10
        /// What the numbers in cells stand for.
        static let apis = 11
        /// How many digests of keys about to be born there are, and where.
        static let announced = 12
        static let announcedShards = 13
        static let announcements = 14
        static let credits = 15
        static let tokenShards = 18
        static let tokens = 17
        /// Who replaced whom, of keys that are retiring.
        static let successionShards = 19
        static let successions = 20
        /// One more than the number of the last chunk of cells in which a stamp changed, and the
        /// minute of a stamp, on a line of their own; every other line of the root is only read.
        static let stamped = 24
        static let minute = 25
        static let count = 32
    }

    /// In the lowest four bits of a key's, a user's and an account's word: a state of three bits,
    /// and whether a change of it is in the log and not yet applied.
    static let stateMask: UInt64 = 7
    static let blocked: UInt64 = 8

    /// A digest that a key is about to be born with.
    enum Announcement {
        static let digest = 0
        static let count = 4
    }

    enum Succession {
        /// The slot of a retiring key above its successor's.
        static let slots = 0
        static let count = 1
    }

    enum User {
        /// Account's row above four bits of role above `blocked` and `PartyState`: a removal or a
        /// change of role is one store.
        static let state = 0
        static let id = 1
        /// The first credit row, and in the other half the writer's count of keys and tokens.
        static let creditsAndReferences = 2
        static let count = 3
    }

    enum Account {
        /// The writer's count of users and tokens above 32 bits of `blocked` and `PartyState`.
        static let state = 0
        static let id = 1
        /// The first credit row of its pools, in half 0.
        static let pools = 2
        static let count = 3
    }

    enum Credits {
        static let api = 0
        /// The user's or account's next credit row above the number of changes so far, 32 bits
        /// each.
        static let nextAndVersion = 1
        /// Two copies of three words (allowance, remaining, period and its number): the version's
        /// lowest bit says which one holds.
        static let copies = 2
        static let copyWords = 3
        static let count = 8
    }

    enum Token {
        /// Role above four bits: 1 active, 2 revoked; zero once forgotten.
        static let state = 0
        static let digest = 1
        static let id = 5
        /// User's row above account's row; zero for none.
        static let parties = 6
        static let count = 7
        static let active: UInt64 = 1
        static let revoked: UInt64 = 2
    }
}

extension API {
    /// What a word holds that was packed from an API.
    @inline(__always)
    init(trusted rawValue: UInt64) { self.rawValue = rawValue }
}

/// The words of a digest, in a row.
extension SharedWords {
    @inline(__always)
    func holds(_ digest: Digest, at offset: Int) -> Bool {
        (load(offset) ^ digest.word0) | (load(offset + 1) ^ digest.word1)
            | (load(offset + 2) ^ digest.word2) | (load(offset + 3) ^ digest.word3) == 0
    }

    func digest(at offset: Int) -> Digest {
        Digest(load(offset), load(offset + 1), load(offset + 2), load(offset + 3))
    }

    func store(_ digest: Digest, at offset: Int) {
        store(digest.word0, at: offset)
        store(digest.word1, at: offset + 1)
        store(digest.word2, at: offset + 2)
        store(digest.word3, at: offset + 3)
    }
}
