import Basics
import Replica
import Testing

/// What an attacker on the wire, or a broken one, can do to the bytes.
@Suite struct PeerSessionTamperingTests {
    typealias Recorded = RecordedSession

    /// A handshake and three frames each way, and the start of each part in the streams.
    struct Streams {
        var toAcceptor: [UInt8]
        var toDialer: [UInt8]
        var frames: [PeerEvent]
        static let frameStart = 98 + 32
        static let payloads = [[1, 2, 3], [], Array("third".utf8)] as [[UInt8]]

        init() {
            var session = Recorded()
            toAcceptor = session.hello + session.confirmation
            toDialer = session.reply
            frames = []
            for (number, payload) in Streams.payloads.enumerated() {
                let sealed = SealedPayload(kind: UInt8(number), payload: payload)
                session.dialer.seal(sealed, into: &toAcceptor)
                session.acceptor.seal(sealed, into: &toDialer)
                frames.append(.frame(sealed))
            }
        }
    }

    @Test func everyFlippedBitOnTheWayToTheAcceptorIsRefused() {
        let streams = Streams()
        let untouched = events(of: Recorded.freshAcceptor(), receiving: streams.toAcceptor)
        #expect(frames(untouched) == streams.frames)
        flipEveryBit(of: streams.toAcceptor, to: Recorded.freshAcceptor(), streams) { offset in
            switch offset {
            case ..<98: greetingCause(offset, changedSender: .unauthenticatedHandshake)
            case ..<130: .unauthenticatedHandshake
            default: nil
            }
        }
    }

    @Test func everyFlippedBitOnTheWayToTheDialerIsRefused() {
        let streams = Streams()
        let untouched = events(of: Recorded.freshDialer(), receiving: streams.toDialer)
        #expect(frames(untouched) == streams.frames)
        flipEveryBit(of: streams.toDialer, to: Recorded.freshDialer(), streams) { offset in
            offset < 98 ? greetingCause(offset, changedSender: .wrongPeer) : nil
        }
    }

    private func greetingCause(
        _ offset: Int, changedSender: PeerLinkFailure
    ) -> PeerLinkFailure {
        switch offset {
        case 0: .wrongVersion
        case 1: .wrongRole
        case 2..<18: .wrongCluster
        case 18..<22: changedSender
        case 22..<26: .wrongAddressee
        default: .unauthenticatedHandshake
        }
    }

    /// Flips each bit in turn: the session fails for the right cause, at once, having given out
    /// only the frames before the one touched. `cause` is nil in the frames.
    private func flipEveryBit(
        of stream: [UInt8], to session: PeerSession, _ streams: Streams,
        cause: (Int) -> PeerLinkFailure?
    ) {
        for bit in 0..<stream.count * 8 {
            var changed = stream
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let received = events(of: session, receiving: changed)
            let expected: (frames: Int, cause: PeerLinkFailure)
            if let handshake = cause(bit / 8) {
                expected = (0, handshake)
            } else {
                expected = frameCause(bit, fromEnd: stream.count - bit / 8)
            }
            #expect(received.last == .failed(expected.cause), "bit \(bit)")
            #expect(frames(received) == Array(streams.frames.prefix(expected.frames)))
        }
    }

    private func frameCause(_ bit: Int, fromEnd: Int) -> (frames: Int, cause: PeerLinkFailure) {
        let total = Streams.payloads.reduce(0) { $0 + 77 + $1.count }
        var offset = total - fromEnd
        for (number, payload) in Streams.payloads.enumerated() {
            let count = 77 + payload.count
            guard offset >= count else {
                // Bits 23 to 31 of the length announce 8 MiB and more.
                if offset == 2 && bit % 8 == 7 && !payload.isEmpty || offset == 3 {
                    return (number, .oversizedFrame)
                }
                return (number, offset < 77 ? .unauthenticatedFrame : .corruptPayload)
            }
            offset -= count
        }
        preconditionFailure("an offset beyond the stream")
    }

    @Test func everyTruncationWaitsAndGivesOutNothingUnfinished() {
        let streams = Streams()
        let ends = [77 + 3, 77 + 3 + 77, 77 + 3 + 77 + 77 + 5].map { Streams.frameStart + $0 }
        for length in 0..<streams.toAcceptor.count {
            let received = events(
                of: Recorded.freshAcceptor(), receiving: Array(streams.toAcceptor.prefix(length)))
            let complete = ends.count { $0 <= length }
            #expect(frames(received) == Array(streams.frames.prefix(complete)))
            #expect(received.count == (length >= 98 ? 1 : 0) + (length >= 130 ? 1 : 0) + complete)
        }
    }

    @Test func howTheBytesAreSplitChangesNothing() {
        var random = SeededGenerator(seed: 11)
        let streams = Streams()
        for round in 0..<120 {
            var stream = streams.toAcceptor
            // Half of the rounds with a damaged byte, so that failures are compared too.
            if round % 2 == 1 {
                stream[Int(random.below(UInt64(stream.count)))] ^= UInt8(1 + random.below(255))
            }
            let whole = events(of: Recorded.freshAcceptor(), receiving: stream)
            let bytewise = events(of: Recorded.freshAcceptor(), receiving: stream) { _ in 1 }
            let pieces = events(of: Recorded.freshAcceptor(), receiving: stream) { _ in
                1 + Int(random.below(150))
            }
            #expect(bytewise == whole)
            #expect(pieces == whole)
            #expect((whole.last == streams.frames.last) == (round % 2 == 0))
        }
    }

    @Test func aMissingOrInsertedByteIsRefused() {
        var random = SeededGenerator(seed: 12)
        let streams = Streams()
        for offset in 0..<streams.toAcceptor.count - 1 {
            var shorter = streams.toAcceptor
            shorter.remove(at: offset)
            var longer = streams.toAcceptor
            longer.insert(UInt8(truncatingIfNeeded: random.next()), at: offset)
            for changed in [shorter, longer] where !changed.starts(with: streams.toAcceptor) {
                let received = events(of: Recorded.freshAcceptor(), receiving: changed)
                #expect(frames(received) != streams.frames)
                #expect(streams.frames.starts(with: frames(received)))
            }
        }
    }

    @Test func garbageIsRefused() {
        var random = SeededGenerator(seed: 13)
        let request = Array("GET / HTTP/1.1\r\nHost: n2\r\n\r\n".utf8)
        #expect(
            events(of: Recorded.freshAcceptor(), receiving: request) == [.failed(.wrongVersion)])
        for round in 0..<300 {
            var garbage = (0..<400).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            // With more and more of a plausible beginning.
            garbage.replaceSubrange(0..<round % 66, with: Recorded().hello.prefix(round % 66))
            let received = events(of: Recorded.freshAcceptor(), receiving: garbage)
            #expect(received.count == 1)
            guard case .failed = received.first else {
                Issue.record("garbage was answered")
                continue
            }
        }
    }

    @Test func afterAFailureNothingIsGivenOut() {
        var session = Recorded()
        let frame = session.dialer.seal(SealedPayload(kind: 1, payload: [1]))
        var broken = frame
        broken[77] ^= 1
        var received: [PeerEvent] = []
        session.acceptor.receive(broken, into: &received)
        #expect(received == [.failed(.corruptPayload)])
        session.acceptor.receive(frame, into: &received)
        session.acceptor.receive(Recorded().hello, into: &received)
        #expect(received.count == 1)
        #expect(session.acceptor.pendingCount == 0)
        #expect(session.acceptor.failure == .corruptPayload)
    }

    /// Every cause that the session itself finds is found by a test of these suites; the others
    /// are their owner's.
    @Test func causesHaveDistinctNamesForTheirCounters() {
        #expect(Set(PeerLinkFailure.allCases.map(\.rawValue)).count == 16)
    }
}
