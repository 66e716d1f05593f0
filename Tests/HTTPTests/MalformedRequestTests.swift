import HTTP
import Testing

/// Requests that must be refused, each for its own reason, with the status it gets.
@Suite struct MalformedRequestTests {
    static let lines: [(String, RequestRefusal)] = [
        ("GET /\r\n", .malformedRequestLine), ("GET\r\n", .malformedRequestLine),
        ("GET  / HTTP/1.1\r\n", .malformedRequestLine),
        ("GET /  HTTP/1.1\r\n", .malformedRequestLine),
        ("GET / HTTP/1.1 \r\n", .malformedRequestLine),
        (" GET / HTTP/1.1\r\n", .malformedRequestLine),
        ("GET\t/ HTTP/1.1\r\n", .malformedRequestLine),
        ("GET /\tHTTP/1.1\r\n", .malformedRequestLine),
        ("G ET / HTTP/1.1\r\n", .malformedRequestLine),
        ("GET / a HTTP/1.1\r\n", .malformedRequestLine),
        ("GE(T / HTTP/1.1\r\n", .malformedRequestLine),
        ("GET@ / HTTP/1.1\r\n", .malformedRequestLine),
        ("G\u{0}T / HTTP/1.1\r\n", .malformedRequestLine),
        ("{\"a\":1}\r\n", .malformedRequestLine),
        ("\u{16}\u{3}\u{1}", .malformedRequestLine), ("\u{0}", .malformedRequestLine),
        ("\rGET / HTTP/1.1\r\n", .malformedRequestLine),
        (String(repeating: "A", count: 33) + " / HTTP/1.1\r\n", .malformedRequestLine),
        ("GET /\u{0} HTTP/1.1\r\n", .malformedRequestLine),
        ("GET /\u{1} HTTP/1.1\r\n", .malformedRequestLine),
        ("GET /\u{7F} HTTP/1.1\r\n", .malformedRequestLine),
        ("GET /\u{E9} HTTP/1.1\r\n", .malformedRequestLine),
        ("GET /#a HTTP/1.1\r\n", .malformedRequestLine),
        ("GET v1 HTTP/1.1\r\n", .malformedRequestLine),
        ("GET * HTTP/1.1\r\n", .malformedRequestLine),
        ("GET ?a HTTP/1.1\r\n", .malformedRequestLine),
        ("GET http:///a HTTP/1.1\r\n", .malformedRequestLine),
        ("GET http://h HTTP/1.1\r\n", .malformedRequestLine),
        ("GET http://a@b/ HTTP/1.1\r\n", .malformedRequestLine),
        ("GET ftp://a/ HTTP/1.1\r\n", .malformedRequestLine),
        ("CONNECT a:443 HTTP/1.1\r\n", .malformedRequestLine),
        ("GET / http/1.1\r\n", .malformedRequestLine),
        ("GET / HTTP/1\r\n", .malformedRequestLine), ("GET / HTTP/1.\r\n", .malformedRequestLine),
        ("GET / HTTP/11\r\n", .malformedRequestLine),
        ("GET / HTTP/1.10\r\n", .malformedRequestLine),
        ("GET / HTTP/1,1\r\n", .malformedRequestLine),
        ("GET / HTTP/a.1\r\n", .malformedRequestLine),
        ("GET / HTTPS/1.1\r\n", .malformedRequestLine),
        ("GET / XTTP/1.1\r\n", .malformedRequestLine),
        ("GET / HTTP/2.0\r\n", .unsupportedVersion), ("GET / HTTP/0.9\r\n", .unsupportedVersion),
        ("GET / HTTP/3.1\r\n", .unsupportedVersion),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .unsupportedVersion),
        ("GET / HTTP/1.1\n", .bareLineFeed), ("\nGET / HTTP/1.1\r\n", .bareLineFeed),
        ("\n", .bareLineFeed), ("GET /\nHTTP/1.1\r\n", .bareLineFeed),
        ("GET / HTTP/1.1\r\r\n", .malformedRequestLine),
        ("GET /\r HTTP/1.1\r\n", .malformedRequestLine),
        ("\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n", .tooManyBlankLines),
        ("GET /" + String(repeating: "a", count: 8192), .requestLineTooLong),
        (String(repeating: "A", count: 9000), .requestLineTooLong),
    ]

    /// Behind a request line of HTTP/1.1.
    static let fields: [(String, RequestRefusal)] = [
        ("\r\n", .missingHost), ("X: y\r\n\r\n", .missingHost),
        ("Host: a\r\nHost: a\r\n", .repeatedField), ("Host: a\r\nhost: b\r\n", .repeatedField),
        ("Host: a b\r\n", .malformedHost), ("Host: a/b\r\n", .malformedHost),
        ("Host: a,b\r\n", .malformedHost), ("Host: a@b\r\n", .malformedHost),
        ("Host: \u{E9}\r\n", .malformedHost),
        ("Host : a\r\n", .spaceBeforeColon), ("Host\t: a\r\n", .spaceBeforeColon),
        ("Host: a\r\nContent-Length : 1\r\n", .spaceBeforeColon),
        ("Host: a\r\nX y: z\r\n", .spaceBeforeColon),
        (" Host: a\r\n", .foldedField), ("\tHost: a\r\n", .foldedField),
        ("Host: a\r\nX: y\r\n z\r\n", .foldedField),
        ("Host: a\r\nX: y\r\n\tz\r\n", .foldedField), ("Host: a\r\n \r\n", .foldedField),
        ("Host\r\n", .malformedField), (": a\r\n", .malformedField),
        ("Host: a\r\nno colon\r\n", .spaceBeforeColon), ("Host: a\r\nx\r\n", .malformedField),
        ("X(: y\r\n", .malformedField), ("X\u{0}: y\r\n", .malformedField),
        ("X\u{E9}: y\r\n", .malformedField), ("X@Y: z\r\n", .malformedField),
        ("X: a\u{0}b\r\n", .malformedField), ("X: a\u{1}b\r\n", .malformedField),
        ("X: a\rb\r\n", .malformedField), ("X: a\u{7F}\r\n", .malformedField),
        ("X: a\u{B}\r\n", .malformedField), ("X: a\u{1B}[0m\r\n", .malformedField),
        ("X: a\r\r\n", .malformedField), ("\r\r\n", .malformedField),
        ("Host: a\n", .bareLineFeed), ("Host: a\r\nX: y\n\r\n", .bareLineFeed),
        ("\n", .bareLineFeed), ("Host: a\r\n\n", .bareLineFeed),
        ("Authorization: Bearer a\r\nAuthorization: Bearer a\r\n", .repeatedField),
        ("api-key: a\r\nAPI-Key: b\r\n", .repeatedField),
        ("X-API-Key: a\r\nX-API-Key: a\r\n", .repeatedField),
        ("Content-Type: a/b\r\nContent-Type: c/d\r\n", .repeatedField),
        ("Idempotency-Key: 1\r\nIdempotency-Key: 2\r\n", .repeatedField),
        ("Expect: 200-ok\r\n", .unknownExpectation), ("Expect: \r\n", .unknownExpectation),
        ("Expect: 100-continue, x\r\n", .unknownExpectation),
        ("A: \(String(repeating: "b", count: 17_000))", .fieldsTooLarge),
        (String(repeating: "A: b\r\n", count: 65), .fieldsTooLarge),
        (
            String(repeating: "A: \(String(repeating: "b", count: 1000))\r\n", count: 17),
            .fieldsTooLarge
        ),
    ]

    /// Behind a request line and a `Host`.
    static let lengths: [(String, RequestRefusal)] = [
        ("Content-Length: -1\r\n", .malformedContentLength),
        ("Content-Length: +1\r\n", .malformedContentLength),
        ("Content-Length: 1.0\r\n", .malformedContentLength),
        ("Content-Length: 0x10\r\n", .malformedContentLength),
        ("Content-Length: 1e3\r\n", .malformedContentLength),
        ("Content-Length: a\r\n", .malformedContentLength),
        ("Content-Length:\r\n", .malformedContentLength),
        ("Content-Length: 1 1\r\n", .malformedContentLength),
        ("Content-Length: 1, 1\r\n", .malformedContentLength),
        ("Content-Length: 1,2\r\n", .malformedContentLength),
        ("Content-Length: 1\r\nContent-Length: 2\r\n", .malformedContentLength),
        ("Content-Length: 1048577\r\n\r\n", .contentTooLarge),
        ("Content-Length: 9223372036854775808\r\n\r\n", .contentTooLarge),
        ("Content-Length: 18446744073709551616\r\n\r\n", .contentTooLarge),
        ("Content-Length: 99999999999999999999999\r\n\r\n", .contentTooLarge),
        ("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", .ambiguousLength),
        ("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", .ambiguousLength),
        ("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", .ambiguousLength),
        ("Transfer-Encoding: gzip\r\n", .unknownTransferCoding),
        ("Transfer-Encoding: gzip, chunked\r\n", .unknownTransferCoding),
        ("Transfer-Encoding: chunked, chunked\r\n", .unknownTransferCoding),
        ("Transfer-Encoding: chunked;q=1\r\n", .unknownTransferCoding),
        ("Transfer-Encoding: xchunked\r\n", .unknownTransferCoding),
        ("Transfer-Encoding: \"chunked\"\r\n", .unknownTransferCoding),
        ("Transfer-Encoding: identity\r\n", .unknownTransferCoding),
        ("Transfer-Encoding:\r\n", .unknownTransferCoding),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", .repeatedField),
    ]

    /// Behind the head of a chunked request.
    static let chunks: [(String, RequestRefusal)] = [
        ("\r\n", .malformedChunk), ("g\r\n", .malformedChunk), ("-1\r\n", .malformedChunk),
        ("+1\r\n", .malformedChunk), ("0x1\r\n", .malformedChunk), (" 1\r\n", .malformedChunk),
        ("1 \r\nx\r\n", .malformedChunk), ("1 1\r\n", .malformedChunk), ("1\n", .bareLineFeed),
        (";a\r\n", .malformedChunk), ("1;a\u{0}\r\n", .malformedChunk),
        ("1;a\u{1}b\r\n", .malformedChunk), ("1\r\nxx\r\n", .malformedChunk),
        ("1\r\nx\n", .malformedChunk), ("1\r\nx\rx", .malformedChunk),
        ("2\r\nx\r\n0\r\n\r\n", .malformedChunk), ("100001\r\n", .contentTooLarge),
        ("ffffffff\r\n", .contentTooLarge), ("fffffffff\r\n", .contentTooLarge),
        ("8000000000000000\r\n", .contentTooLarge),
        ("1;" + String(repeating: "a", count: 300), .malformedChunk),
        (String(repeating: "0", count: 300), .malformedChunk),
        ("0\r\nX\r\n", .malformedTrailer), ("0\r\nX : y\r\n", .malformedTrailer),
        ("0\r\n x\r\n", .malformedTrailer), ("0\r\nX: \u{0}\r\n", .malformedTrailer),
        ("0\r\n\n", .bareLineFeed), ("0\r\nX: y\n", .bareLineFeed),
        ("0\r\n" + String(repeating: "A: b\r\n", count: 65), .fieldsTooLarge),
        ("0\r\nX: " + String(repeating: "a", count: 17_000), .fieldsTooLarge),
    ]

    static var all: [(String, RequestRefusal)] {
        let start = "POST /v1/charges HTTP/1.1\r\n"
        return lines + fields.map { (start + $0, $1) }
            + lengths.map { (start + "Host: a\r\n" + $0, $1) }
            + chunks.map { (start + "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n" + $0, $1) }
            + [
                (
                    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                    .ambiguousLength
                )
            ]
    }

    /// One byte for each scalar, so that the table can hold bytes that aren't UTF-8.
    static func latin1(_ text: String) -> [UInt8] {
        text.unicodeScalars.map { UInt8($0.value) }
    }

    static func status(_ refusal: RequestRefusal) -> UInt16 {
        switch refusal {
        case .contentTooLarge: 413
        case .requestLineTooLong: 414
        case .unknownExpectation: 417
        case .fieldsTooLarge: 431
        case .unsupportedVersion: 505
        default: 400
        }
    }

    @Test func `every malformed request is refused with its status`() {
        #expect(Self.all.count >= 150)
        for (text, refusal) in Self.all {
            let bytes = Self.latin1(text)
            #expect(Reading.parsed(bytes) == .refused(refusal), "\(text.debugDescription)")
            #expect(refusal.status.rawValue == Self.status(refusal))
        }
    }

    @Test func `every malformed request is refused byte by byte as well`() {
        for (text, refusal) in Self.all where text.utf8.count < 2_000 {
            let bytes = Self.latin1(text)
            #expect(
                Reading.parsed(bytes, piecesEndingAt: Array(0..<bytes.count)) == .refused(refusal),
                "\(text.debugDescription)")
        }
    }

    @Test func `the twin refuses them alike`() {
        for (text, refusal) in Self.all {
            #expect(
                RequestParserTwin.read(Self.latin1(text)) == .refused(refusal),
                "\(text.debugDescription)")
        }
    }

    @Test func `every reason is met by a request`() {
        let met = Set(Self.all.map { $0.1 })
        for refusal in RequestRefusal.allCases {
            #expect(met.contains(refusal), "\(refusal)")
            #expect(!refusal.detail.isEmpty)
        }
    }
}
