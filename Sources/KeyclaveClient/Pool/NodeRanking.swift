import Basics

/// Which of the nodes is asked first, and which after it.
///
/// Laws: every node stands in the order once; one in trouble stands behind all that aren't; among
/// equals the list decides, or by `nearest` what was measured. The first by measure stays first
/// until another is faster by a fifth and by more than `indifference`: two nodes that are as near
/// don't take turns, and connections stay where they are.
struct NodeRanking: Sendable {
    struct Node: Sendable {
        /// Smoothed; nil before the first measure.
        var roundTrip: Duration?
        /// Until then it isn't asked while another is left.
        var troubledUntil = Instant(nanoseconds: .min)
    }

    let preference: Keyclave.NodeOrder
    private(set) var nodes: [Node]
    /// The node that was measured to be nearest.
    private var nearest: Int?

    static let indifference = Duration.microseconds(200)

    init(count: Int, preference: Keyclave.NodeOrder) {
        self.preference = preference
        nodes = Array(repeating: Node(), count: count)
    }

    /// The node answered that it can serve, after so long.
    mutating func note(_ place: Int, answeredAfter time: Duration) {
        nodes[place].troubledUntil = Instant(nanoseconds: .min)
        let smoothed = nodes[place].roundTrip.map { past in
            Duration(nanoseconds: past.nanoseconds - past.nanoseconds / 4 + time.nanoseconds / 4)
        }
        nodes[place].roundTrip = smoothed ?? time
        reconsiderNearest()
    }

    /// The node gave no answer that can be used.
    mutating func noteTrouble(_ place: Int, until end: Instant) {
        nodes[place].troubledUntil = max(nodes[place].troubledUntil, end)
    }

    func order(at now: Instant) -> [Int] {
        let listed =
            switch preference {
            case .listed: Array(nodes.indices)
            case .nearest: nodes.indices.sorted(by: isNearer)
            }
        let serving = listed.filter { nodes[$0].troubledUntil <= now }
        return serving + listed.filter { nodes[$0].troubledUntil > now }
    }

    private func isNearer(_ one: Int, _ other: Int) -> Bool {
        if one == nearest || other == nearest { return one == nearest && other != nearest }
        let times = (nodes[one].roundTrip, nodes[other].roundTrip)
        switch times {
        case (let a?, let b?): return a == b ? one < other : a < b
        case (nil, _?): return false
        case (_?, nil): return true
        case (nil, nil): return one < other
        }
    }

    private mutating func reconsiderNearest() {
        let measured = nodes.indices.compactMap { place in
            nodes[place].roundTrip.map { (time: $0, place: place) }
        }
        guard let best = measured.min(by: { ($0.time, $0.place) < ($1.time, $1.place) }) else {
            return
        }
        if let nearest, let present = nodes[nearest].roundTrip {
            let isClearlyFaster =
                best.time * 5 < present * 4 && present - best.time > NodeRanking.indifference
            guard isClearlyFaster else { return }
        }
        nearest = best.place
    }
}
