import Basics
import Keyring
import Replica

/// What a history tells of when a hold lapses.
struct HoldTimes {
    var hold: KeyDirectory.Hold
    /// When the first who asked for it did.
    var invoked: Instant?
    /// As an answer says; nil if none came.
    var expiresAt: Timestamp?
}

extension ObjectHistory where Call == CreditModel.Call {
    /// The number of a hold of this history.
    mutating func number(of hold: KeyDirectory.Hold) -> Int {
        if let known = holds.firstIndex(where: { $0.hold == hold }) { return known }
        holds.append(HoldTimes(hold: hold))
        return holds.count - 1
    }

    /// With the lapses of its holds as calls of their own: that log time has reached the time-out.
    func lapsingHolds(_ dates: LogDates, _ decided: [LogIndex?]) -> ObjectHistory {
        var history = self
        for (number, times) in holds.enumerated() {
            guard let invoked = times.invoked else { continue }
            var interval: (begin: Instant, end: Instant?) = (invoked, nil)
            if let expiry = times.expiresAt {
                // The log may have ended before.
                guard let index = dates.firstIndex(at: expiry) else { continue }
                interval = lapse(at: index, since: invoked, decided)
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

    /// After all calls decided before that index were invoked, and before the first that was
    /// decided there or later returned.
    private func lapse(
        at index: LogIndex, since invoked: Instant, _ decided: [LogIndex?]
    ) -> (begin: Instant, end: Instant?) {
        var begin = invoked
        var end: Instant?
        for (call, decided) in zip(calls, decided) {
            guard let decided else { continue }
            if decided < index {
                begin = max(begin, call.invoked)
            } else if let returned = call.returned {
                end = min(end ?? returned, returned)
            }
        }
        if let latest = end, latest < begin { end = nil }
        return (begin, end)
    }
}

extension ObjectHistory where Call == CreditModel.Call {
    /// The log index at which each call was decided, where an answer tells.
    var decisions: [LogIndex?] {
        calls.map { call in
            switch call.result {
            case .charge(.charged(let receipt))? where !receipt.replayed: receipt.index
            case .outcome(.held(let receipt))? where !receipt.replayed: receipt.index
            default: nil
            }
        }
    }
}

extension HoldReceipt {
    /// The day on which an answer was decided that isn't an earlier one's.
    func date(_ dates: LogDates) -> Int? { replayed ? nil : dates.position(of: index) }
}
