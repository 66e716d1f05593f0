import Basics

/// Draws the faults of a run: what strikes when, whom, and for how long.
struct FaultPlan {
    private let options: SimulationOptions
    private let founders: [NodeID]
    /// Those who may join, in the order in which they do.
    private var joiners: [NodeID]
    /// Everybody who may ever run.
    let nodes: [NodeID]
    /// Whose disks may be damaged.
    let victims: [NodeID]
    var random: SeededGenerator
    private var planned: [PlannedFault] = []
    /// What the wall clocks are off by when nothing else has shifted them.
    var offsets: [NodeID: Duration] = [:]

    /// In the order of their times.
    static func draw(_ options: SimulationOptions, seed: UInt64) -> [PlannedFault] {
        var plan = FaultPlan(options, seed: seed)
        for kind in FaultKind.allCases { plan.draw(kind) }
        return plan.planned.sorted { $0.at < $1.at }
    }

    private init(_ options: SimulationOptions, seed: UInt64) {
        self.options = options
        var random = SeededGenerator(seed: seed)
        let founders = (1...options.nodes).map { NodeID(UInt32($0)) }
        // A node that is never healed is the one that may be damaged, too: the rest must do.
        let drawn = Int(random.below(UInt64(founders.count)))
        let first = options.brokenForEver.map { Int($0.rawValue) - 1 } ?? drawn
        victims = (0..<options.damagedMachines).map { founders[(first + $0) % founders.count] }
        self.founders = founders
        joiners = (0..<options.joiners).map { NodeID(UInt32(options.nodes + $0 + 1)) }
        nodes = founders + joiners
        self.random = random
    }

    private mutating func draw(_ kind: FaultKind) {
        guard let pause = options.pauses[kind] else { return }
        // Clocks have drifted, and are off, before anything else happens.
        if kind == .drift { for node in nodes { plan(kind, at: .zero, drift(of: node)) } }
        if kind == .clockOffset { return planOffsets() }
        var at = Instant.zero + random.between(.zero, pause * 2)
        while at < .zero + options.safetyPhase {
            drawOne(kind, at: at)
            at = at + random.between(.milliseconds(1), pause * 2)
        }
    }

    mutating func plan(
        _ kind: FaultKind, at: Instant, _ faults: [Fault], repairs: [Fault] = [],
        lasting: Duration = .zero
    ) {
        planned.append(
            PlannedFault(kind: kind, at: at, faults: faults, repairs: repairs, lasting: lasting))
    }

    private mutating func drawOne(_ kind: FaultKind, at: Instant) {
        switch kind {
        case .cut, .oneWayCut, .bridge, .ring, .clog, .narrow, .reset, .corrupt, .replay:
            drawNetwork(kind, at: at)
        case .lateAnswers: drawLateAnswers(at: at)
        case .crash, .powerLoss, .crashAll, .crashAmidEffects, .crashAmidWrite, .pause,
            .stop:
            drawProcess(kind, at: at)
        case .slowDisk, .hungDisk, .fullDisk, .diskError, .rot, .rottenTail,
            .misread, .misdirect, .wipe:
            drawDisk(kind, at: at)
        case .wallClock:
            let node = pick()
            let shift = random.between(.seconds(-30), .seconds(30))
            let usual = offsets[node] ?? .zero
            plan(
                kind, at: at, [.shiftWallClock(node, by: usual + shift)],
                repairs: [.shiftWallClock(node, by: usual)], lasting: drawLasting(.seconds(20)))
        case .clockOffset: break
        case .drift:
            plan(kind, at: at, drift(of: pick()))
        case .join:
            guard !joiners.isEmpty else { return }
            let node = joiners.removeFirst()
            // Some remain learners.
            plan(
                kind, at: at, [.join(node), .add(node)],
                repairs: random.chance(4, in: 5) ? [.promote(node)] : [],
                lasting: drawLasting(.seconds(5)))
        case .removal:
            plan(kind, at: at, [.remove(pick())])
        }
    }

    /// One of the first nodes more often than one that may not have joined yet.
    mutating func pick() -> NodeID {
        guard nodes.count > founders.count, random.chance(1, in: 3) else {
            return founders[Int(random.below(UInt64(founders.count)))]
        }
        return nodes[Int(random.below(UInt64(nodes.count)))]
    }

    private mutating func pickPair() -> (NodeID, NodeID) {
        let first = Int(random.below(UInt64(nodes.count)))
        let second = (first + 1 + Int(random.below(UInt64(nodes.count - 1)))) % nodes.count
        return (nodes[first], nodes[second])
    }

    /// Mostly short, at times nearly as long as it may be.
    mutating func drawLasting(_ longest: Duration) -> Duration {
        let bound = random.chance(1, in: 3) ? longest.nanoseconds : longest.nanoseconds / 10
        return random.between(.milliseconds(1), .nanoseconds(bound))
    }

    private mutating func drift(of node: NodeID) -> [Fault] {
        // The ends of the bound are the hardest; in between everything else.
        let bound = options.driftBound
        let rate: Int64 =
            switch random.below(4) {
            case 0: bound
            case 1: -bound
            default: Int64(random.below(UInt64(2 * bound + 1))) - bound
            }
        return [.driftClock(node, partsPerMillion: rate)]
    }
}

// Kind by kind.
extension FaultPlan {
    private mutating func drawNetwork(_ kind: FaultKind, at: Instant) {
        let (from, to) = pickPair()
        switch kind {
        case .cut, .bridge, .ring:
            let pairs = kind == .cut ? drawCut() : kind == .bridge ? drawBridge() : drawRing()
            plan(
                kind, at: at, pairs.map { .cut(from: $0.0, to: $0.1) },
                repairs: pairs.map { .mend(from: $0.0, to: $0.1) },
                lasting: drawLasting(.seconds(20)))
        case .oneWayCut:
            plan(
                kind, at: at, [.cut(from: from, to: to)], repairs: [.mend(from: from, to: to)],
                lasting: drawLasting(.seconds(20)))
        case .clog:
            plan(
                kind, at: at,
                [.clog(from: from, to: to, by: random.between(.milliseconds(20), .seconds(2)))],
                repairs: [.clog(from: from, to: to, by: .zero)], lasting: drawLasting(.seconds(15))
            )
        case .narrow:
            let rate = Int(20_000 + random.below(200_000))
            plan(
                kind, at: at, [.narrow(from: from, to: to, bytesPerSecond: rate)],
                repairs: [.widen(from: from, to: to)], lasting: drawLasting(.seconds(15)))
        case .reset: plan(kind, at: at, [.reset(from)])
        case .corrupt: plan(kind, at: at, [.corrupt(from: from, to: to)])
        default: plan(kind, at: at, [.replay(from: from, to: to)])
        }
    }

    /// The directions that a partition cuts: a node off, two nodes apart, or two sides apart.
    private mutating func drawCut() -> [(NodeID, NodeID)] {
        let shape = random.below(3)
        let chosen = Int(random.below(UInt64(nodes.count)))
        switch shape {
        case 0: return directions(between: nodes.indices.map { $0 == chosen ? 1 : 0 })
        case 1:
            let (one, other) = pickPair()
            return directions(between: nodes.map { $0 == one ? 0 : $0 == other ? 1 : 2 })
        default: return directions(between: nodes.map { _ in Int(random.below(2)) })
        }
    }

    /// Two sides, with a node that reaches both.
    private mutating func drawBridge() -> [(NodeID, NodeID)] {
        let bridge = Int(random.below(UInt64(nodes.count)))
        let turn = Int(random.below(2))
        var sides = nodes.indices.map { (($0 + turn) % nodes.count) % 2 }
        sides[bridge] = 2
        // With neither side empty.
        let others = nodes.indices.filter { $0 != bridge }
        if let first = others.first, let last = others.last { (sides[first], sides[last]) = (0, 1) }
        return directions(between: sides)
    }

    /// Each node is cut off from all but the two beside it; where that cuts nothing, each sends
    /// one way round only.
    private mutating func drawRing() -> [(NodeID, NodeID)] {
        var ring = nodes
        for position in ring.indices.dropLast() {
            let left = UInt64(ring.count - position)
            ring.swapAt(position, position + Int(random.below(left)))
        }
        var pairs: [(NodeID, NodeID)] = []
        for (one, from) in ring.enumerated() {
            for (other, to) in ring.enumerated() where one != other {
                let step = (other - one + ring.count) % ring.count
                let isKept = step == 1 || ring.count > 3 && step == ring.count - 1
                if !isKept { pairs.append((from, to)) }
            }
        }
        return pairs
    }

    /// Both directions between the sides 0 and 1; who is on another side is cut off from nobody.
    private func directions(between sides: [Int]) -> [(NodeID, NodeID)] {
        var pairs: [(NodeID, NodeID)] = []
        for (one, side) in zip(nodes, sides) where side == 0 {
            for (other, otherSide) in zip(nodes, sides) where otherSide == 1 {
                pairs += [(one, other), (other, one)]
            }
        }
        return pairs
    }

    private mutating func drawProcess(_ kind: FaultKind, at: Instant) {
        let node = pick()
        // Now and then long enough for the others to cut their logs meanwhile.
        let lasting = drawLasting(.seconds(20))
        switch kind {
        case .crash, .powerLoss:
            plan(
                kind, at: at, [.crash(node, losingPower: kind == .powerLoss)],
                repairs: [.restart(node)], lasting: lasting)
        case .crashAll:
            let losingPower = random.chance(3, in: 4)
            plan(
                kind, at: at, nodes.map { .crash($0, losingPower: losingPower) },
                repairs: nodes.map { .restart($0) }, lasting: drawLasting(.seconds(2)))
        case .crashAmidEffects:
            plan(
                kind, at: at, [.crashAmidEffects(node, after: Int(random.below(6)))],
                repairs: [.restart(node)], lasting: drawLasting(.seconds(5)))
        case .crashAmidWrite:
            let part = WrittenPart.allCases[Int(random.below(2))]
            plan(
                kind, at: at, [.crashAmidWrite(node, of: part)], repairs: [.restart(node)],
                lasting: random.between(.seconds(1), .seconds(12)))
        case .pause:
            plan(kind, at: at, [.pause(node)], repairs: [.resume(node)], lasting: lasting)
        default:
            // A stop takes its time; the process must have ended by then.
            plan(
                kind, at: at, [.stop(node)], repairs: [.restart(node)],
                lasting: random.between(.seconds(15), .seconds(18)))
        }
    }

    private mutating func drawDisk(_ kind: FaultKind, at: Instant) {
        let node = pick()
        let lasting = drawLasting(.seconds(15))
        switch kind {
        case .slowDisk:
            // About as long as an election, so that votes come when the next one is held; or
            // longer.
            let lag =
                random.chance(1, in: 2)
                ? random.between(.milliseconds(100), .milliseconds(900))
                : random.between(.milliseconds(5), .seconds(8))
            plan(
                kind, at: at, [.slowDisk(node, by: lag)],
                repairs: [.slowDisk(node, by: .zero)], lasting: lasting)
        case .hungDisk:
            // Until a supervisor would give up, or for minutes.
            let longest = random.chance(1, in: 2) ? Duration.seconds(10) : .seconds(180)
            plan(
                kind, at: at, [.hangDisk(node)], repairs: [.freeDisk(node)],
                lasting: random.between(.milliseconds(200), longest))
        case .fullDisk where random.chance(1, in: 2):
            drawFullDiskAmongSlow(at: at, lasting: lasting)
        case .fullDisk:
            plan(kind, at: at, [.fillDisk(node)], repairs: [.makeRoom(node)], lasting: lasting)
        case .diskError:
            plan(
                kind, at: at, [.failDisk(node)], repairs: [.restart(node)],
                lasting: random.between(.seconds(1), .seconds(4)))
        default:
            drawDamage(kind, at: at)
        }
    }

    /// Somebody formats the directory anew under the node's old id, as nobody should, or removes
    /// the node, as nodes should, or neither.
    private mutating func drawWipesEnd(_ victim: NodeID) -> [Fault] {
        if random.chance(1, in: 2) { return [.reformat(victim)] }
        return options.pauses[.removal] == nil ? [] : [.remove(victim)]
    }

    private mutating func drawDamage(_ kind: FaultKind, at: Instant) {
        guard !victims.isEmpty else { return }
        let victim = victims[Int(random.below(UInt64(victims.count)))]
        if kind == .wipe, random.chance(1, in: 2) {
            return drawForgetting(
                kind, at: at, victim, by: [.wipe(victim), .reformat(victim)])
        }
        if kind == .rottenTail {
            return drawForgetting(
                kind, at: at, victim,
                by: [.crash(victim, losingPower: false), .rotTail(victim), .restart(victim)])
        }
        guard kind != .wipe else {
            return plan(
                kind, at: at, [.wipe(victim)],
                repairs: drawWipesEnd(victim),
                lasting: random.between(.milliseconds(10), .seconds(2)))
        }
        let damage: Fault =
            switch kind {
            case .rot: random.chance(1, in: 3) ? .rotTail(victim) : .rot(victim)
            case .misread: .misread(victim)
            default: .misdirect(victim)
            }
        // Damage shows when a process reads the directory anew.
        guard random.chance(2, in: 3) else { return plan(kind, at: at, [damage]) }
        plan(
            kind, at: at, [damage], repairs: [.crash(victim, losingPower: true), .restart(victim)],
            lasting: random.between(.milliseconds(1), .seconds(1)))
    }
}
