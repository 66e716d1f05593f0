/// Reads one request after the other from a buffer that its caller owns and fills
/// (RFC 9112, read as strictly as it can be: what another reader might see differently is
/// refused).
///
/// The caller gives all bytes it holds from the start of the request on, again with more bytes
/// after `incomplete`. After `complete` it answers, drops `byteCount` bytes and calls `startNext`.
///
/// Laws: the result doesn't depend on how the bytes were split; once refused, always refused; no
/// byte is looked at more than a fixed number of times; a request without chunks is read without
/// allocation.
public struct RequestParser: Sendable {
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

    enum State: Hashable, Sendable {
        case start, requestLine, fields, plainBody
        case chunkSize, chunkData, chunkEnd, trailers
        case complete
        case refused(RequestRefusal)
    }

    /// The request's line and headers; whole once its body is awaited or complete.
    public internal(set) var head = RequestHead()
    let bodyLimits: BodyLimits
    var state = State.start
    /// Everything before it is read for good.
    var position = 0
    /// No line feed between `position` and here.
    var scanned = 0
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
    public var byteCount: Int {
        precondition(state == .complete, "the request isn't complete")
        return position
    }

    /// True before the first byte of a request: the connection is idle.
    public var isIdle: Bool { state == .start && position == 0 && scanned == 0 }

    /// True once the head is read and its body awaited.
    public var isReadingBody: Bool {
        switch state {
        case .plainBody, .chunkSize, .chunkData, .chunkEnd, .trailers: true
        default: false
        }
    }

    /// Gets ready for the request that follows the complete one.
    public mutating func startNext() {
        precondition(state == .complete, "the request isn't complete")
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
        chunkedBody.removeAll(keepingCapacity: true)
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

    /// The body of the complete request; empty if it has none. `bytes` as given to `parse`.
    @inline(__always)
    public func withBody<Result>(
        in bytes: UnsafeRawBufferPointer, _ read: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        precondition(state == .complete, "the request isn't complete")
        switch head.body {
        case .none: return read(UnsafeRawBufferPointer(rebasing: bytes[position..<position]))
        case .length:
            return read(UnsafeRawBufferPointer(rebasing: bytes[head.byteCount..<position]))
        case .chunked: return chunkedBody.withUnsafeBytes(read)
        }
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
        guard let lineFeed = bytes.firstLineFeed(in: scanned..<last) else {
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

extension UnsafeRawBufferPointer {
    /// Eight bytes at a time: heads are mostly long lines.
    @inline(__always)
    func firstLineFeed(in range: Range<Int>) -> Int? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = range.lowerBound
        while index &+ 8 <= range.upperBound {
            let word = UInt64(littleEndian: loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let difference = word ^ (ones &* UInt64(ASCII.lineFeed))
            let hits = (difference &- ones) & ~difference & (ones << 7)
            if hits != 0 { return index &+ hits.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < range.upperBound {
            if self[index] == ASCII.lineFeed { return index }
            index &+= 1
        }
        return nil
    }

    /// True if a byte of a field's value may not stand there: control characters but the tab.
    @inline(__always)
    func hasForbiddenValueByte(in range: Range<Int>) -> Bool {
        for index in range {
            let byte = self[index]
            if byte < ASCII.space, byte != ASCII.tab { return true }
            if byte == ASCII.delete { return true }
        }
        return false
    }
}
