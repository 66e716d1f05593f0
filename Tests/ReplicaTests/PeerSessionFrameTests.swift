import Basics
import Replica
import Testing

@Suite struct PeerSessionFrameTests {
    typealias Recorded = RecordedSession

    @Test func framesArriveInOrderBothWays() {
        var session = Recorded()
        let payloads = (0..<5).map {
            SealedPayload(kind: UInt8($0), payload: [UInt8](repeating: UInt8($0), count: $0 * 40))
        }
        var forth: [UInt8] = [0xee]
        var back: [UInt8] = []
        for sealed in payloads {
            #expect(session.dialer.seal(sealed, into: &forth))
            #expect(session.acceptor.seal(sealed, into: &back))
        }
        #expect(forth.first == 0xee, "appended behind what the buffer held")
        #expect(forth.count == 1 + 5 * 77 + 400)
        #expect(forth.dropFirst() != back[...], "another key in each direction")
        var received: [PeerEvent] = []
        session.acceptor.receive(forth.dropFirst(), into: &received)
        #expect(received == payloads.map { .frame($0) })
        received = []
        session.dialer.receive(back, into: &received)
        #expect(received == payloads.map { .frame($0) })
        #expect(session.acceptor.pendingCount == 0)
    }

    @Test func oneDigestServesEveryLink() {
        let sealed = SealedPayload(kind: 2, payload: [1, 2, 3])
        #expect(sealed.digest == SHA256.digest(of: [1, 2, 3]))
        var first = Recorded()
        var second = Recorded(seed: 2)
        let frames = [first.dialer.seal(sealed), second.dialer.seal(sealed)]
        #expect(frames[0] != frames[1])
        var events: [PeerEvent] = []
        first.acceptor.receive(frames[0], into: &events)
        second.acceptor.receive(frames[1], into: &events)
        #expect(events == [.frame(sealed), .frame(sealed)])
    }

    @Test func aFrameOfAnotherSessionOrDirectionIsRefused() {
        let sealed = SealedPayload(kind: 2, payload: [1, 2, 3])
        var first = Recorded()
        var second = Recorded(seed: 2)
        let frame = second.dialer.seal(sealed)
        #expect(
            events(of: first.acceptor, receiving: frame) == [.failed(.unauthenticatedFrame)])
        let own = first.dialer.seal(sealed)
        #expect(
            events(of: first.dialer, receiving: own) == [.failed(.unauthenticatedFrame)],
            "reflected")
    }

    @Test func aRepeatedMissingOrReorderedFrameEndsTheSession() {
        var session = Recorded()
        let payloads = (0..<3).map { SealedPayload(kind: 1, payload: [UInt8($0)]) }
        let sent = payloads.map { session.dialer.seal($0) }
        let acceptor = session.acceptor
        #expect(
            events(of: acceptor, receiving: sent[0] + sent[0] + sent[1])
                == [.frame(payloads[0]), .failed(.outOfSequence)])
        #expect(
            events(of: acceptor, receiving: sent[0] + sent[2])
                == [.frame(payloads[0]), .failed(.outOfSequence)])
        #expect(events(of: acceptor, receiving: sent[1] + sent[0]) == [.failed(.outOfSequence)])
    }

    @Test func aLengthOf2GiBClosesAtItsFourthByte() {
        var session = Recorded()
        var events: [PeerEvent] = []
        session.acceptor.receive([0, 0, 0], into: &events)
        #expect(events == [])
        session.acceptor.receive([0x80], into: &events)
        #expect(events == [.failed(.oversizedFrame)])
        #expect(session.acceptor.pendingCount == 0)
    }

    @Test func theLimitHoldsForAuthenticPeersToo() {
        let limits = PeerLinkLimits(maximumPayload: 100)
        var session = Recorded()
        let stream = session.hello + session.confirmation
        let largest = SealedPayload(kind: 1, payload: [UInt8](repeating: 1, count: 100))
        let larger = SealedPayload(kind: 1, payload: [UInt8](repeating: 1, count: 101))
        let sent = stream + session.dialer.seal(largest) + session.dialer.seal(larger)
        let received = events(of: Recorded.freshAcceptor(limits: limits), receiving: sent)
        #expect(received.suffix(2) == [.frame(largest), .failed(.oversizedFrame)])
    }

    @Test func nothingIsSealedBeforeTheHandshakeOrAfterTheEnd() {
        let sealed = SealedPayload(kind: 1, payload: [1])
        var dialer = Recorded.freshDialer()
        #expect(dialer.seal(sealed) == [])
        var acceptor = Recorded.freshAcceptor()
        var output: [UInt8] = [1]
        #expect(!acceptor.seal(sealed, into: &output))
        #expect(output == [1])
        var session = Recorded()
        session.dialer.end(.malformedPayload)
        #expect(session.dialer.seal(sealed) == [])
        #expect(session.dialer.peer == nil)
    }

    @Test func aLongPayloadInManyPiecesArrivesWhole() {
        var session = Recorded()
        let sealed = SealedPayload(kind: 4, payload: (0..<20_000).map { UInt8($0 % 251) })
        let frame = session.dialer.seal(sealed) + session.dialer.seal(sealed)
        var received: [PeerEvent] = []
        var kept = 0
        for start in stride(from: 0, to: frame.count, by: 1_000) {
            session.acceptor.receive(
                frame[start..<min(start + 1_000, frame.count)], into: &received)
            kept = max(kept, session.acceptor.pendingCount)
        }
        #expect(received == [.frame(sealed), .frame(sealed)])
        #expect(kept < 77 + 20_000, "never more than an incomplete frame")
        #expect(session.acceptor.pendingCount == 0)
    }
}
