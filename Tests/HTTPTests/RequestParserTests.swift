import HTTP
import Testing

@Suite struct RequestParserTests {
    @Test func `a request is read as places in the buffer`() throws {
        let bytes =
            "POST /v1/verify?x=1 HTTP/1.1\r\nHost: k\r\nContent-Type: application/json\r\nX-A: b\r\nContent-Length: 3\r\n\r\nabcd"
            .bytes
        var parser = RequestParser()
        let progress = bytes.withUnsafeBytes { parser.parse($0) }
        #expect(progress == .complete)
        #expect(parser.head.method == .post)
        #expect(parser.head.path.text(in: bytes) == "/v1/verify")
        #expect(parser.head.query.text(in: bytes) == "x=1")
        #expect(parser.head.contentType.text(in: bytes) == "application/json")
        #expect(parser.head.body == .length(3))
        #expect(parser.byteCount == bytes.count - 1)
        bytes.withUnsafeBytes { buffer in
            #expect(parser.withBody(in: buffer) { Array($0) } == "abc".bytes)
            #expect(parser.head.value(of: "x-a", in: buffer)?.text(in: bytes) == "b")
            #expect(parser.head.value(of: "x-b", in: buffer) == nil)
        }
    }

    @Test func `requests in one buffer are read one after the other`() {
        let bytes = (sampleRequests[0] + sampleRequests[3] + sampleRequests[4]).bytes
        var parser = RequestParser()
        var paths: [String?] = []
        var start = 0
        while start < bytes.count {
            let rest = Array(bytes[start...])
            #expect(rest.withUnsafeBytes { parser.parse($0) } == .complete)
            paths.append(parser.head.path.text(in: rest))
            start += parser.byteCount
            parser.startNext()
        }
        #expect(paths == ["/v1/auth", "/v1/charges", "/livez"])
        #expect(start == bytes.count)
        #expect(parser.isIdle)
    }

    @Test func `a request in two pieces is the request in one`() {
        for sample in sampleRequests {
            let bytes = sample.bytes
            let whole = Reading.parsed(bytes)
            guard case .complete = whole else {
                Issue.record("\(sample) gives \(whole)")
                continue
            }
            for cut in 0...bytes.count {
                #expect(
                    Reading.parsed(bytes, piecesEndingAt: [cut]) == whole, "\(sample) at \(cut)")
            }
            #expect(Reading.parsed(bytes, piecesEndingAt: Array(0..<bytes.count)) == whole)
        }
    }

    @Test func `the twin reads the samples alike`() {
        for sample in sampleRequests {
            #expect(RequestParserTwin.read(sample.bytes) == Reading.parsed(sample.bytes))
        }
    }

    @Test func `a body that is awaited with 100-continue asks for it once`() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n"
        var parser = RequestParser()
        #expect(head.bytes.withUnsafeBytes { parser.parse($0) } == .expectsContinue)
        #expect(head.bytes.withUnsafeBytes { parser.parse($0) } == .incomplete)
        #expect((head + "{").bytes.withUnsafeBytes { parser.parse($0) } == .incomplete)
        #expect((head + "{}").bytes.withUnsafeBytes { parser.parse($0) } == .complete)
    }

    @Test func `a body that has come needs no 100-continue`() {
        let request =
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{"
        var parser = RequestParser()
        #expect(request.bytes.withUnsafeBytes { parser.parse($0) } == .incomplete)
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: x , ClOsE\r\n", false),
        ("HTTP/1.1", "Connection: closed\r\n", true), ("HTTP/1.0", "", false),
        ("HTTP/1.0", "Connection: keep-alive\r\n", false), ("HTTP/1.9", "", true),
    ])
    func `a connection is kept unless a side says otherwise`(
        version: String, fields: String, keeps: Bool
    ) {
        let bytes = "GET / \(version)\r\nHost: a\r\n\(fields)\r\n".bytes
        guard case .complete(let request) = Reading.parsed(bytes) else {
            Issue.record("not read")
            return
        }
        #expect(request.keepsAlive == keeps)
    }

    @Test func `limits are met exactly`() {
        let target = { (count: Int) in "/" + String(repeating: "a", count: count - 15) }
        let line = { (count: Int) in "GET \(target(count)) HTTP/1.1\r\nHost: a\r\n\r\n".bytes }
        // "GET " and " HTTP/1.1" are 13 bytes, and the slash one.
        guard case .complete(let request) = Reading.parsed(line(8193)) else {
            Issue.record("8 KiB of request line refused")
            return
        }
        #expect(request.target.utf8.count + 13 == 8192)
        #expect(Reading.parsed(line(8194)) == .refused(.requestLineTooLong))

        let many = { (count: Int) in
            ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "A: b\r\n", count: count - 1)
                + "\r\n").bytes
        }
        guard case .complete = Reading.parsed(many(64)) else {
            Issue.record("64 headers refused")
            return
        }
        #expect(Reading.parsed(many(65)) == .refused(.fieldsTooLarge))

        // "Host: a", "A: " and their line ends are 16 bytes with the empty line.
        let long = { (count: Int) in
            "GET / HTTP/1.1\r\nHost: a\r\nA: \(String(repeating: "b", count: count - 16))\r\n\r\n"
                .bytes
        }
        guard case .complete = Reading.parsed(long(16384)) else {
            Issue.record("16 KiB of headers refused")
            return
        }
        #expect(Reading.parsed(long(16385)) == .refused(.fieldsTooLarge))
    }

    @Test func `two paths may take larger bodies, each its own`() {
        let limits = RequestParser.BodyLimits(
            usual: 3, large: 5, largePath: "/big", otherLarge: 7, otherLargePath: "/huge")
        #expect(limits.largest == 7)
        let request = { (path: String, count: Int) in
            ("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\r\n"
                + String(repeating: "x", count: count)).bytes
        }
        for (path, count, refused) in [
            ("/big", 5, false), ("/big", 6, true), ("/big?a", 5, false), ("/", 3, false),
            ("/", 4, true), ("/bigger", 4, true), ("/huge", 7, false), ("/huge", 8, true),
        ] {
            let reading = Reading.parsed(request(path, count), limits: limits)
            #expect((reading == .refused(.contentTooLarge)) == refused, "\(path) \(count)")
        }
    }

    @Test func `chunks are bounded with all that surrounds them`() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let chunks = { (count: Int, size: Int) in
            String(
                repeating:
                    "\(String(size, radix: 16))\r\n\(String(repeating: "x", count: size))\r\n",
                count: count)
        }
        let limits = RequestParser.BodyLimits(usual: 100)
        let fits = Reading.parsed((head + chunks(10, 10) + "0\r\n\r\n").bytes, limits: limits)
        guard case .complete(let request) = fits else {
            Issue.record("\(fits)")
            return
        }
        #expect(request.body.count == 100)
        #expect(
            Reading.parsed((head + chunks(10, 10) + "1\r\n").bytes, limits: limits)
                == .refused(.contentTooLarge))
        // Each one-byte chunk adds five bytes.
        let small = chunks(HTTPLimits.chunkFramingBytes / 5 + 1, 1)
        #expect(Reading.parsed((head + small).bytes) == .refused(.contentTooLarge))
    }

    @Test func `what was refused stays refused`() {
        var parser = RequestParser()
        let bytes = "GET / HTTP/1.1\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n".bytes
        for _ in 0..<2 {
            #expect(bytes.withUnsafeBytes { parser.parse($0) } == .refused(.bareLineFeed))
        }
    }

    @Test func `a secret is found in its three places and never in two`() {
        let cases: [(String, String?)] = [
            ("Authorization: Bearer kc_1\r\n", "kc_1"), ("authorization: bearer  kc_1\r\n", "kc_1"),
            ("api-key: kc_2\r\n", "kc_2"), ("X-API-KEY: kc_3\r\n", "kc_3"),
            ("Authorization: Basic a2M=\r\n", "none"), ("Authorization: Bearer a b\r\n", "none"),
            ("Authorization: Bearer \r\n", "none"), ("Authorization: Bearerkc_1\r\n", "none"),
            ("", "none"), ("Authorization: Bearer a\r\napi-key: a\r\n", nil),
            ("x-api-key: a\r\napi-key: b\r\n", nil),
            ("Authorization: Basic a\r\napi-key: b\r\n", "b"),
        ]
        for (fields, expected) in cases {
            let bytes = "GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n".bytes
            var parser = RequestParser()
            let secret = bytes.withUnsafeBytes { buffer in
                _ = parser.parse(buffer)
                return parser.head.presentedSecret(in: buffer)
            }
            switch secret {
            case .none: #expect(expected == "none", "\(fields)")
            case .one(let place): #expect(place.text(in: bytes) == expected, "\(fields)")
            case .several: #expect(expected == nil, "\(fields)")
            }
        }
    }
}
