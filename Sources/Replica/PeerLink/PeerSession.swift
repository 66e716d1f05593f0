import Basics

/// What a peer link does when bytes arrive.
public enum PeerEvent: Hashable, Sendable {
    /// Handshake bytes for the other side.
    case send([UInt8])
    /// The other side has proved that it knows the secret. Whoever must not speak under this
    /// identity is refused by `PeerSession.end`; frames that follow in the same batch of events
    /// are then to be dropped.
    case established(PeerIdentity)
    /// An authenticated frame, each exactly once and in the order sent. The payload shares the
    /// storage of the bytes received, uncopied: whoever keeps it beyond the step copies it, or
    /// the receive buffer can't be used again.
    case frame(kind: UInt8, payload: ArraySlice<UInt8>)
    /// The session has ended for ever: close the connection and count the cause. Always last.
    case failed(PeerLinkFailure)
}

/// The limits of a peer link.
public struct PeerLinkLimits: Hashable, Sendable {
    /// The largest payload of a frame in bytes, sent or received. Everything that a node puts
    /// into one frame (entries of an append, a chunk of a snapshot) must fit.
    public var maximumPayload: Int

    public init(maximumPayload: Int = 8 << 20) {
        precondition((1...1 << 30).contains(maximumPayload), "payload limit of 1 B to 1 GiB")
        self.maximumPayload = maximumPayload
    }
}

/// One authenticated connection to a peer, as a value: bytes in; bytes, frames or a failure out.
///
/// Laws:
/// - No payload is given out that wasn't sealed by a holder of the secret, for this session, at
///   this position, in this direction.
/// - Nothing is kept of the other side's bytes but an incomplete handshake message, an
///   incomplete header, or the beginning of a payload whose authenticated length is within the
///   limit.
/// - How the bytes are split between calls changes nothing.
/// - After a failure nothing is given out any more.
///
/// The session has no clock: whoever owns it bounds the time and the number of handshakes and
/// ends those that take too long.
public struct PeerSession: Sendable {
    private enum Stage: Sendable {
        case awaitingHello(local: PeerIdentity, nonce: Digest)
        case awaitingReply(PeerHandshake.Dialing)
        /// Apart: it holds the keys of a whole handshake, and would make every session as large.
        indirect case awaitingConfirmation(PeerHandshake.Accepting)
        /// `header` is that of the frame whose payload is due.
        case open(PeerIdentity, PeerChannel, header: PeerFrameHeader?)
        case ended(PeerLinkFailure)
    }

    private let credentials: PeerCredentials
    private let limits: PeerLinkLimits
    private var stage: Stage
    /// Which secret both sides have proved; nil before that.
    public private(set) var secret: SecretFingerprint?
    /// Received and not yet understood.
    private var pending: [UInt8] = []

    /// The side that opened the connection to `peer`, and the bytes to send first.
    public static func dialer(
        _ local: PeerIdentity, to peer: NodeID, credentials: PeerCredentials,
        limits: PeerLinkLimits = PeerLinkLimits(), entropy: inout EntropyStream
    ) -> (session: PeerSession, hello: [UInt8]) {
        precondition(local.node != peer, "a node dials itself")
        let nonce = Digest(entropy.bytes(Digest.count))
        let hello = PeerHandshake.hello(from: local, to: peer, credentials, nonce: nonce)
        let stage = Stage.awaitingReply(.init(local: local, peer: peer, hello: hello))
        return (PeerSession(credentials: credentials, limits: limits, stage: stage), hello)
    }

    /// The side that accepted a connection, from whom the handshake tells.
    public static func acceptor(
        _ local: PeerIdentity, credentials: PeerCredentials,
        limits: PeerLinkLimits = PeerLinkLimits(), entropy: inout EntropyStream
    ) -> PeerSession {
        let nonce = Digest(entropy.bytes(Digest.count))
        return PeerSession(
            credentials: credentials, limits: limits,
            stage: .awaitingHello(local: local, nonce: nonce))
    }

    private init(credentials: PeerCredentials, limits: PeerLinkLimits, stage: Stage) {
        self.credentials = credentials
        self.limits = limits
        self.stage = stage
    }

    /// The authenticated other side; nil before the handshake is complete and after a failure.
    public var peer: PeerIdentity? {
        if case .open(let peer, _, _) = stage { peer } else { nil }
    }

    /// Why the session has ended; nil while it hasn't.
    public var failure: PeerLinkFailure? {
        if case .ended(let failure) = stage { failure } else { nil }
    }

    /// Bytes kept from earlier calls, for the accounting of memory.
    public var pendingCount: Int { pending.count }

    /// Takes what arrived, in any split, and appends what follows from it. Does nothing after a
    /// failure.
    public mutating func receive(_ bytes: ArraySlice<UInt8>, into events: inout [PeerEvent]) {
        guard failure == nil else { return }
        if pending.isEmpty {
            let used = advance(bytes, &events)
            if failure == nil { pending = Array(bytes.dropFirst(used)) }
        } else {
            pending.append(contentsOf: bytes)
            let buffer = pending
            pending = []
            let used = advance(buffer[...], &events)
            // A long payload arrives in many pieces: not copied anew at each.
            if failure == nil { pending = used == 0 ? buffer : Array(buffer.dropFirst(used)) }
        }
    }

    public mutating func receive(_ bytes: [UInt8], into events: inout [PeerEvent]) {
        receive(bytes[...], into: &events)
    }

    /// Appends a payload as the next frame to `output`. False, and nothing is appended, if the
    /// session isn't open: what the other side did in the same step may have ended it. Requires
    /// a payload within the limit.
    @discardableResult
    public mutating func seal(_ sealed: SealedPayload, into output: inout [UInt8]) -> Bool {
        precondition(sealed.payload.count <= limits.maximumPayload, "a payload beyond the limit")
        guard case .open(let peer, var channel, let header) = stage else { return false }
        channel.seal(sealed, into: &output)
        stage = .open(peer, channel, header: header)
        return true
    }

    /// The next frame with this payload; empty if the session isn't open.
    public mutating func seal(_ sealed: SealedPayload) -> [UInt8] {
        var output: [UInt8] = []
        seal(sealed, into: &output)
        return output
    }

    /// Ends the session for a cause found outside it. The first cause stands.
    public mutating func end(_ failure: PeerLinkFailure) {
        guard self.failure == nil else { return }
        stage = .ended(failure)
        pending = []
    }
}

// The machine.
extension PeerSession {
    /// Understands all that is complete at the head of `bytes`; returns how many those were.
    private mutating func advance(
        _ bytes: ArraySlice<UInt8>, _ events: inout [PeerEvent]
    ) -> Int {
        var rest = bytes
        do throws(PeerLinkFailure) {
            while try step(&rest, &events) {}
        } catch {
            end(error)
            events.append(.failed(error))
        }
        return bytes.count - rest.count
    }

    /// Understands one message at the head of `rest`; false if it isn't complete.
    private mutating func step(
        _ rest: inout ArraySlice<UInt8>, _ events: inout [PeerEvent]
    ) throws(PeerLinkFailure) -> Bool {
        switch stage {
        case .awaitingHello(let local, let nonce):
            guard let hello = try greeting(&rest) else { return false }
            let reply = try PeerHandshake.reply(to: hello, from: local, credentials, nonce: nonce)
            stage = .awaitingConfirmation(reply.next)
            events.append(.send(reply.bytes))
        case .awaitingReply(let dialing):
            guard let reply = try greeting(&rest) else { return false }
            let answer = try PeerHandshake.confirmation(of: reply, dialing, credentials)
            secret = credentials.fingerprints.first
            stage = .open(answer.peer, answer.channel, header: nil)
            events.append(.send(answer.bytes))
            events.append(.established(answer.peer))
        case .awaitingConfirmation(let accepting):
            guard let confirmation = rest.take(PeerHandshake.confirmationCount) else {
                return false
            }
            let channel = try PeerHandshake.channel(
                confirmedBy: confirmation, accepting, credentials.codes)
            secret = accepting.keys.fingerprint
            stage = .open(accepting.peer, channel, header: nil)
            events.append(.established(accepting.peer))
        case .open(let peer, var channel, nil):
            guard let bytes = try frameHeader(&rest) else { return false }
            let header = try channel.openHeader(bytes)
            stage = .open(peer, channel, header: header)
        case .open(let peer, let channel, let header?):
            guard let bytes = rest.take(Int(header.payloadCount)) else { return false }
            try header.check(payload: bytes, credentials.codes)
            stage = .open(peer, channel, header: nil)
            events.append(.frame(kind: header.kind, payload: bytes))
        case .ended:
            return false
        }
        return true
    }

    /// Takes a whole greeting. The version is checked as soon as it is there, so that a stranger
    /// who speaks another protocol isn't waited for.
    private func greeting(
        _ rest: inout ArraySlice<UInt8>
    ) throws(PeerLinkFailure) -> ArraySlice<UInt8>? {
        if let version = rest.first, version != PeerGreeting.version { throw .wrongVersion }
        return rest.take(PeerGreeting.count)
    }

    /// Takes a whole frame header. The length is held against the limit as soon as it is there
    /// and before its code is looked at.
    private func frameHeader(
        _ rest: inout ArraySlice<UInt8>
    ) throws(PeerLinkFailure) -> ArraySlice<UInt8>? {
        if let count = PeerFrameHeader.payloadCount(rest), count > limits.maximumPayload {
            throw .oversizedFrame
        }
        return rest.take(PeerFrameHeader.count)
    }
}

extension ArraySlice {
    /// Takes `count` elements off the front; nil, and nothing is taken, if there are fewer.
    fileprivate mutating func take(_ count: Int) -> ArraySlice? {
        guard self.count >= count else { return nil }
        defer { self = dropFirst(count) }
        return prefix(count)
    }
}
