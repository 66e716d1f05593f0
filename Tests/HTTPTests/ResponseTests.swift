import Basics
import Testing

@testable import HTTP

@Suite struct ResponseTests {
    static let date = HTTPDate(Timestamp(milliseconds: 784_111_777_500))

    @Test func `an answer is a status line, headers and a body`() {
        var response = ResponseWriter()
        response.begin(.ok, date: Self.date, keepsAlive: true)
        response.field("X-Keyclave-Index", 42)
        response.field("X-Keyclave-Node", "n1")
        response.end("{}".bytes, type: "application/json")
        let expected =
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Keyclave-Index: 42\r\n"
            + "X-Keyclave-Node: n1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        #expect(String(decoding: response.bytes, as: UTF8.self) == expected)
    }

    @Test func `HEAD is told the length of the body it doesn't get`() {
        var response = ResponseWriter()
        response.begin(.ok, date: Self.date, keepsAlive: false, omitsContent: true)
        response.end("abc".bytes, type: "text/plain")
        let text = String(decoding: response.bytes, as: UTF8.self)
        #expect(
            text.hasSuffix(
                "Connection: close\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\n"))
    }

    @Test func `no value can end its header`() {
        var response = ResponseWriter()
        response.begin(.noContent, date: Self.date, keepsAlive: true)
        response.field("X-A", "a\r\nSet-Cookie: b\u{0}\u{E9}" as String)
        response.end()
        let text = String(decoding: response.bytes, as: UTF8.self)
        #expect(text.hasSuffix("\r\nX-A: a??Set-Cookie: b???\r\n\r\n"))
    }

    @Test func `a refused key has its exact title and challenge`() throws {
        var response = ResponseWriter()
        var json = JSONWriter()
        var problem = ProblemDetails(.invalidKey)
        problem.requestMark = RequestMark(high: 61, low: 62)
        problem.write(to: &response, json: &json, date: Self.date, keepsAlive: true)
        let expected =
            "HTTP/1.1 401 Unauthorized\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            + "WWW-Authenticate: Bearer\r\nContent-Type: application/problem+json\r\n"
            + "Content-Length: 204\r\n\r\n"
            + #"{"type":"/problems/invalid_key","title":"Invalid API key","status":401,"#
            + #""detail":"The key presented does not give access.","code":"invalid_key","#
            + #""request_id":"0000000000z00000000010"}"#
        let text = String(decoding: response.bytes, as: UTF8.self)
        let length = try #require(expected.split(separator: "\r\n\r\n").last?.utf8.count)
        #expect(text == expected.replacing("204", with: "\(length)"))
    }

    @Test func `every problem says what helps`() throws {
        for code in ProblemCode.allCases {
            var response = ResponseWriter()
            var json = JSONWriter()
            let problem = ProblemDetails(
                code, field: "a\"b", remaining: 3, limit: 4,
                allow: code == .methodNotAllowed ? "GET, HEAD" : nil)
            problem.write(to: &response, json: &json, date: Self.date, keepsAlive: true)
            var parser = ResponseParser()
            parser.append(response.bytes)
            let answer = try #require(try parser.next())
            let body = try JSONValue(answer.body)
            #expect(answer.status == code.status.rawValue)
            #expect(answer.field("content-type") == "application/problem+json")
            #expect(body["type"] == .string("/problems/\(code.rawValue)"))
            #expect(body["status"] == .number(UInt64(answer.status)))
            #expect(body["code"] == .string(code.rawValue))
            #expect(body["field"] == .string("a\"b"))
            #expect(body["remaining"] == .number(3))
            #expect(body["limit"] == .number(4))
            #expect((answer.field("www-authenticate") == "Bearer") == (answer.status == 401))
            #expect((answer.field("allow") != nil) == (answer.status == 405))
            if answer.status == 503 { #expect(answer.field("retry-after") != nil) }
            var page: [UInt8] = []
            code.appendPage(to: &page)
            #expect(page.starts(with: "\(code.title)\n".utf8))
            #expect(page.count > 60)
        }
    }

    @Test func `only the reasons of the same kind share a title`() {
        let titles = ProblemCode.allCases.map { "\($0.title)" }
        #expect(Set(titles).count == titles.count)
    }

    @Test func `an opening begins an answer as its parts would, whatever the second`() {
        var opening = ResponseOpening(.ok, "X-Keyclave-Node", "n1")
        for second: Int64 in [784_111_777, 784_111_777, 784_111_778] {
            let date = HTTPDate(Timestamp(milliseconds: second * 1_000))
            var byParts = ResponseWriter()
            byParts.begin(.ok, date: date, keepsAlive: true)
            byParts.field("X-Keyclave-Node", "n1")
            byParts.field("X-Keyclave-Index", 7)
            byParts.end()
            var response = ResponseWriter()
            opening.renew(date)
            response.begin(opening, omitsContent: false)
            response.field("X-Keyclave-Index", 7)
            response.end()
            #expect(response.bytes == byParts.bytes)
        }
    }

    @Test func `a buffer that is used again isn't grown again`() {
        var response = ResponseWriter(capacity: 512)
        var pointers: Set<UnsafeRawPointer?> = []
        for _ in 0..<100 {
            response.removeAll()
            response.begin(.ok, date: Self.date, keepsAlive: true)
            response.end("body".bytes, type: "text/plain")
            pointers.insert(response.written.bytes.baseAddress)
        }
        #expect(pointers.count == 1)
    }
}
