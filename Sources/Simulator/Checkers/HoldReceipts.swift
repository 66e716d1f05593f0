import Basics
import Keyring

/// What was answered about each hold, one answer held against another:
///
/// - it is placed once, for what was asked, and lapses when its time-out says;
/// - it ends once, settled or voided, and no more is charged than it holds;
/// - whoever asks for either once more is told the same.
///
/// What is answered is remembered for good: no run is as long as ids and ended holds are.
struct HoldReceipts {
    private struct Name: Hashable {
        var account: AccountID
        var hold: IdempotencyKey
    }

    private var placed: [Name: HoldReceipt] = [:]
    private var ended: [Name: HoldReceipt] = [:]
    /// Now, for what is found.
    private var now = Instant.zero

    /// The entry at `index` was answered so; `time` is log time there.
    mutating func note(
        _ receipt: HoldReceipt, to command: HoldCommand, in account: AccountID,
        at index: LogIndex, _ time: Timestamp, _ now: Instant
    ) throws(Violation) {
        self.now = now
        let name = Name(account: account, hold: command.hold)
        guard receipt.hold == command.hold else {
            throw violation("a hold is answered by its own id", receipt, index)
        }
        switch command {
        case .place(let new):
            if let first = placed[name] {
                return try compare(receipt, with: first, "a hold is placed once", index)
            }
            guard isFirst(receipt, new, index, time) else {
                throw violation("a hold is placed as was asked", receipt, index)
            }
            placed[name] = receipt
        case .settle(let settlement):
            try end(name, receipt, .settled, charging: settlement.credits, index)
        case .void:
            try end(name, receipt, .voided, charging: 0, index)
        }
    }

    private func isFirst(
        _ receipt: HoldReceipt, _ new: NewHold, _ index: LogIndex, _ time: Timestamp
    ) -> Bool {
        receipt.standing == .open && receipt.held.rawValue == new.credits
            && receipt.charged == .zero && receipt.index == index && !receipt.replayed
            && receipt.expiresAt == time + .seconds(Int64(new.timeoutSeconds))
    }

    private mutating func end(
        _ name: Name, _ receipt: HoldReceipt, _ standing: HoldReceipt.Standing,
        charging credits: UInt64, _ index: LogIndex
    ) throws(Violation) {
        guard let begun = placed[name] else {
            throw violation("a hold that ends was placed", receipt, index)
        }
        guard receipt.standing == standing, receipt.held == begun.held,
            receipt.expiresAt == begun.expiresAt, receipt.charged.rawValue == credits
        else { throw violation("a hold ends as was asked", receipt, index) }
        guard receipt.charged <= begun.held else {
            throw violation("no more is charged than is held", receipt, index)
        }
        if let first = ended[name] {
            return try compare(receipt, with: first, "a hold ends once", index)
        }
        guard receipt.index == index, !receipt.replayed else {
            throw violation("a hold ends where its receipt says", receipt, index)
        }
        ended[name] = receipt
    }

    private func compare(
        _ receipt: HoldReceipt, with first: HoldReceipt, _ law: String, _ index: LogIndex
    ) throws(Violation) {
        var known = first
        known.replayed = receipt.replayed
        guard known == receipt else {
            throw violation(law, receipt, index, "; first \(first.brief)")
        }
    }

    private func violation(
        _ law: String, _ receipt: HoldReceipt, _ index: LogIndex, _ more: String = ""
    ) -> Violation {
        Violation(
            kind: .safety, law: law, detail: "#\(index): \(receipt.hold) \(receipt.brief)\(more)",
            time: now)
    }
}
