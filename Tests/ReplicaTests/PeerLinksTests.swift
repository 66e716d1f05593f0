import Basics
import Journal
import Testing

@testable import Consensus
@testable import Replica

/// The links of two members, wired to one another by hand.
@Suite struct PeerLinksTests {
    private static let link = LinkID(1)
    private static let now = Instant.zero
    private var dialer: PeerLinks
    private var acceptor: PeerLinks

    init() {
        dialer = Self.links(RecordedSession.one, to: RecordedSession.two.node, seed: 1)
        acceptor = Self.links(RecordedSession.two, to: RecordedSession.one.node, seed: 2)
        var dialing: [NodeEffect] = []
        dialer.flush(now: Self.now, isDialing: true, effects: &dialing)
        acceptor.accept(Self.link, now: Self.now)
        dialer.dialed(Self.link, to: RecordedSession.two.node, now: Self.now)
        // Hello, reply, confirmation.
        _ = acceptor.receive(Self.sent(by: &dialer), on: Self.link, now: Self.now)
        _ = dialer.receive(Self.sent(by: &acceptor), on: Self.link, now: Self.now)
        _ = acceptor.receive(Self.sent(by: &dialer), on: Self.link, now: Self.now)
    }

    private static func links(_ local: PeerIdentity, to peer: NodeID, seed: UInt8) -> PeerLinks {
        PeerLinks(
            local: local, address: "here", members: [LinkedMember(id: peer, address: "there")],
            known: [RecordedSession.one, RecordedSession.two]
                .map { PeerIncarnation(node: $0.node, incarnation: $0.incarnation) },
            credentials: RecordedSession.credentials,
            settings: NodeSettings(), entropy: RecordedSession.entropy(seed))
    }

    private static func effects(of links: inout PeerLinks) -> [NodeEffect] {
        var effects: [NodeEffect] = []
        links.flush(now: now, isDialing: false, effects: &effects)
        return effects
    }

    private static func sent(by links: inout PeerLinks) -> [UInt8] {
        effects(of: &links).flatMap { effect -> [UInt8] in
            if case .send(_, let bytes) = effect { bytes } else { [] }
        }
    }

    /// Sends an append of one entry with a payload of this size.
    private mutating func deliver(payloadBytes: Int) -> [PeerLinkEvent] {
        let entry = Entry(
            term: Term(1), index: LogIndex(1), time: .epoch, kind: .command,
            payload: Array(repeating: 7, count: payloadBytes))
        let request = AppendRequest(
            term: Term(1), round: 1, session: 0, previous: .start, commit: .zero, repair: nil,
            entries: [entry])
        dialer.send(.consensus(.append(request)), to: RecordedSession.two.node)
        return acceptor.receive(Self.sent(by: &dialer), on: Self.link, now: Self.now)
    }

    @Test mutating func `an append of the largest entry passes`() {
        let events = deliver(payloadBytes: Entry.payloadLimit)
        #expect(events.count == 1)
        guard case .frame(.consensus(.append(let request)), let peer) = events.first else {
            Issue.record("no append but \(events)")
            return
        }
        #expect(request.entries[0].payload.count == Entry.payloadLimit)
        #expect(peer == RecordedSession.one.node)
        #expect(Self.effects(of: &acceptor).isEmpty)
    }

    @Test mutating func `an entry that no journal takes closes the link, for cause`() {
        #expect(deliver(payloadBytes: Entry.payloadLimit + 1).isEmpty)
        let effects = Self.effects(of: &acceptor)
        #expect(effects.count == 2)
        guard case .close(Self.link) = effects.first,
            case .report(.peerLinkFailed(.malformedPayload)) = effects.last
        else {
            Issue.record("\(effects)")
            return
        }
        #expect(deliver(payloadBytes: 1).isEmpty, "nothing is heard on it any more")
    }
}
