import Foundation

extension Int {
    /// With a comma after each thousand.
    var grouped: String {
        var digits = String(magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (self < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }
}

extension Double {
    /// With three digits that say something.
    var brief: String {
        switch magnitude {
        case 1_000...: Int(rounded()).grouped
        case 100...: String(format: "%.0f", self)
        default: String(format: "%.3g", self)
        }
    }
}

extension Sequence<Double> {
    /// The middle one, or the mean of the two in the middle; nil of none.
    var median: Double? {
        let ordered = sorted()
        guard !ordered.isEmpty else { return nil }
        let middle = ordered.count / 2
        return ordered.count % 2 == 1
            ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2
    }
}

extension String {
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }
}
