/// Reads one request after the other from a buffer that its caller owns and fills
/// (RFC 9112, read as strictly as it can be: what another reader might see differently is
/// refused).
///
/// The caller gives all bytes it holds from the start of the request on, again with more bytes
/// after `incomplete`. After `complete` it answers, calls `startNext` and drops so many bytes.
///
/// Laws: the result doesn't depend on how the bytes were split; once refused, always refused; no
/// byte is looked at more than a fixed number of times; a request without chunks is read without
/// allocation.
///
/// Not copied by accident: its head is large.
public struct RequestParser: ~Copyable, Sendable {
    public enum Progress: Hashable, Sendable {
        /// More bytes are needed.
        case incomplete
        /// More bytes are needed, and the client waits for `100 Continue` before it sends them.
        /// Said once.
        case expectsContinue
        /// `head` and the body are there.
        case complete
        /// Nothing more can be read on this connection.
        case refused(RequestRefusal)
    }

    /// How large bodies may be. The paths that take more than others are few and known before.
    public struct BodyLimits: Sendable {
        public var usual: Int
        /// The paths with limits of their own: two, so that no list is looked through.
        public var large: Int
        public var largePath: StaticString
        public var otherLarge: Int
        public var otherLargePath: StaticString

        public var largest: Int { max(usual, large, otherLarge) }

        func limit(of path: UnsafeRawBufferPointer) -> Int {
            if path.equals(largePath) { return large }
            return path.equals(otherLargePath) ? otherLarge : usual
        }

        public init(
            usual: Int = HTTPLimits.bodyBytes, large: Int = HTTPLimits.bodyBytes,
            largePath: StaticString = "", otherLarge: Int = HTTPLimits.bodyBytes,
            otherLargePath: StaticString = ""
        ) {
            self.usual = usual
            self.large = large
            self.otherLarge = otherLarge
            self.largePath = largePath
            self.otherLargePath = otherLargePath
        }
    }

    @usableFromInline
    enum State: Hashable, Sendable {
        case start, requestLine, fields, plainBody
        case chunkSize, chunkData, chunkEnd, trailers
        case complete
        case refused(RequestRefusal)
    }

    /// The request's line and headers; whole once its body is awaited or complete.
    public internal(set) var head = RequestHead()
    let bodyLimits: BodyLimits
    @usableFromInline var state = State.start
    /// Everything before it is read for good.
    @usableFromInline var position = 0
    /// No line feed between `position` and here.
    @usableFromInline var scanned = 0
    var blankLines = 0
    var fieldCount = 0
    /// Where the first field or trailer line begins.
    var fieldsStart = 0
    var lengthFieldSeen: UInt64?
    var isChunked = false
    var closeAsked = false
    /// What the body of this request may hold.
    var bodyLimit = 0
    var continueWasSaid = false
    var chunkedBody: [UInt8] = []
    var chunkRemaining = 0
    var chunkFraming = 0

    public init(bodyLimits: BodyLimits = BodyLimits()) { self.bodyLimits = bodyLimits }

    /// The bytes of the request, once it is complete.
    @inlinable public var byteCount: Int {
        precondition(state == .complete, "the request isn't complete")
        return position
    }

    /// True before the first byte of a request: the connection is idle.
    @inlinable public var isIdle: Bool { state == .start && position == 0 && scanned == 0 }

    /// True once the head is read and its body awaited.
    public var isReadingBody: Bool {
        switch state {
        case .plainBody, .chunkSize, .chunkData, .chunkEnd, .trailers: true
        default: false
        }
    }

    /// Gets ready for the request that follows the complete one, and returns the bytes of that.
    @discardableResult
    public mutating func startNext() -> Int {
        precondition(state == .complete, "the request isn't complete")
        let byteCount = position
        head = RequestHead()
        state = .start
        position = 0
        scanned = 0
        blankLines = 0
        fieldCount = 0
        lengthFieldSeen = nil
        isChunked = false
        closeAsked = false
        continueWasSaid = false
        chunkFraming = 0
        // One large body shouldn't cost the connection its memory for ever.
        if chunkedBody.capacity > 1 << 16 { chunkedBody = [] }
        if !chunkedBody.isEmpty { chunkedBody.removeAll(keepingCapacity: true) }
        return byteCount
    }

    /// Reads on. `bytes` begins at the request's first byte.
    public mutating func parse(_ bytes: UnsafeRawBufferPointer) -> Progress {
        do throws(RequestRefusal) {
            while try advance(bytes) {}
        } catch {
            state = .refused(error)
        }
        switch state {
        case .complete: return .complete
        case .refused(let refusal): return .refused(refusal)
        case .plainBody, .chunkSize:
            guard head.expectsContinue, !continueWasSaid, bytes.count == head.byteCount else {
                return .incomplete
            }
            continueWasSaid = true
            return .expectsContinue
        default: return .incomplete
        }
    }

    /// The body of the complete request where it lies in `bytes`, which are those that were given
    /// to `parse`, and empty if it has none; nil if it was gathered from chunks.
    public func bodyInPlace(in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        precondition(state == .complete, "the request isn't complete")
        switch head.body {
        case .none: return UnsafeRawBufferPointer(rebasing: bytes[position..<position])
        case .length: return UnsafeRawBufferPointer(rebasing: bytes[head.byteCount..<position])
        case .chunked: return nil
        }
    }

    /// The body of the complete request, wherever it is. `bytes` as given to `parse`.
    public func withBody<Result>(
        in bytes: UnsafeRawBufferPointer, _ read: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        if let body = bodyInPlace(in: bytes) { return read(body) }
        return chunkedBody.withUnsafeBytes(read)
    }

    /// Takes one step; false if it needs more bytes or nothing is left to do.
    private mutating func advance(
        _ bytes: UnsafeRawBufferPointer
    ) throws(RequestRefusal) -> Bool {
        switch state {
        case .start: return try skipBlankLine(bytes)
        case .requestLine: return try readRequestLine(bytes)
        case .fields: return try readField(bytes)
        case .plainBody: return awaitPlainBody(bytes)
        case .chunkSize: return try readChunkSize(bytes)
        case .chunkData: return readChunkData(bytes)
        case .chunkEnd: return try readChunkEnd(bytes)
        case .trailers: return try readTrailer(bytes)
        case .complete, .refused: return false
        }
    }

    private mutating func awaitPlainBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard case .length(let count) = head.body, bytes.count - head.byteCount >= count else {
            return false
        }
        position = head.byteCount + count
        state = .complete
        return true
    }

    // MARK: Lines

    /// The next line without its end, of at most `limit` bytes from `position`; nil if its end
    /// hasn't come yet.
    mutating func takeLine(
        _ bytes: UnsafeRawBufferPointer, limit: Int, tooLong: RequestRefusal
    ) throws(RequestRefusal) -> Range<Int>? {
        // The line feed may stand behind `limit` bytes and a carriage return.
        let last = min(bytes.count, position + limit + 2)
        guard let lineFeed = bytes.first(ASCII.lineFeed, in: scanned..<last) else {
            scanned = last
            if last == position + limit + 2 { throw tooLong }
            return nil
        }
        guard lineFeed > position, bytes[lineFeed - 1] == ASCII.carriageReturn else {
            throw .bareLineFeed
        }
        let line = position..<lineFeed - 1
        position = lineFeed + 1
        scanned = position
        return line
    }
}
