/// Every fixed bound of the HTTP interface's parsers.
public enum HTTPLimits {
    /// A request or status line without its line end.
    public static let startLineBytes = 8 << 10
    public static let methodBytes = 32
    /// Field lines of one message, and of the trailers of a chunked body.
    public static let fieldCount = 64
    /// All field lines of a message together, with their line ends.
    public static let fieldBytes = 16 << 10
    /// The largest request head: what a connection's buffer must be able to hold.
    public static let headBytes = startLineBytes + fieldBytes + 2 * (blankLines + 1)
    /// Empty lines that may precede a request line (RFC 9112, 2.2 asks for one).
    public static let blankLines = 4
    /// A body, unless the path has a limit of its own.
    public static let bodyBytes = 1 << 20
    /// The line that opens a chunk, with extensions, without its line end.
    public static let chunkLineBytes = 256
    /// What the chunking of one body may add to it: a body in chunks of a few bytes would
    /// otherwise fill a buffer many times its own limit.
    public static let chunkFramingBytes = 256 << 10
    /// Objects and arrays of a JSON text within each other.
    public static let jsonDepth = 16
    /// The largest whole number that every JSON reader reads exactly.
    public static let largestNumber: UInt64 = 1 << 53 - 1
}
