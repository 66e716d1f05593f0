import Testing

// What a gateway asks, through those that are installed here, with the configurations that are
// shipped.
extension Walk {
    func standBehindProxies(with key: IssuedKey) throws {
        guard ProxyProgram.hasTools else { return }
        var kinds: [RunningProxy.Kind] = []
        if ProxyProgram.nginx != nil { kinds.append(.nginx("nginx.conf")) }
        if ProxyProgram.caddy != nil { kinds.append(.caddy) }
        for kind in kinds {
            try RunningProxy.run(kind, before: cluster) { proxy in
                for header in ["Authorization: Bearer ", "api-key: "] {
                    try proxy.expectIdentity(of: key, in: tenant, header)
                }
                let unknown = "kc_rest_" + String(repeating: "0", count: 36)
                for headers in [[], ["api-key: \(unknown)"]] {
                    let refused = try proxy.send("/", headers)
                    #expect(refused.status == 401, "\(kind): \(refused)")
                }
                #expect(proxy.service.take().isEmpty, "\(kind) let a stranger in")
            }
        }
    }
}
