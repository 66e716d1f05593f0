import Basics
import Keyring
import Replica

/// What a history tells of a hold, and of when it lapses.
struct HoldTimes {
    var hold: KeyDirectory.Hold
    /// When the first who asked for it did, and for how long.
    var invoked: Instant?
    var timeoutSeconds: UInt64?
    /// Where it was placed, as its placing was answered.
    var placedAt: LogIndex?
    /// When it lapses, as its end was answered.
    var told: Timestamp?

    /// Its time-out after it was placed; where nobody was told of that, what others were told, if
    /// the log has the time that makes it true.
    func terms(_ dates: LogDates) -> CreditModel.HoldTerms {
        var terms = CreditModel.HoldTerms(id: hold.id)
        guard let timeoutSeconds else { return terms }
        let timeout = Duration.seconds(Int64(timeoutSeconds))
        func isTrue(_ told: Timestamp) -> Bool {
            let placed = told + .seconds(-Int64(timeoutSeconds))
            return dates.firstIndex(at: placed).flatMap { dates.time(at: $0) } == placed
        }
        if let placedAt {
            terms.expiresAt = dates.time(at: placedAt).map { $0 + timeout }
        } else if let told, isTrue(told) {
            terms.expiresAt = told
        }
        return terms
    }
}

extension ObjectHistory where Call == CreditModel.Call {
    /// The number of a hold of this history.
    mutating func number(of hold: KeyDirectory.Hold) -> Int {
        if let known = holds.firstIndex(where: { $0.hold == hold }) { return known }
        holds.append(HoldTimes(hold: hold))
        return holds.count - 1
    }

    /// With the lapses of its holds as calls of their own: that log time has reached the time-out.
    func lapsingHolds(_ dates: LogDates, _ moments: LogMoments) -> ObjectHistory {
        var history = self
        for (number, times) in holds.enumerated() {
            guard let invoked = times.invoked else { continue }
            var interval: (begin: Instant, end: Instant?) = (invoked, nil)
            if let expiry = times.terms(dates).expiresAt {
                // The log may have ended before.
                guard let index = dates.firstIndex(at: expiry) else { continue }
                interval = moments.interval(of: index, since: invoked)
            }
            let lapse = KeyclaveCall(action: CreditModel.Action.hold(.lapse(number)), id: nil)
            history.calls.append(
                TimedCall(
                    call: CreditModel.Call(keyclave: lapse, date: nil), result: nil,
                    invoked: interval.begin, returned: interval.end))
            history.deeds.append(nil)
        }
        return history
    }
}

extension HoldReceipt {
    /// The day on which an answer was decided that isn't an earlier one's.
    func date(_ dates: LogDates) -> Int? { replayed ? nil : dates.position(of: index) }
}
