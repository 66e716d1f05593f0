/// A request's line and headers as places in the buffer they were read from.
///
/// Laws: every range lies before `byteCount`; `path` isn't empty and begins with `/`, but for the
/// target `*`; a field that stands here stood once in the request.
@frozen
public struct RequestHead: Hashable, Sendable {
    @frozen
    public enum Body: Hashable, Sendable {
        case none
        case length(Int)
        case chunked
    }

    public internal(set) var method = Method.other
    /// HTTP/1.1 or a later 1.x; otherwise 1.0.
    public internal(set) var isVersion11 = true
    /// The connection may serve another request after this one.
    public internal(set) var keepsAlive = true
    /// The client waits for 100 Continue before it sends the body.
    public internal(set) var expectsContinue = false
    public internal(set) var body = Body.none
    public internal(set) var methodName = ByteRange.absent
    public internal(set) var target = ByteRange.absent
    /// The target up to `?`, not percent-decoded.
    public internal(set) var path = ByteRange.absent
    /// What follows `?`, not percent-decoded.
    public internal(set) var query = ByteRange.absent
    public internal(set) var host = ByteRange.absent
    public internal(set) var authorization = ByteRange.absent
    /// The value of `api-key`.
    public internal(set) var apiKey = ByteRange.absent
    /// The value of `X-API-Key`.
    public internal(set) var xAPIKey = ByteRange.absent
    public internal(set) var contentType = ByteRange.absent
    public internal(set) var idempotencyKey = ByteRange.absent
    /// All field lines with their line ends, without the empty line behind them.
    public internal(set) var fields = ByteRange.absent
    /// Where the body begins.
    public internal(set) var byteCount = 0

    init() {}

    /// The value of the first field of that name, which is given in lower case, without white
    /// space around it.
    public func value(of name: StaticString, in bytes: UnsafeRawBufferPointer) -> ByteRange? {
        var found: ByteRange?
        forEachField(in: bytes) { fieldName, value in
            if found == nil, fieldName.slice(of: bytes).equals(foldedTo: name) { found = value }
        }
        return found
    }

    /// Gives every field in order: its name, and its value without white space around it.
    public func forEachField(
        in bytes: UnsafeRawBufferPointer, _ body: (ByteRange, ByteRange) -> Void
    ) {
        var start = fields.lowerBound
        while start < fields.upperBound {
            // The lines were checked when the head was read: each has a colon and a CRLF.
            var colon = start
            while bytes[colon] != UInt8(ascii: ":") { colon += 1 }
            var end = colon + 1
            while bytes[end] != ASCII.carriageReturn { end += 1 }
            body(
                ByteRange(start..<colon),
                ByteRange(bytes.withoutWhiteSpace(in: colon + 1..<end)))
            start = end + 2
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The range without the blanks and tabs at its ends.
    @inline(__always)
    func withoutWhiteSpace(in range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, self[start] == ASCII.space || self[start] == ASCII.tab { start += 1 }
        while end > start, self[end - 1] == ASCII.space || self[end - 1] == ASCII.tab { end -= 1 }
        return start..<end
    }
}
