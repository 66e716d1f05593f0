import Basics

// Time in the log: the leader stamps the lower median of a majority's wall clocks, so that no
// single wrong clock can move it, and never goes back. Clocks decide nothing else.
extension Raft {
    /// Wall clocks beyond the year 9999 or before 1970 aren't clocks.
    static let plausibleClocks =
        Timestamp.epoch...Timestamp(milliseconds: 253_402_300_799_999)

    enum ClockAgreement: Hashable {
        /// The lower median of the clocks known, a majority of them close to it.
        case agreed(Timestamp)
        /// A majority's clocks are known, and too far apart.
        case disagreed
        /// Fewer than a majority's clocks are known: a new leader, or one about to step down.
        case unknown
    }

    /// What the voters' clocks, brought forward to now, say together.
    var clockAgreement: ClockAgreement {
        guard case .leader(let leading) = state else { return .unknown }
        var estimates: [Timestamp] = []
        for voter in configuration.voters {
            if let estimate = clockEstimate(of: voter, leading) { estimates.append(estimate) }
        }
        return Raft.agreement(
            among: estimates, majority: configuration.majority, within: settings.clockTolerance)
    }

    /// The rule alone: a majority of all voters must lie within the tolerance of the lower median
    /// of the clocks known.
    static func agreement(
        among estimates: [Timestamp], majority: Int, within tolerance: Duration
    ) -> ClockAgreement {
        guard estimates.count >= majority else { return .unknown }
        let median = estimates.sorted()[(estimates.count - 1) / 2]
        let close = estimates.count { estimate in
            let distance = estimate - median
            return distance <= tolerance && distance >= tolerance * -1
        }
        return close >= majority ? .agreed(median) : .disagreed
    }

    private func clockEstimate(of voter: NodeID, _ leading: Leadership) -> Timestamp? {
        let estimate: Timestamp
        if voter == id {
            estimate = clock.wall
        } else {
            guard let (wall, at) = leading.progress(of: voter)?.clock,
                clock.now - at <= settings.clockFreshness
            else { return nil }
            estimate = wall + (clock.now - at)
        }
        return Raft.plausibleClocks.contains(estimate) ? estimate : nil
    }

    /// The time for entries appended now: without agreement the last stamp, moved on by the
    /// leader's monotonic clock.
    mutating func stampTime() -> Timestamp {
        let time = stamp
        leadership.timeBase = (time, clock.now)
        return time
    }

    private var stamp: Timestamp {
        let base = leadership.timeBase
        return switch clockAgreement {
        case .agreed(let median): max(lastLogTime, median)
        case .disagreed, .unknown: max(lastLogTime, base.time + (clock.now - base.at))
        }
    }

    /// The time that an entry appended at the last clock reading would bear; nil unless leader.
    public var logTimeNow: Timestamp? { isLeader ? stamp : nil }

    /// Raises and clears the flag that clocks disagree, at each heartbeat; too few clocks change
    /// nothing.
    mutating func updateClockAgreement(_ effects: inout [RaftEffect]) {
        let disagree: Bool
        switch clockAgreement {
        case .agreed: disagree = false
        case .disagreed: disagree = true
        case .unknown: return
        }
        guard disagree != leadership.clocksDisagree else { return }
        leadership.clocksDisagree = disagree
        effects.append(.clockDisagreement(disagree))
    }
}
