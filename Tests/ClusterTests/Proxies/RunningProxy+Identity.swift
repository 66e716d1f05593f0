import Testing

extension RunningProxy {
    /// A request with the key in `header` passes with its body, the names it claims are replaced
    /// by whose the key is, and the key stays behind.
    func expectIdentity(of key: IssuedKey, in tenant: Tenant, _ header: String) throws {
        let identity = [
            "x-keyclave-account": tenant.account, "x-keyclave-user": key.user,
            "x-keyclave-key": key.id, "x-keyclave-api": "rest",
        ]
        let claims = identity.keys.sorted().flatMap(spellings).map { "\($0): evil" }
        let answer = try send(
            "/orders/7?api=batch", [header + key.text] + claims + ["X-Other: kept"], body: "{}")
        #expect(answer.status == 200 && answer.text == "service", "\(answer)")
        let received = service.take()
        #expect(received.count == 1)
        let request = try #require(received.first)
        #expect(request.head.hasPrefix("POST /orders/7?api=batch HTTP/1."), "\(request)")
        #expect(request.body == "{}")
        #expect(request.values(of: "x-other") == ["kept"])
        for (name, value) in identity {
            #expect(request.values(of: name) == [value], "\(name) in \(request.head)")
        }
        #expect(!request.head.contains("evil"), "\(request.head)")
        #expect(!request.head.contains(key.text), "\(request.head)")
        for name in ["authorization", "api-key", "x-api-key"] {
            #expect(!request.names.contains(name), "\(request.head)")
        }
    }
}
