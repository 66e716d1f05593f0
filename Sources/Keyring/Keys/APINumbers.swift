/// What keys open, as numbers of 16 bits: an API that was numbered once stays so.
///
/// A cluster has had at most `Bounds.apisEver`.
struct APINumbers: Sendable {
    private var apis: [API] = []

    subscript(number: UInt16) -> API { apis[Int(number)] }

    /// Nil for one more than a cluster ever has: of those only a stranger's state can have keys.
    mutating func number(of api: API) -> UInt16? {
        if let known = apis.firstIndex(of: api) { return UInt16(known) }
        guard apis.count < Bounds.apisEver else { return nil }
        apis.append(api)
        return UInt16(apis.count - 1)
    }
}
