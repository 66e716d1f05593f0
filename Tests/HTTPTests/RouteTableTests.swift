import HTTP
import Testing

@Suite struct RouteTableTests {
    static let table = RouteTable<String>([
        Route(.any, "/v1/auth", "auth"), Route(.any, "/v1/auth/*", "auth"),
        Route(.init(.get), "/", "root"), Route(.init(.get), "/v1/accounts", "list"),
        Route(.init(.post), "/v1/accounts", "create"),
        Route(.init(.get, .patch), "/v1/accounts/{acc}", "account"),
        Route(.init(.put), "/v1/accounts/{acc}/users/{usr}/limits/{api}", "limit"),
        Route(.init(.delete), "/v1/accounts/{acc}", "remove"),
    ])

    static func match(_ method: Method, _ path: String) -> String {
        // The path stands behind something, as in a request.
        let bytes = ("GET " + path).bytes
        let match = bytes.withUnsafeBytes { buffer in
            table.match(method, ByteRange(4..<bytes.count), in: buffer)
        }
        switch match {
        case .nothing: return "-"
        case .otherMethods(let methods): return methods.allow
        case .route(let name, let parameters):
            let values = (0..<parameters.count).map { parameters[$0].text(in: bytes) ?? "" }
            return ([name] + values).joined(separator: " ")
        }
    }

    @Test(arguments: [
        (Method.get, "/", "root"), (.head, "/", "root"), (.get, "", "-"), (.get, "//", "-"),
        (.other, "/v1/auth", "auth"), (.options, "/v1/auth", "auth"),
        (.delete, "/v1/auth/a/b/", "auth"), (.get, "/v1/auth/", "auth"), (.get, "/v1/authx", "-"),
        (.get, "/v1/accounts", "list"), (.post, "/v1/accounts", "create"),
        (.get, "/v1/accounts/", "-"), (.get, "/v1/accounts/a", "account a"),
        (.get, "/v1/accounts/a/", "-"), (.get, "/V1/accounts", "-"),
        (.delete, "/v1/accounts/a%2Fb", "remove a%2Fb"),
        (.put, "/v1/accounts/a/users/b/limits/c", "limit a b c"),
        (.put, "/v1/accounts//users/b/limits/c", "-"),
        (.put, "/v1/accounts/a/users/b/limits", "-"), (.get, "*", "-"),
        (.put, "/v1/accounts", "GET, HEAD, POST"),
        (.post, "/v1/accounts/a", "GET, HEAD, PATCH, DELETE"),
        (.other, "/v1/accounts/a/users/b/limits/c", "PUT"),
        (.options, "/", "GET, HEAD"),
        (.head, "/v1/accounts/a/users/b/limits/c", "PUT"),
    ])
    func `a path finds its route or the methods that it has`(
        method: Method, path: String, expected: String
    ) {
        #expect(Self.match(method, path) == expected)
    }

    @Test func `the table tells its parameters`() {
        #expect(Self.table.routes[6].parameters == ["acc", "usr", "api"])
    }

    @Test func `parameters behind the question mark are read strictly`() {
        let bytes = "?limit=10&&a&b=&c=%41%C3%A9+x&d=%4&e=%zz&f=%00&g=%FF&h=a=b".bytes
        var found: [String] = []
        bytes.withUnsafeBytes { buffer in
            var query = QueryString(ByteRange(1..<bytes.count), in: buffer)
            while let parameter = query.next() {
                let name = String(decoding: parameter.name, as: UTF8.self)
                found.append("\(name):\(parameter.value ?? "nil")")
            }
        }
        #expect(
            found == [
                "limit:10", "a:", "b:", "c:A\u{E9}+x", "d:nil", "e:nil", "f:nil", "g:nil", "h:a=b",
            ])
    }

    @Test func `a query that is absent or empty has no parameters`() {
        let bytes = "?&&".bytes
        bytes.withUnsafeBytes { buffer in
            var absent = QueryString(.absent, in: buffer)
            #expect(absent.next() == nil)
            var empty = QueryString(ByteRange(1..<3), in: buffer)
            #expect(empty.next() == nil)
        }
    }

    @Test func `encoded text is decoded to itself`() {
        let text = "a b/\u{E9}\u{1F600}%+?&=#~"
        var bytes: [UInt8] = []
        PercentDecoding.append(text, to: &bytes)
        #expect(bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F })
        #expect(bytes.withUnsafeBytes { PercentDecoding.text($0) } == text)
    }
}
