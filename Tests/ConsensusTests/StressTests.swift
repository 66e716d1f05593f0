import Basics
import Foundation
import Testing

@testable import Consensus

/// Random runs with loss, repetition, reordering, partitions, crashes and lost unsynced writes.
@Suite struct StressTests {
    /// `STRESS_SEEDS=10000 swift test -c release --filter StressTests` plays more of them.
    static let seeds =
        ProcessInfo.processInfo.environment["STRESS_SEEDS"].flatMap { Int($0) } ?? 25

    /// One run: faults for a while, then peace, in which everything must settle.
    static func play(voters: Int, seed: UInt64) -> (world: World, rotten: Int) {
        let world = World(voters: voters, seed: seed)
        world.settings.snapshotChunkBytes = 64
        world.settings.retainedLogBytes = 200
        world.settings.maxInflightMessages = 4
        world.settings.maxUncommittedBytes = 2 << 20
        var generator = SeededGenerator(seed: seed)
        world.faults = Faults(generator: SeededGenerator(seed: seed ^ 0xfa17))
        world.startAll()
        var player = Player(world: world, generator: generator)
        for _ in 0..<90 {
            player.act()
            world.run(generator.between(.milliseconds(1), .milliseconds(120)))
        }
        world.checkLogsMatch()
        player.makePeace()
        world.run(.seconds(3))
        return (world, player.rotten)
    }

    @Test(arguments: [3, 5])
    func `random faults break no law, and peace restores service`(voters: Int) throws {
        var commits = 0
        var elections = 0
        var rotten = 0
        for seed in 1...UInt64(Self.seeds) {
            let (world, rot) = Self.play(voters: voters, seed: seed)
            let leader = try #require(world.leader, "seed \(seed): no leader in peace")
            world.propose(["last"], at: leader)
            world.run(.milliseconds(200))
            world.requestRead(.max, at: NodeID(1))
            world.run(.milliseconds(100))
            let committed = world.raft(leader).commitIndex
            #expect(committed == world.raft(leader).lastIndex, "seed \(seed)")
            for node in world.nodes {
                #expect(node.raft?.commitIndex == committed, "seed \(seed): \(node.id)")
            }
            #expect(world.readAnswers[.max] == .some(.some(committed)), "seed \(seed)")
            world.checkLogsMatch()
            commits += Int(committed.rawValue)
            elections += world.leaders.count
            rotten += rot
            #expect(world.nodes.allSatisfy { $0.standing.isWhole }, "seed \(seed)")
        }
        #expect(commits > Self.seeds * 20)
        #expect(elections > Self.seeds * 2)
        #expect(rotten > Self.seeds / 4)
    }
}

/// The hand that proposes, cuts, crashes and restarts.
struct Player {
    let world: World
    var generator: SeededGenerator
    var number: UInt64 = 0
    /// How often a disk has rotted.
    var rotten = 0

    mutating func anyone() -> NodeID {
        world.nodes[Int(generator.below(UInt64(world.nodes.count)))].id
    }

    mutating func act() {
        number += 1
        // Whoever leads is struck as often as all the others together.
        let node = generator.chance(1, in: 2) ? world.leader ?? anyone() : anyone()
        switch generator.below(20) {
        case 0..<8: propose(at: world.leader ?? node)
        case 8..<11: world.requestRead(number, at: deposed ?? node)
        case 11: crash(node)
        case 12, 13: restartOne()
        case 14: world.takeSnapshot(node)
        case 15: world.nodes[world.position(node)].isCut = true
        case 16, 17: for place in world.nodes.indices { world.nodes[place].isCut = false }
        case 18: oneOf(node)
        default: world.cuts = generator.chance(1, in: 2) ? [] : [(node, anyone())]
        }
    }

    /// A leader that doesn't know yet that there is another: the one to give a stale answer.
    private var deposed: NodeID? {
        let latest = world.leader
        return world.nodes.first { $0.raft?.isLeader == true && $0.id != latest }?.id
    }

    private mutating func propose(at node: NodeID) {
        let texts = (0...generator.below(3)).map { "\(number).\($0)" }
        world.propose(texts, at: node)
    }

    /// The voters as the leader knows them, or else as they were at first.
    private var voters: [NodeID] {
        world.leader.map { world.raft($0).configuration.voters } ?? world.configuration.voters
    }

    /// At most a minority is down at a time, as a majority down only waits.
    private mutating func crash(_ node: NodeID) {
        let down = voters.count { world.nodes[world.position($0)].raft == nil }
        guard down < voters.count / 2 || generator.chance(1, in: 4),
            world.nodes[world.position(node)].raft != nil
        else { return }
        world.crash(node, using: &generator)
    }

    /// Now and then the disk of one node has rotted while it was down: it has lost acknowledged
    /// entries and knows it. One at a time, so that a majority stays whole.
    private mutating func restartOne() {
        guard let down = world.nodes.first(where: { $0.raft == nil }) else { return }
        let place = world.position(down.id)
        if world.nodes.allSatisfy({ $0.standing.isWhole && hasManyVoters($0) }),
            generator.chance(1, in: 3),
            let last = down.disk.entries.last
        {
            let lost = 1 + generator.below(min(5, UInt64(down.disk.entries.count)))
            world.nodes[place].disk.entries.removeLast(Int(lost))
            world.nodes[place].standing =
                generator.chance(1, in: 2) ? .damaged : .inDoubt(term: last.term, index: last.index)
            rotten += 1
        }
        world.start(down.id)
    }

    private mutating func oneOf(_ node: NodeID) {
        switch generator.below(3) {
        case 0: world.step(node) { $0.transferLeadership(clock: $1, effects: &$2) }
        case 1:
            let isFull = generator.chance(1, in: 2)
            world.step(node) { $0.setDiskFull(isFull, clock: $1, effects: &$2) }
        default:
            let peer = anyone()
            world.step(node) { raft, _, _ in raft.peerReset(peer) }
        }
    }

    /// Whether two others could repair the node, whichever configuration of its log is in force.
    private func hasManyVoters(_ node: World.Node) -> Bool {
        let base = node.disk.snapshot?.configuration ?? world.configuration
        let logged = node.disk.entries.compactMap(\.configuration)
        let running = node.raft?.possibleConfigurations ?? []
        return ([base] + logged + running).allSatisfy { $0.voters.isEmpty || $0.voters.count > 2 }
    }

    mutating func makePeace() {
        world.faults = nil
        world.cuts = []
        for node in world.nodes {
            world.nodes[world.position(node.id)].isCut = false
            if node.raft == nil { world.start(node.id) }
            world.step(node.id) { $0.setDiskFull(false, clock: $1, effects: &$2) }
        }
    }
}
