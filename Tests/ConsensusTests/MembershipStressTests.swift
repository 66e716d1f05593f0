import Basics
import Testing

@testable import Consensus

/// Random runs as in `StressTests`, in which nodes also join, are promoted and are removed.
@Suite struct MembershipStressTests {
    /// No more nodes than that ever exist.
    static let nodeLimit = 9

    /// One run: faults and changes for a while, then peace.
    static func play(voters: Int, seed: UInt64) -> (world: World, changes: Int) {
        let world = World(voters: voters, seed: seed)
        world.settings.snapshotChunkBytes = 64
        world.settings.retainedLogBytes = 200
        world.settings.maxInflightMessages = 4
        world.settings.maxUncommittedBytes = 8 << 20
        var generator = SeededGenerator(seed: seed)
        world.faults = Faults(generator: SeededGenerator(seed: seed ^ 0xfa17))
        world.startAll()
        var player = Player(world: world, generator: generator)
        var changes = 0
        for _ in 0..<120 {
            if generator.chance(1, in: 2) {
                player.act()
            } else if player.changeMembers() {
                changes += 1
            }
            world.run(generator.between(.milliseconds(1), .milliseconds(120)))
        }
        world.checkLogsMatch()
        player.makePeace()
        world.run(.seconds(3))
        return (world, changes)
    }

    @Test(arguments: [1, 2, 3, 5])
    func `members come and go under faults, and no law breaks`(voters: Int) throws {
        var committed = 0
        var removedLeaders = 0
        for seed in 1...UInt64(StressTests.seeds) {
            let (world, _) = Self.play(voters: voters, seed: seed)
            let leader = try #require(world.leader, "seed \(seed): no leader in peace")
            let configuration = world.raft(leader).configuration
            #expect(configuration.isVoter(leader), "seed \(seed): \(leader) is no voter")
            world.propose(["last"], at: leader)
            world.run(.milliseconds(300))
            let last = world.raft(leader).lastIndex
            #expect(world.raft(leader).commitIndex == last, "seed \(seed)")
            for member in configuration.members {
                let raft = world.raft(member.id)
                #expect(raft.commitIndex == last, "seed \(seed): \(member.id)")
                #expect(raft.configuration == configuration, "seed \(seed): \(member.id)")
                #expect(raft.standing.isWhole, "seed \(seed): \(member.id)")
            }
            for former in configuration.former {
                #expect(!world.raft(former.id).isLeader, "seed \(seed): \(former.id) leads")
                if world.leaders.values.contains(former.id) { removedLeaders += 1 }
            }
            world.checkLogsMatch()
            committed += world.committed.count { $0?.kind == .configuration }
        }
        // The runs would show nothing if no change were made in them.
        #expect(committed > StressTests.seeds * 8)
        #expect(removedLeaders > StressTests.seeds / 4)
    }

    /// Two changes begun at once, from one configuration, leave majorities that don't meet: what
    /// one at a time prevents.
    @Test func `majorities before and after any change share a voter`() throws {
        var generator = SeededGenerator(seed: 5)
        var configuration = Configuration(voters: [NodeID(1)])
        for step in 2...2000 {
            let id = NodeID(UInt32(1 + generator.below(UInt64(step / 8 + 1))))
            let change: MembershipChange =
                switch generator.below(8) {
                case 0: .add(id, address: "\(id)", clientAddress: "")
                case 1: .identify(id, incarnation: 7)
                case 2..<7: .promote(id)
                default: .remove(id)
                }
            guard let next = try? configuration.applying(change) else { continue }
            let shared = next.voters.count { configuration.isVoter($0) }
            #expect(
                configuration.majority + next.majority > configuration.voters.count
                    + next.voters.count - shared)
            #expect(next.isConsistent && !next.voters.isEmpty)
            var writer = ByteWriter()
            next.encode(into: &writer)
            var reader = ByteReader(writer.bytes)
            #expect(try Configuration(from: &reader) == next)
            configuration = next
        }
        #expect(configuration.voters.count > 10)
        #expect(configuration.former.count > 50)
    }
}

extension Player {
    /// Asks whoever leads for a change that may or may not be possible. Returns whether an entry
    /// was appended for it.
    mutating func changeMembers() -> Bool {
        let leader = world.leader ?? anyone()
        guard let raft = world.nodes[world.position(leader)].raft else { return false }
        let configuration = raft.configuration
        switch world.change(nextChange(configuration), at: leader) {
        case .appended?: return true
        case .unchanged?, .refused?, .busy?, .notLeader?, nil: return false
        }
    }

    private mutating func nextChange(_ configuration: Configuration) -> MembershipChange {
        let unknown = configuration.members.filter { $0.incarnation == nil }
        if let member = unknown.first, generator.chance(1, in: 2) {
            return .identify(member.id, incarnation: 7)
        }
        switch generator.below(8) {
        case 0, 1:
            let isFull = world.nodes.count >= MembershipStressTests.nodeLimit
            let spare = world.nodes.last { $0.joins && !configuration.contains($0.id) }?.id
            let id = isFull ? anyone() : spare ?? world.join()
            return .add(id, address: "\(id)", clientAddress: "")
        case 2..<6:
            return .promote(configuration.learners.last ?? anyone())
        default:
            // The leader as often as all the others.
            return .remove(generator.chance(1, in: 2) ? world.leader ?? anyone() : anyone())
        }
    }
}
