import Basics

/// A payload with its digest, computed once and then sealed for any number of links.
public struct SealedPayload: Hashable, Sendable {
    /// What the payload is, in the receiver's terms; authenticated with it.
    public let kind: UInt8
    public let payload: [UInt8]
    public let digest: Digest

    public init(kind: UInt8, payload: [UInt8]) {
        self.init(kind: kind, payload: payload, codes: .authentic)
    }

    @_spi(Simulation)
    public init(kind: UInt8, payload: [UInt8], codes: FrameCodes) {
        self.kind = kind
        self.payload = payload
        digest = codes.digest(of: payload.span.bytes)
    }
}

/// The frames of an open link, both ways: numbered from zero in each direction, under a key for
/// each direction.
///
/// The header carries the payload's digest and the code covers the header, so that the length is
/// authentic before a byte is kept for the payload, and a flipped bit in it closes the link at
/// once instead of leaving it to wait for bytes that never come.
struct PeerChannel: Sendable {
    private let sending: FrameKey
    private let receiving: FrameKey
    private var nextSent: UInt64 = 0
    private var nextReceived: UInt64 = 0

    init(sending: FrameKey, receiving: FrameKey) {
        self.sending = sending
        self.receiving = receiving
    }

    /// Appends the payload as the next frame.
    mutating func seal(_ sealed: SealedPayload, into output: inout [UInt8]) {
        let header = PeerFrameHeader(
            payloadCount: UInt32(sealed.payload.count), kind: sealed.kind, sequence: nextSent,
            digest: sealed.digest)
        nextSent += 1
        output.reserveCapacity(output.count + PeerFrameHeader.count + sealed.payload.count)
        var writer = ByteWriter(appendingTo: output)
        output = []
        header.append(to: &writer)
        let body = writer.bytes.suffix(PeerFrameHeader.bodyCount)
        let code = sending.code(of: body.span.bytes)
        code.append(to: &writer)
        writer.writeRaw(sealed.payload)
        output = writer.bytes
    }

    /// Checks the header of the next frame. Requires all of its bytes.
    mutating func openHeader(
        _ bytes: ArraySlice<UInt8>
    ) throws(PeerLinkFailure) -> PeerFrameHeader {
        let body = bytes.prefix(PeerFrameHeader.bodyCount)
        let header = PeerFrameHeader(body)
        let code = Digest(bytes.dropFirst(PeerFrameHeader.bodyCount))
        #if MUTANTS
        if PlantedBug.isOn(.frameUnauthenticated) { return header }
        #endif
        guard constantTimeEqual(receiving.code(of: body.span.bytes), code) else {
            throw .unauthenticatedFrame
        }
        // An authentic frame of this session, but not the next one.
        guard header.sequence == nextReceived else { throw .outOfSequence }
        nextReceived += 1
        return header
    }
}

/// What precedes a payload on the wire.
///
/// | bytes | |
/// |---|---|
/// | 4 | length of the payload |
/// | 1 | kind |
/// | 8 | sequence number in this direction |
/// | 32 | SHA-256 of the payload |
/// | 32 | authentication code of the above |
struct PeerFrameHeader: Hashable, Sendable {
    /// Bytes without and with the code.
    static let bodyCount = 4 + 1 + 8 + Digest.count
    static let count = bodyCount + Digest.count

    var payloadCount: UInt32
    var kind: UInt8
    var sequence: UInt64
    var digest: Digest

    func append(to writer: inout ByteWriter) {
        writer.write(payloadCount)
        writer.write(kind)
        writer.write(sequence)
        digest.append(to: &writer)
    }
}

extension PeerFrameHeader {
    /// Requires `bodyCount` bytes, all of which are readable as a header.
    init(_ body: ArraySlice<UInt8>) {
        do throws(MalformedBytes) {
            var reader = ByteReader(body)
            payloadCount = try reader.readUInt32()
            kind = try reader.readUInt8()
            sequence = try reader.readUInt64()
            digest = try Digest(from: &reader)
        } catch {
            preconditionFailure("part of a frame header")
        }
    }

    /// Throws unless this is the payload that the header names.
    func check(
        payload: ArraySlice<UInt8>, _ codes: FrameCodes
    ) throws(PeerLinkFailure) {
        #if MUTANTS
        if PlantedBug.isOn(.frameUnauthenticated) { return }
        #endif
        guard constantTimeEqual(codes.digest(of: payload.span.bytes), digest) else {
            throw .corruptPayload
        }
    }

    /// The length at the head of an incomplete header; nil if it isn't complete either.
    static func payloadCount(_ beginning: ArraySlice<UInt8>) -> Int? {
        // The usual end of what arrived: not told by an error, whose text costs 1 % of a run.
        guard beginning.count >= 4 else { return nil }
        var reader = ByteReader(beginning)
        return (try? reader.readUInt32()).map { Int($0) }
    }
}
