import Basics

// Faults that make use of each other: what takes several things at once to go wrong, and would
// hardly ever be met by faults that know nothing of one another.
extension FaultPlan {
    /// Clocks are off from the beginning: mostly by what a time service leaves, at times by as much
    /// as nobody has looked at them.
    mutating func planOffsets() {
        for node in nodes {
            let bound: Duration = random.chance(1, in: 6) ? .seconds(7_200) : .milliseconds(200)
            let offset = random.between(.zero - bound, bound)
            offsets[node] = offset
            plan(.clockOffset, at: .zero, [.shiftWallClock(node, by: offset)])
        }
    }

    /// What one node is sent takes long, then what it sends is lost: if it leads, the others choose
    /// another leader while the answers under way still tell it that they follow.
    mutating func drawLateAnswers(at: Instant) {
        let node = pick()
        let others = nodes.filter { $0 != node }
        let lag = random.between(.milliseconds(300), .milliseconds(1_500))
        let length = random.between(.seconds(2), .seconds(8))
        plan(
            .lateAnswers, at: at, others.map { .clog(from: $0, to: node, by: lag) },
            repairs: others.map { .clog(from: $0, to: node, by: .zero) }, lasting: length)
        plan(
            .lateAnswers, at: at + lag + random.between(.zero, .milliseconds(300)),
            others.map { .cut(from: node, to: $0) },
            repairs: others.map { .mend(from: node, to: $0) }, lasting: length)
    }

    /// A node has no room for entries, but hears the leader and says so; and what the others agree
    /// on takes them time.
    mutating func drawFullDiskAmongSlow(at: Instant, lasting: Duration) {
        let node = pick()
        let others = nodes.filter { $0 != node }
        let lag = random.between(.milliseconds(60), .milliseconds(150))
        let slow = others.flatMap { one in others.filter { $0 != one }.map { (one, $0) } }
        plan(
            .fullDisk, at: at,
            [.fillDisk(node)] + slow.map { .clog(from: $0, to: $1, by: lag) },
            repairs: [.makeRoom(node)] + slow.map { .clog(from: $0, to: $1, by: .zero) },
            lasting: max(lasting, .seconds(3)))
    }

    /// A part of the nodes is cut off and lags behind. Then one of the rest loses what it has
    /// acknowledged, and while those that hold it as well are away, the ones that lag ask for its
    /// vote.
    mutating func drawForgetting(
        _ kind: FaultKind, at: Instant, _ victim: NodeID, by loss: [Fault]
    ) {
        guard nodes.count > 2 else { return }
        var others = nodes.filter { $0 != victim }
        if random.chance(1, in: 2) { others.reverse() }
        let lagging = Array(others.prefix(others.count / 2))
        let holding = Array(others.dropFirst(others.count / 2))
        let length = random.between(.milliseconds(500), .seconds(3))
        let pairs = lagging.flatMap { one in (holding + [victim]).map { (one, $0) } }
        plan(
            kind, at: at,
            pairs.flatMap { [.cut(from: $0, to: $1), .cut(from: $1, to: $0)] },
            repairs: pairs.flatMap { [.mend(from: $0, to: $1), .mend(from: $1, to: $0)] },
            lasting: length)
        let end = at + length
        plan(
            kind, at: end, holding.map { .crash($0, losingPower: false) } + loss,
            repairs: holding.map { .restart($0) },
            lasting: random.between(.seconds(3), .seconds(8)))
    }
}
