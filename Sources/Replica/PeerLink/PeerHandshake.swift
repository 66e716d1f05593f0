import Basics

/// The three messages that open a peer link, each side proving to the other that it knows the
/// cluster secret, without sending anything a stranger could use:
///
/// 1. dialer: *hello*, a greeting, with a code over itself;
/// 2. acceptor: *reply*, a greeting, with a code over both greetings;
/// 3. dialer: *confirmation*, a code over the whole exchange.
///
/// Each code has a key of its own, and 2 and 3 cover the nonce that the receiver chose. So a
/// recorded message proves nothing in another session, and a reflected one is of the wrong role.
/// A stranger gets no byte in answer: the hello's code is checked before the reply is made.
enum PeerHandshake {
    static let confirmationCount = Digest.count

    /// The dialer's part, between hello and reply.
    struct Dialing: Sendable {
        var local: PeerIdentity
        var peer: NodeID
        var hello: [UInt8]
    }

    /// The acceptor's part, between reply and confirmation.
    struct Accepting: Sendable {
        var peer: PeerIdentity
        /// The secret that the dialer used.
        var keys: HandshakeKeys
        /// The digest of both greetings.
        var transcript: Digest
    }

    static func hello(
        from local: PeerIdentity, to peer: NodeID, _ credentials: PeerCredentials, nonce: Digest
    ) -> [UInt8] {
        let greeting = PeerGreeting(
            role: .dialer, cluster: credentials.cluster, sender: local, receiver: peer,
            nonce: nonce)
        let body = greeting.body
        return body + credentials.keys[0].hello.authenticationCode(for: body.span.bytes).bytes
    }

    /// The acceptor answers a hello. Requires the whole message.
    static func reply(
        to hello: ArraySlice<UInt8>, from local: PeerIdentity, _ credentials: PeerCredentials,
        nonce: Digest
    ) throws(PeerLinkFailure) -> (bytes: [UInt8], next: Accepting) {
        let body = hello.prefix(PeerGreeting.bodyCount)
        let greeting = try PeerGreeting(
            body: body, expecting: .dialer, cluster: credentials.cluster, receiver: local.node)
        let code = Digest(hello.dropFirst(PeerGreeting.bodyCount))
        let keys = credentials.keys.first {
            constantTimeEqual($0.hello.authenticationCode(for: body.span.bytes), code)
        }
        guard let keys else { throw .unauthenticatedHandshake }
        let replyBody = greeting.reply(from: local, nonce: nonce).body
        let bytes = replyBody + replyCode(replyBody[...], to: hello, keys).bytes
        let next = Accepting(
            peer: greeting.sender, keys: keys, transcript: transcript(hello, bytes[...]))
        return (bytes, next)
    }

    /// The dialer answers a reply. Requires the whole message.
    static func confirmation(
        of reply: ArraySlice<UInt8>, _ dialing: Dialing, _ credentials: PeerCredentials
    ) throws(PeerLinkFailure) -> (bytes: [UInt8], peer: PeerIdentity, channel: PeerChannel) {
        let body = reply.prefix(PeerGreeting.bodyCount)
        let greeting = try PeerGreeting(
            body: body, expecting: .acceptor, cluster: credentials.cluster,
            receiver: dialing.local.node)
        guard greeting.sender.node == dialing.peer else { throw .wrongPeer }
        let keys = credentials.keys[0]
        let code = Digest(reply.dropFirst(PeerGreeting.bodyCount))
        guard constantTimeEqual(replyCode(body, to: dialing.hello[...], keys), code) else {
            throw .unauthenticatedHandshake
        }
        let transcript = transcript(dialing.hello[...], reply)
        let session = keys.session(transcript)
        return (
            confirmationCode(transcript, keys).bytes, greeting.sender,
            PeerChannel(
                sending: FrameKey(session.dialerToAcceptor, credentials.codes),
                receiving: FrameKey(session.acceptorToDialer, credentials.codes))
        )
    }

    /// The acceptor checks a confirmation. Requires the whole message.
    static func channel(
        confirmedBy confirmation: ArraySlice<UInt8>, _ accepting: Accepting, _ codes: FrameCodes
    ) throws(PeerLinkFailure) -> PeerChannel {
        let expected = confirmationCode(accepting.transcript, accepting.keys)
        guard constantTimeEqual(expected, Digest(confirmation)) else {
            throw .unauthenticatedHandshake
        }
        let session = accepting.keys.session(accepting.transcript)
        return PeerChannel(
            sending: FrameKey(session.acceptorToDialer, codes),
            receiving: FrameKey(session.dialerToAcceptor, codes))
    }

    private static func replyCode(
        _ body: ArraySlice<UInt8>, to hello: ArraySlice<UInt8>, _ keys: HandshakeKeys
    ) -> Digest {
        var code = keys.reply.begin()
        code.update(hello.span.bytes)
        code.update(body.span.bytes)
        return code.finish()
    }

    private static func confirmationCode(_ transcript: Digest, _ keys: HandshakeKeys) -> Digest {
        var code = keys.confirmation.begin()
        code.update(transcript)
        return code.finish()
    }

    private static func transcript(
        _ hello: ArraySlice<UInt8>, _ reply: ArraySlice<UInt8>
    ) -> Digest {
        var hash = SHA256()
        hash.update(hello.span.bytes)
        hash.update(reply.span.bytes)
        return hash.finish()
    }
}
