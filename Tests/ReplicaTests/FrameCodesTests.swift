import Basics
@_spi(Simulation) import Replica
import Testing

/// The cheap codes of simulated frames find what a simulated network does to bytes.
@Suite struct FrameCodesTests {
    private static let credentials = {
        var credentials = RecordedSession.credentials
        credentials.codes = .checksums
        return credentials
    }()

    private static let payloads: [[UInt8]] = [[1, 2, 3], [], Array(0..<77)]

    private func session(seed: UInt8 = 1) -> RecordedSession {
        RecordedSession(dialer: Self.credentials, acceptor: Self.credentials, seed: seed)
    }

    private func frames(_ session: inout RecordedSession) -> [UInt8] {
        var bytes: [UInt8] = []
        for payload in Self.payloads {
            session.dialer.seal(
                SealedPayload(kind: 1, payload: payload, codes: .checksums), into: &bytes)
        }
        return bytes
    }

    private func payloads(_ events: [PeerEvent]) -> [[UInt8]] {
        events.compactMap { if case .frame(_, let payload) = $0 { Array(payload) } else { nil } }
    }

    @Test func `what is untouched arrives`() {
        var session = session()
        let bytes = frames(&session)
        var events: [PeerEvent] = []
        session.acceptor.receive(bytes, into: &events)
        #expect(payloads(events) == Self.payloads)
        #expect(session.acceptor.failure == nil)
    }

    @Test func `every flipped bit is found, and nothing behind it is given out`() {
        var session = session()
        let bytes = frames(&session)
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            var acceptor = session.acceptor
            var events: [PeerEvent] = []
            acceptor.receive(damaged, into: &events)
            #expect(acceptor.failure != nil, "bit \(bit)")
            let given = payloads(events)
            #expect(given.count < Self.payloads.count, "bit \(bit)")
            #expect(given == Array(Self.payloads.prefix(given.count)), "bit \(bit)")
        }
    }

    @Test func `a frame of another session, or of this one for the second time, is found`() {
        var other = session(seed: 2)
        let foreign = frames(&other)
        var session = session()
        var acceptor = session.acceptor
        var events: [PeerEvent] = []
        acceptor.receive(foreign, into: &events)
        #expect(acceptor.failure == .unauthenticatedFrame)

        let bytes = frames(&session)
        session.acceptor.receive(bytes + bytes, into: &events)
        #expect(session.acceptor.failure == .outOfSequence)
    }

    @Test func `whoever has a server's codes takes none of these`() {
        var cheap = RecordedSession(dialer: Self.credentials)
        let bytes = frames(&cheap)
        var events: [PeerEvent] = []
        cheap.acceptor.receive(bytes, into: &events)
        #expect(cheap.acceptor.failure == .unauthenticatedFrame)
        #expect(payloads(events).isEmpty)
    }
}
