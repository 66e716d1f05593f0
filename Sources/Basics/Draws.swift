/// Draws from a range, the same on every machine and in every version of the standard library,
/// whose own methods don't promise that.
extension RandomNumberGenerator {
    /// A number in `0..<bound`, each equally likely (Lemire, "Fast Random Integer Generation in
    /// an Interval", 2019). Requires a bound above zero.
    @inlinable
    public mutating func below(_ bound: UInt64) -> UInt64 {
        precondition(bound > 0, "nothing is below zero")
        var product = next().multipliedFullWidth(by: bound)
        if product.low < bound {
            let threshold = (0 &- bound) % bound
            while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
        }
        return product.high
    }

    /// True `numerator` times in `denominator`.
    @inlinable
    public mutating func chance(_ numerator: UInt64, in denominator: UInt64) -> Bool {
        below(denominator) < numerator
    }

    /// A length of time from `shortest` to `longest`, both included.
    @inlinable
    public mutating func between(_ shortest: Duration, _ longest: Duration) -> Duration {
        precondition(shortest <= longest, "the shortest is longer than the longest")
        let width = UInt64(bitPattern: longest.nanoseconds &- shortest.nanoseconds)
        let draw = width == .max ? next() : below(width + 1)
        return Duration(nanoseconds: shortest.nanoseconds &+ Int64(bitPattern: draw))
    }
}
