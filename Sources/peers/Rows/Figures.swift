/// What one turn of one contender has shown; nil is what wasn't measured.
struct Figures {
    var perSecond: Double?
    /// Latencies in microseconds.
    var p50: Double?
    var p99: Double?
    var p99_9: Double?
    /// Of the server, in microseconds for each answer.
    var processorTime: Double?
    /// Requests a second as `wrk` counts them.
    var perSecondByWrk: Double?
    var answers = 0
    /// Of refusals and broken connections, which are in none of the others.
    var errors = 0
    /// The part of a processor that the load took for itself.
    var loaderShare: Double?
}

/// The medians of one contender's turns.
struct Medians {
    var turns: [Figures] = []
    /// Why there are none, or fewer than there should be.
    var trouble: String?

    var errors: Int { turns.map(\.errors).reduce(0, +) }

    static func errorNote(_ name: String, _ count: Int, _ work: String) -> String {
        "\(name) had \(count.grouped) errors in “\(work)”, which are in no figure"
    }

    subscript(figure: KeyPath<Figures, Double?>) -> Double? {
        turns.compactMap { $0[keyPath: figure] }.median
    }
}
