import Basics
import Foundation

/// The line that tells how far a campaign is: rewritten in place on a terminal, a line a minute
/// anywhere else.
struct CampaignProgress {
    private let total: UInt64
    private let start = Date()
    private var last = Date()
    private var isShown = false
    private let isTerminal = isatty(2) == 1

    init(total: UInt64) { self.total = total }

    var elapsed: Double { max(Date().timeIntervalSince(start), 0.001) }

    mutating func show(_ tally: CampaignTally) {
        let now = Date()
        guard now.timeIntervalSince(last) >= (isTerminal ? 0.2 : 60) else { return }
        last = now
        let line = Self.line(tally, total: total, seconds: elapsed)
        if isTerminal {
            Console.write("\r\u{1B}[K\(line)", to: .standardError)
            isShown = true
        } else {
            Console.complain(line)
        }
    }

    mutating func clear() {
        guard isShown else { return }
        Console.write("\r\u{1B}[K", to: .standardError)
        isShown = false
    }

    static func line(_ tally: CampaignTally, total: UInt64, seconds: Double) -> String {
        let virtual = Double(tally.virtualTime.milliseconds) / 1_000
        let hours = String(format: "%.1f", virtual / 3_600)
        let speed = Int(virtual / seconds)
        return "\(tally.seeds) of \(total) seeds · \(hours) h simulated, \(speed) × real time · "
            + "\(Int(Double(tally.events) / seconds).grouped) events/s · "
            + "\(tally.faultsStruck.grouped) faults · \(tally.failures.count) failed"
    }
}

extension Int {
    /// With a narrow gap between thousands.
    var grouped: String {
        let digits = String(magnitude)
        var text = self < 0 ? "-" : ""
        for (position, digit) in digits.enumerated() {
            if position > 0, (digits.count - position).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }
}
