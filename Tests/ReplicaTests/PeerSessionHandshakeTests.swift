import Basics
import Replica
import Testing

@Suite struct PeerSessionHandshakeTests {
    typealias Recorded = RecordedSession

    @Test func bothSidesLearnWhoTheOtherIs() {
        let session = Recorded()
        #expect(session.dialerEvents == [.send(session.confirmation), .established(Recorded.two)])
        #expect(session.acceptorEvents == [.send(session.reply), .established(Recorded.one)])
        #expect(session.dialer.peer == Recorded.two)
        #expect(session.acceptor.peer == Recorded.one)
        #expect(session.dialer.failure == nil)
        #expect([session.hello, session.reply, session.confirmation].map(\.count) == [98, 98, 32])
    }

    /// The messages as their tables describe them, put together by hand.
    @Test func messagesAreLaidOutAsDocumented() {
        let session = Recorded()
        let root = HKDF.extract(salt: Array("keyclave peer link".utf8), secret: Recorded.secret)
        func key(_ use: String, _ from: Digest) -> [UInt8] {
            HKDF.expand(from, info: Array(use.utf8), count: 32)
        }
        func code(_ message: [UInt8], _ key: [UInt8]) -> [UInt8] {
            HMACSHA256.authenticationCode(for: message, key: key).bytes
        }
        var dialerEntropy = Recorded.entropy(1)
        var hello: [UInt8] = [1, 1] + Recorded.cluster + [1, 0, 0, 0, 2, 0, 0, 0]
        hello += [1, 0, 0, 0, 0, 0, 0x11, 0x11] + dialerEntropy.bytes(32)
        hello += code(hello, key("hello", root))
        #expect(session.hello == hello)

        var acceptorEntropy = Recorded.entropy(101)
        var reply: [UInt8] = [1, 2] + Recorded.cluster + [2, 0, 0, 0, 1, 0, 0, 0]
        reply += [2, 0, 0, 0, 0, 0, 0x22, 0x22] + acceptorEntropy.bytes(32)
        reply += code(hello + reply, key("reply", root))
        #expect(session.reply == reply)

        let transcript = SHA256.digest(of: hello + reply)
        #expect(session.confirmation == code(transcript.bytes, key("confirmation", root)))

        var dialer = session.dialer
        let sealed = SealedPayload(kind: 7, payload: [5, 6])
        _ = dialer.seal(sealed)
        let sessionKey = HKDF.extract(salt: transcript.bytes, secret: root.bytes)
        var frame: [UInt8] = [2, 0, 0, 0, 7, 1, 0, 0, 0, 0, 0, 0, 0]
        frame += SHA256.digest(of: [5, 6]).bytes
        frame += code(frame, key("dialer to acceptor", sessionKey)) + [5, 6]
        #expect(dialer.seal(sealed) == frame)
    }

    @Test func aPeerWithoutTheSecretIsRefusedAndGetsNoByte() {
        let stranger = PeerCredentials(cluster: Recorded.cluster, secrets: [Recorded.otherSecret])
        let dialing = Recorded(dialer: stranger)
        #expect(dialing.acceptorEvents == [.failed(.unauthenticatedHandshake)])
        #expect(dialing.acceptor.failure == .unauthenticatedHandshake)
        #expect(dialing.acceptor.peer == nil)
    }

    @Test func anAcceptorWithoutTheSecretIsRefused() {
        let session = Recorded()
        let stranger = PeerCredentials(cluster: Recorded.cluster, secrets: [Recorded.otherSecret])
        // The stranger can't check the hello of n1, so it makes a reply of its own to any other.
        let other = Recorded(dialer: stranger, acceptor: stranger)
        #expect(
            events(of: Recorded.freshDialer(), receiving: other.reply)
                == [.failed(.unauthenticatedHandshake)])
        #expect(session.dialer.failure == nil)
    }

    @Test func anotherClusterIsRefused() {
        let other = PeerCredentials(
            cluster: [UInt8](repeating: 9, count: 16), secrets: [Recorded.secret])
        #expect(Recorded(dialer: other).acceptorEvents == [.failed(.wrongCluster)])
        let reply = Recorded(dialer: other, acceptor: other).reply
        #expect(
            events(of: Recorded.freshDialer(), receiving: reply) == [.failed(.wrongCluster)])
    }

    @Test func aHelloForAnotherNodeIsRefused() {
        #expect(Recorded(to: NodeID(3)).acceptorEvents == [.failed(.wrongAddressee)])
    }

    @Test func aDialerWhoClaimsTheAcceptorsOwnIdIsRefused() {
        let twin = PeerIdentity(node: NodeID(2), incarnation: 5)
        var entropy = Recorded.entropy(1)
        // It says n1 to get its hello made, then writes n2 and authenticates that.
        var hello = PeerSession.dialer(
            PeerIdentity(node: NodeID(1), incarnation: twin.incarnation), to: NodeID(2),
            credentials: Recorded.credentials, entropy: &entropy
        ).hello
        hello[18] = 2
        let root = HKDF.extract(salt: Array("keyclave peer link".utf8), secret: Recorded.secret)
        let key = HKDF.expand(root, info: Array("hello".utf8), count: 32)
        let body = Array(hello.prefix(66))
        hello = body + HMACSHA256.authenticationCode(for: body, key: key).bytes
        #expect(
            events(of: Recorded.freshAcceptor(), receiving: hello) == [.failed(.wrongPeer)])
    }

    @Test func anotherNodeThanTheDialedOneIsRefusedThoughItKnowsTheSecret() {
        // n3 got hold of a hello for n3 by the same dialer, and its reply reaches n1's session
        // with n2.
        let third = PeerIdentity(node: NodeID(3), incarnation: 3)
        let session = Recorded(to: third.node, answering: third)
        #expect(
            events(of: Recorded.freshDialer(), receiving: session.reply)
                == [.failed(.wrongPeer)])
    }

    @Test func aReflectedHandshakeIsRefused() {
        let session = Recorded()
        #expect(
            events(of: Recorded.freshDialer(), receiving: session.hello)
                == [.failed(.wrongRole)], "its own hello as the reply")
        #expect(
            events(of: Recorded.freshAcceptor(Recorded.one), receiving: session.hello)
                == [.failed(.wrongAddressee)], "its own hello to its own acceptor")
        #expect(
            events(of: Recorded.freshAcceptor(), receiving: session.reply)
                == [.failed(.wrongRole)], "the acceptor's reply as a hello")
    }

    @Test func aReplayedSessionIsRefused() {
        var session = Recorded()
        let frame = session.dialer.seal(SealedPayload(kind: 1, payload: [1, 2, 3]))
        let stream = session.hello + session.confirmation + frame
        #expect(frames(events(of: Recorded.freshAcceptor(), receiving: stream)).count == 1)

        let acceptor = Recorded.freshAcceptor(seed: 2)
        let replayed = events(of: acceptor, receiving: stream)
        #expect(replayed.count == 2)
        #expect(replayed.last == .failed(.unauthenticatedHandshake))
        #expect(
            events(of: Recorded.freshDialer(seed: 2), receiving: session.reply)
                == [.failed(.unauthenticatedHandshake)])
    }

    @Test func anIncarnationIsAuthenticatedAndRefusedByTheOwner() {
        let returned = PeerIdentity(node: NodeID(1), incarnation: 99)
        var session = Recorded(from: returned)
        #expect(session.acceptorEvents.last == .established(returned))
        session.acceptor.end(.foreignIncarnation)
        session.acceptor.end(.unknownNode)
        #expect(session.acceptor.failure == .foreignIncarnation, "the first cause stands")
        var events: [PeerEvent] = []
        session.acceptor.receive(
            session.dialer.seal(SealedPayload(kind: 1, payload: [])), into: &events)
        #expect(events == [])
    }

    @Test func eitherOfTwoSecretsIsAcceptedAndTheFirstIsUsedToDial() {
        func nodes(_ secrets: [UInt8]...) -> PeerCredentials {
            PeerCredentials(cluster: Recorded.cluster, secrets: secrets)
        }
        let (old, new) = (Recorded.secret, Recorded.otherSecret)
        // Every pair of neighbouring steps of a rotation, in both directions.
        let steps = [nodes(old), nodes(old, new), nodes(new, old), nodes(new)]
        for (earlier, later) in zip(steps, steps.dropFirst()) {
            for (dialer, acceptor) in [(earlier, later), (later, earlier), (later, later)] {
                var session = Recorded(dialer: dialer, acceptor: acceptor)
                #expect(session.acceptor.peer == Recorded.one)
                let sealed = SealedPayload(kind: 3, payload: [1])
                session.acceptor.receive(
                    session.dialer.seal(sealed), into: &session.acceptorEvents)
                #expect(session.acceptorEvents.last == .frame(sealed))
            }
        }
        #expect(
            Recorded(dialer: nodes(new, old), acceptor: nodes(old)).acceptorEvents
                == [.failed(.unauthenticatedHandshake)], "a step was skipped")
        #expect(
            Recorded(dialer: nodes(old), acceptor: nodes(new)).acceptorEvents
                == [.failed(.unauthenticatedHandshake)])
    }
}
