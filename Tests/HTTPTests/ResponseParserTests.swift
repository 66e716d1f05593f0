import HTTP
import Testing

@Suite struct ResponseParserTests {
    static let samples: [(String, Response)] = [
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A:  b \r\n\r\n{}",
            response(200, [("content-length", "2"), ("x-a", "b")], "{}")
        ),
        ("HTTP/1.1 204 No Content\r\n\r\n", response(204, [], "")),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nConnection: Close\r\nContent-Length: 1\r\n\r\nx",
            response(201, [("connection", "Close"), ("content-length", "1")], "x", keeps: false)
        ),
        (
            "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x\r\n0123456789\r\n0\r\nT: u\r\n\r\n",
            response(200, [("transfer-encoding", "chunked")], "abc0123456789")
        ),
    ]

    static func response(
        _ status: UInt16, _ fields: [(String, String)], _ body: String, keeps: Bool = true
    ) -> Response {
        Response(
            status: status, fields: fields.map { .init(name: $0.0, value: $0.1) },
            body: body.bytes, keepsAlive: keeps)
    }

    @Test func `an answer in any two pieces is the answer in one`() throws {
        for (text, expected) in Self.samples {
            let bytes = text.bytes
            for cut in 0...bytes.count {
                var parser = ResponseParser()
                parser.append(bytes[..<cut])
                let early = try parser.next()
                parser.append(bytes[cut...])
                let answer = try early ?? parser.next()
                #expect(answer == expected, "\(text) at \(cut)")
                #expect(!parser.hasLeftovers)
            }
        }
    }

    @Test func `answers in one buffer come one after the other`() throws {
        var parser = ResponseParser()
        for (text, _) in Self.samples { parser.append(text.bytes) }
        for (_, expected) in Self.samples { #expect(try parser.next() == expected) }
        #expect(try parser.next() == nil)
    }

    @Test func `an answer may end with the connection`() throws {
        var parser = ResponseParser()
        parser.append("HTTP/1.1 200 OK\r\n\r\nabc".bytes)
        #expect(try parser.next() == nil)
        let answer = try #require(try parser.next(atEnd: true))
        #expect(answer.body == "abc".bytes)
        #expect(!answer.keepsAlive)
    }

    @Test func `the answer to HEAD has no body`() throws {
        var parser = ResponseParser()
        parser.append("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n".bytes)
        #expect(try parser.next(toHead: true)?.body == [])
    }

    static let refusals: [(String, ResponseRefusal)] = [
        ("HTTP/2 200 OK\r\n\r\n", .malformedStatusLine), ("\r\n\r\n", .malformedStatusLine),
        ("HTTP/1.1 20 OK\r\n\r\n", .malformedStatusLine),
        ("HTTP/1.1 600 OK\r\n\r\n", .malformedStatusLine),
        ("HTTP/1.1 200 OK\r\nx\r\n\r\n", .malformedField),
        ("HTTP/1.1 200 OK\r\n: a\r\n\r\n", .malformedField),
        ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", .malformedLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", .malformedLength),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .malformedLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", .tooLarge),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", .malformedChunk),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", .malformedChunk),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n", .tooLarge),
        (String(repeating: "a", count: 30_000), .tooLarge),
    ]

    @Test func `what is no answer is refused`() {
        for (text, refusal) in Self.refusals {
            var parser = ResponseParser()
            parser.append(text.bytes)
            #expect(throws: refusal, "\(text)") { try parser.next() }
        }
        var parser = ResponseParser()
        parser.append("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc".bytes)
        #expect(throws: ResponseRefusal.truncated) { try parser.next(atEnd: true) }
    }

    @Test func `requests that are written are read again`() throws {
        var writer = RequestWriter()
        writer.begin(.post, "/v1/accounts/a b?x=\r\n", host: "h:1")
        writer.field("Authorization", "Bearer kct_\r\nX: y")
        writer.end(json: "{}".bytes)
        writer.begin(.get, "/", host: "h")
        writer.end()
        let first = Reading.parsed(writer.bytes)
        guard case .complete(let request) = first else {
            Issue.record("\(first)")
            return
        }
        #expect(request.target == "/v1/accounts/a%20b?x=%0D%0A")
        #expect(
            request.fields == [
                "Host=h:1", "Authorization=Bearer kct_??X: y", "Content-Type=application/json",
                "Content-Length=2",
            ])
        #expect(request.body == "{}".bytes)
        let rest = Array(writer.bytes[request.byteCount...])
        #expect(rest == "GET / HTTP/1.1\r\nHost: h\r\n\r\n".bytes)
    }
}
