/// Bytes that are no request of HTTP/1.1 as this server speaks it.
struct MalformedRequest: Sendable {
    var what: String
    var bytes: [UInt8]

    init(_ what: String, _ text: String) {
        self.what = what
        bytes = Array(text.utf8)
    }

    init(_ what: String, bytes: [UInt8]) {
        self.what = what
        self.bytes = bytes
    }
}

extension MalformedRequest {
    static var all: [MalformedRequest] {
        requestLines + versions + targets + fieldLines + hosts + lengths + codings + chunks
            + oversized + controlBytes
    }

    private static func get(_ fields: String) -> String {
        "GET /v1/auth HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n"
    }

    private static func post(_ fields: String, body: String = "{}") -> String {
        "POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            + "\(fields)\r\n\r\n\(body)"
    }

    private static var requestLines: [MalformedRequest] {
        [
            "GET", "GET /livez", "GET  /livez HTTP/1.1", "GET /livez  HTTP/1.1",
            " GET /livez HTTP/1.1", "GET /livez HTTP/1.1 ", "GET\t/livez HTTP/1.1",
            "GET /livez\tHTTP/1.1", "/livez HTTP/1.1", "HTTP/1.1 200 OK", "G<T /livez HTTP/1.1",
            "GET@ /livez HTTP/1.1", "G\u{E9}T /livez HTTP/1.1", "GET /livez HTTP/1.1 x",
            "GET /li vez HTTP/1.1", ":GET /livez HTTP/1.1", "\"GET\" /livez HTTP/1.1",
            "GET /livez HTTP/1.1,HTTP/1.0",
        ].map { MalformedRequest("line “\($0)”", "\($0)\r\nHost: a\r\n\r\n") }
    }

    private static var versions: [MalformedRequest] {
        [
            "HTTP/2.0", "HTTP/0.9", "HTTP/3.0", "HTTP/11", "HTTP/1.1.1", "HTTP/1.",
            "http/1.1", "HTTP 1.1", "HTTP/1,1", "XTTP/1.1", "HTTP/-1.1", "HTTP/1.1\u{0}",
        ].map { MalformedRequest("version \($0)", "GET /livez \($0)\r\nHost: a\r\n\r\n") } + [
            MalformedRequest("HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
            MalformedRequest("a TLS greeting", bytes: [22, 3, 1, 0, 5, 1, 0, 0, 1, 3, 13, 10]),
        ]
    }

    private static var targets: [MalformedRequest] {
        ["livez", "*", "", "/li\u{1}vez", "/li\u{7F}vez", "/li\u{E9}vez"].map {
            MalformedRequest("target “\($0)”", "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n")
        }
    }

    private static var fieldLines: [MalformedRequest] {
        [
            "X", "X:\u{0}", "X : y", "X\t: y", ": y", " X: y", "X: y\r\n z", "X: y\r\n\tz",
            "X Y: z", "X\u{0}: y", "X(: y", "X@: y", "X[: y", "X{: y", "X/: y", "X\": y",
            "\u{E9}: y", "X: y\rz", "X: a\u{1}b", "X: a\u{7F}b", "X: y\n", "X: y\nZ: a",
            "=: y\r\nX", "X: y\r\n :z",
        ].map { MalformedRequest("field “\($0)”", get($0)) } + [
            MalformedRequest("a folded first field", "GET /livez HTTP/1.1\r\n Host: a\r\n\r\n"),
            MalformedRequest("line feeds only", "GET /livez HTTP/1.1\nHost: a\n\n"),
            MalformedRequest("one line feed only", "GET /livez HTTP/1.1\r\nHost: a\n\r\n"),
            MalformedRequest("a bare end", "GET /livez HTTP/1.1\r\nHost: a\r\n\n"),
            MalformedRequest("a carriage return only", "GET /livez HTTP/1.1\rHost: a\r\r"),
            MalformedRequest("two carriage returns", "GET /livez HTTP/1.1\r\r\nHost: a\r\n\r\n"),
            MalformedRequest("blank lines", String(repeating: "\r\n", count: 200)),
        ]
    }

    private static var hosts: [MalformedRequest] {
        [
            "X: y", "Host: a\r\nHost: a", "Host: a\r\nhost: b", "Host: a b", "Host: a\u{0}",
            "Host: a,b", "Host: a/b", "Host: <a>",
        ].map { MalformedRequest("host “\($0)”", "GET /livez HTTP/1.1\r\n\($0)\r\n\r\n") }
    }

    private static var lengths: [MalformedRequest] {
        [
            "Content-Length: +2", "Content-Length: -2", "Content-Length: 0x2",
            "Content-Length: 2 2", "Content-Length: 2.0", "Content-Length: 2e0",
            "Content-Length: two", "Content-Length:", "Content-Length: 2\r\nContent-Length: 3",
            "Content-Length: 2, 3", "Content-Length: 99999999999999999999999",
            "Content-Length: 18446744073709551618", "Content-Length: \u{661}",
            "Content-Length: 2;", "Content-Length: ,2", "Content-Length: 2\u{B}",
            "Content-Length: 2097153", "Content-Length: 9223372036854775807",
            "Content-Length: 2\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nContent-Length: 2",
            "Transfer-Encoding: chunked\r\nContent-Length: 0",
        ].map { MalformedRequest("length “\($0)”", post($0)) }
    }

    private static var codings: [MalformedRequest] {
        [
            "gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "identity", "xchunked",
            "chunked\u{B}", "\u{B}chunked", "chunk", "\"chunked\"", "chunked;q=1", "",
            "chunked\r\nTransfer-Encoding: chunked", "chunked\r\nTransfer-Encoding: identity",
            "identity\r\nTransfer-Encoding: chunked",
        ].map {
            MalformedRequest(
                "coding “\($0)”", post("Transfer-Encoding: \($0)", body: "2\r\n{}\r\n0\r\n\r\n"))
        } + [
            MalformedRequest(
                "chunks in HTTP/1.0",
                "POST /v1/verify HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        ]
    }

    private static var chunks: [MalformedRequest] {
        [
            "x\r\n{}\r\n0\r\n\r\n", "-2\r\n{}\r\n0\r\n\r\n", "0x2\r\n{}\r\n0\r\n\r\n",
            " 2\r\n{}\r\n0\r\n\r\n", "2 \n{}\r\n0\r\n\r\n", "\r\n{}\r\n0\r\n\r\n",
            "2\n{}\r\n0\r\n\r\n", "2\r\n{}0\r\n\r\n", "2\r\n{}\n0\r\n\r\n", "2\r\n{}x\r\n0\r\n\r\n",
            "1\r\n{}\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n",
            "10000000000000002\r\n{}\r\n0\r\n\r\n", "80000000\r\n{}\r\n0\r\n\r\n",
            "2\r\n{}\r\n0\r\nX\r\n\r\n", "2\r\n{}\r\n0\r\nX : y\r\n\r\n",
            "2\u{0}\r\n{}\r\n0\r\n\r\n",
            "2;" + String(repeating: "x", count: 70_000) + "\r\n{}\r\n0\r\n\r\n",
        ].map {
            MalformedRequest(
                "chunk “\($0.prefix(30))”", post("Transfer-Encoding: chunked", body: $0))
        }
    }

    private static var oversized: [MalformedRequest] {
        let long = String(repeating: "a", count: 20_000)
        let many = (0..<80).map { "X\($0): y" }.joined(separator: "\r\n")
        let wide = (0..<40).map { "X\($0): \(long.prefix(1000))" }.joined(separator: "\r\n")
        return [
            MalformedRequest("a long line", "GET /\(long) HTTP/1.1\r\nHost: a\r\n\r\n"),
            MalformedRequest("a long line without end", "GET /\(long)\(long)"),
            MalformedRequest("a long method", "\(long) / HTTP/1.1\r\nHost: a\r\n\r\n"),
            MalformedRequest("a long field", get("X: \(long)")),
            MalformedRequest("a long name", get("\(long): y")),
            MalformedRequest("many fields", get(many)), MalformedRequest("wide fields", get(wide)),
            MalformedRequest("an unknown expectation", post("Expect: 200-ok\r\nContent-Length: 2")),
        ]
    }

    /// A request with each control byte in turn in the middle of its path.
    private static var controlBytes: [MalformedRequest] {
        let tail = Array("vez HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        var requests: [MalformedRequest] = []
        for byte in [UInt8](0...31) + [127, 128, 255] where ![9, 10, 13, 32].contains(byte) {
            let bytes = Array("GET /li".utf8) + [byte] + tail
            requests.append(MalformedRequest("byte \(byte) in the line", bytes: bytes))
        }
        return requests
    }
}
