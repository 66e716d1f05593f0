import Basics

/// What is done to a hold: credits reserved for work whose cost is known only afterwards.
///
/// A hold goes by the id under which it was placed, which is unique in its account: who never
/// learnt what became of the placing can settle or void it all the same.
public enum HoldCommand: Hashable, Sendable {
    case place(NewHold)
    case settle(Settlement)
    case void(Voiding)

    /// The key that is presented.
    public var key: KeyReference {
        switch self {
        case .place(let hold): hold.key
        case .settle(let settlement): settlement.key
        case .void(let voiding): voiding.key
        }
    }

    /// That of the hold.
    public var hold: IdempotencyKey {
        switch self {
        case .place(let hold): hold.id
        case .settle(let settlement): settlement.hold
        case .void(let voiding): voiding.hold
        }
    }

    /// The id under which this is done once: a hold's own when it is placed.
    public var id: IdempotencyKey? {
        switch self {
        case .place(let hold): hold.id
        case .settle(let settlement): settlement.id
        case .void(let voiding): voiding.id
        }
    }

    var kind: Command.Kind {
        switch self {
        case .place: .placeHold
        case .settle: .settleHold
        case .void: .voidHold
        }
    }

    /// What is wrong with it whatever the state; nil if nothing is.
    var rangeRefusal: Refusal? {
        switch self {
        case .place(let hold):
            guard (1...Bounds.charge).contains(hold.credits) else { return .chargeOutOfRange }
            return Bounds.holdSeconds.contains(hold.timeoutSeconds) ? nil : .holdTimeoutOutOfRange
        case .settle(let settlement):
            return settlement.credits <= Bounds.charge ? nil : .chargeOutOfRange
        case .void: return nil
        }
    }
}

/// Credits to be reserved with a key, once, under an id unique in its account.
public struct NewHold: Hashable, Sendable {
    public var key: KeyReference
    /// 1 to 10^9; anything else is refused when applied.
    public var credits: UInt64
    /// How long after its placing, in log time, the hold lapses: within `Bounds.holdSeconds`.
    public var timeoutSeconds: UInt64
    public var id: IdempotencyKey

    public init(key: KeyReference, credits: UInt64, timeoutSeconds: UInt64, id: IdempotencyKey) {
        self.key = key
        self.credits = credits
        self.timeoutSeconds = timeoutSeconds
        self.id = id
    }
}

/// What the work behind a hold has cost: it is charged, and the rest released.
public struct Settlement: Hashable, Sendable {
    /// Any key of the hold's user.
    public var key: KeyReference
    public var hold: IdempotencyKey
    /// At most what is held; nothing is charged if zero.
    public var credits: UInt64
    /// The caller's id for this very request, if it gave one. Without one the hold itself keeps a
    /// repeated settlement from being made twice.
    public var id: IdempotencyKey?

    public init(
        key: KeyReference, hold: IdempotencyKey, credits: UInt64, id: IdempotencyKey? = nil
    ) {
        self.key = key
        self.hold = hold
        self.credits = credits
        self.id = id
    }
}

/// The end of a hold without a charge.
public struct Voiding: Hashable, Sendable {
    /// Any key of the hold's user.
    public var key: KeyReference
    public var hold: IdempotencyKey
    /// As of a settlement.
    public var id: IdempotencyKey?

    public init(key: KeyReference, hold: IdempotencyKey, id: IdempotencyKey? = nil) {
        self.key = key
        self.hold = hold
        self.id = id
    }
}

/// A hold that was placed, settled or voided.
public struct HoldReceipt: Hashable, Sendable {
    public enum Standing: UInt8, CaseIterable, Hashable, Sendable {
        case open = 1
        case settled = 2
        case voided = 3

        public var text: String {
            switch self {
            case .open: "open"
            case .settled: "settled"
            case .voided: "voided"
            }
        }
    }

    public var hold: IdempotencyKey
    public var standing: Standing
    /// What was reserved when it was placed.
    public var held: Credits
    /// What it was settled for; zero otherwise.
    public var charged: Credits
    /// The user's counter for the hold's API right after this: of the limit's current period, or
    /// of the user's lifetime where no limit is set.
    public var spent: Credits
    /// What was left right after it; nil where no limit is set.
    public var remaining: Credits?
    /// When it lapses, or would have.
    public var expiresAt: Timestamp
    /// The log index at which this was decided.
    public var index: LogIndex
    /// Whether it was decided earlier, and told to another request.
    public var replayed: Bool

    public init(
        hold: IdempotencyKey, standing: Standing, held: Credits, charged: Credits, spent: Credits,
        remaining: Credits?, expiresAt: Timestamp, index: LogIndex, replayed: Bool = false
    ) {
        self.hold = hold
        self.standing = standing
        self.held = held
        self.charged = charged
        self.spent = spent
        self.remaining = remaining
        self.expiresAt = expiresAt
        self.index = index
        self.replayed = replayed
    }
}
