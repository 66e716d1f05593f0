import Basics
import Journal
import Testing

@testable import Replica

/// Two members' links, wired to each other by hand.
private struct Pair {
    static let link = LinkID(1)
    var one: PeerLinks
    var two: PeerLinks
    /// What the links of n2 gave to their node.
    var heard: [PeerLinkEvent] = []
    /// What the links of n1 gave to their node.
    var opened: [PeerLinkEvent] = []
    var failures: [PeerLinkFailure] = []

    init(
        one known: [PeerIncarnation] = [], two knownByTwo: [PeerIncarnation] = [],
        incarnation: UInt64 = 11
    ) {
        func links(_ number: UInt32, _ incarnation: UInt64, _ known: [PeerIncarnation]) -> PeerLinks
        {
            PeerLinks(
                local: PeerIdentity(node: NodeID(number), incarnation: incarnation),
                address: "n\(number)",
                members: [LinkedMember(id: NodeID(3 - number), address: "n\(3 - number)")],
                known: known,
                credentials: RecordedSession.credentials, settings: NodeSettings(),
                entropy: RecordedSession.entropy(UInt8(number)))
        }
        one = links(1, incarnation, known)
        two = links(2, 22, knownByTwo)
    }

    /// n1 dials n2, and bytes pass until neither has any.
    mutating func connect(at now: Instant = .zero) {
        var effects: [NodeEffect] = []
        one.flush(now: now, isDialing: true, effects: &effects)
        one.dialed(Pair.link, to: NodeID(2), now: now)
        two.accept(Pair.link, now: now)
        exchange(at: now)
    }

    mutating func exchange(at now: Instant = .zero) {
        while true {
            let toTwo = Pair.bytes(from: &one, &failures)
            for bytes in toTwo { heard += two.receive(bytes, on: Pair.link, now: now) }
            let toOne = Pair.bytes(from: &two, &failures)
            for bytes in toOne { opened += one.receive(bytes, on: Pair.link, now: now) }
            if toTwo.isEmpty && toOne.isEmpty { return }
        }
    }

    private static func bytes(
        from links: inout PeerLinks, _ failures: inout [PeerLinkFailure]
    ) -> [[UInt8]] {
        var effects: [NodeEffect] = []
        links.flush(now: .zero, isDialing: false, effects: &effects)
        var sent: [[UInt8]] = []
        for effect in effects {
            switch effect {
            case .send(_, let bytes): sent.append(bytes)
            case .report(.peerLinkFailed(let failure)): failures.append(failure)
            default: break
            }
        }
        return sent
    }

    mutating func say(_ index: UInt64) {
        one.send(.settled(LogIndex(index)), to: NodeID(2))
        exchange()
    }

    /// The indices that n1 said and n2's node was given.
    var said: [UInt64] {
        heard.compactMap { event in
            guard case .frame(.settled(let index), NodeID(1)) = event else { return nil }
            return index.rawValue
        }
    }
}

@Suite struct PeerIncarnationTests {
    private static let one = PeerIncarnation(node: NodeID(1), incarnation: 11)
    private static let two = PeerIncarnation(node: NodeID(2), incarnation: 22)

    @Test func `a peer is neither heard nor spoken to before its incarnation is durable`() {
        var pair = Pair()
        pair.connect()
        #expect(pair.one.incarnations == [Self.two])
        #expect(pair.two.incarnations == [Self.one])
        #expect(!pair.one.isOpen(to: NodeID(2)))
        #expect(pair.opened.isEmpty)

        #expect(pair.one.remember([Self.two]) == [NodeID(2)])
        #expect(pair.one.isOpen(to: NodeID(2)))
        pair.say(5)
        #expect(pair.said.isEmpty)

        #expect(pair.two.remember([Self.one]).isEmpty)
        pair.say(6)
        #expect(pair.said == [6])
        #expect(pair.failures.isEmpty)
    }

    @Test func `a peer remembered from before is heard at once`() {
        var pair = Pair(one: [Self.two], two: [Self.one])
        pair.connect()
        #expect(pair.opened.count == 1)
        pair.say(7)
        #expect(pair.said == [7])
    }

    @Test func `a node that dials under a known id with another incarnation is refused`() {
        var pair = Pair(one: [Self.two], two: [Self.one], incarnation: 12)
        pair.connect()
        pair.say(8)
        #expect(pair.said.isEmpty)
        #expect(pair.failures == [.foreignIncarnation])
        #expect(pair.two.incarnations == [Self.one])
    }

    @Test func `a node that answers under a known id with another incarnation is refused`() {
        let former = PeerIncarnation(node: NodeID(2), incarnation: 21)
        var pair = Pair(one: [former], two: [Self.one])
        pair.connect()
        #expect(!pair.one.isOpen(to: NodeID(2)))
        #expect(pair.failures.contains(.foreignIncarnation))
        #expect(pair.one.incarnations == [former])
    }

    @Test func `a node that is refused dials ever more rarely`() {
        var pair = Pair(one: [Self.two], two: [Self.one], incarnation: 12)
        var now = Instant.zero
        var pauses: [Duration] = []
        for _ in 0..<8 {
            pair.connect(at: now)
            // The refusing side has closed the link.
            pair.one.closed(Pair.link, now: now)
            pauses.append(pair.one.nextDeadline - now)
            now = pair.one.nextDeadline
        }
        #expect(pauses[0] < .milliseconds(101))
        #expect(pauses[7] >= .seconds(1))
        #expect(pair.failures.count == 8)
    }

    @Test func `a link that stood for long is dialed again at once`() {
        var pair = Pair(one: [Self.two], two: [Self.one])
        pair.connect()
        let end = Instant.zero + .seconds(10)
        pair.one.closed(Pair.link, now: end)
        #expect(pair.one.nextDeadline - end < .milliseconds(101))
    }
}
