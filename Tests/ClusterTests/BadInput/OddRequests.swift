/// A well-formed request that must be refused, with the statuses that say so.
struct OddRequest: Sendable {
    var request: Request
    var statuses: Set<Int>

    init(_ request: Request, _ statuses: Int...) {
        self.request = request
        self.statuses = Set(statuses)
    }
}

extension RealProcesses.BadInput.Scene {
    var oddRequests: [OddRequest] {
        oddPaths + oddMethods + oddQueries + oddHeaders + oddTokens + oddKeys + noCredentials
            + oddBodies
    }

    private var token: String { cluster.operatorToken }

    private var oddPaths: [OddRequest] {
        let paths = [
            "/v1", "/v1/", "/v2/accounts", "/v1/accounts/", "/v1/accounts//users",
            "/v1/accounts/acc_", "/v1/accounts/acc_00000000001", "/v1/accounts/%00",
            "/v1/accounts/%zz", "/v1/accounts/..", "/v1/accounts/../tokens", "/v1//accounts",
            "/v1/accounts/" + String(repeating: "a", count: 4000), "/v1/accounts/%2e%2e",
            tenant.path + "/users/usr_00000000001", tenant.path + "/nothing",
            tenant.path + "/keys/key_00000000001", userPath + "/limits/nothing",
            tenant.path + "/keys/" + user, keyPath + "/", "/problems/nothing",
            "/v1/tokens/tok_00000000001/x", "/metrics/x", "/readyz/x", "/v1/verify/x",
        ]
        return paths.map { OddRequest(Request("GET", $0, token: token), 400, 404, 405) }
    }

    private var oddMethods: [OddRequest] {
        let methods = [
            ("DELETE", "/v1/accounts"), ("PUT", "/v1/accounts"), ("PATCH", "/v1/charges"),
            ("GET", "/v1/charges"), ("GET", "/v1/verify"), ("POST", "/metrics"),
            ("DELETE", "/readyz"), ("TRACE", "/v1/accounts"), ("BREW", "/v1/accounts"),
            ("POST", limitPath), ("PUT", keyPath), ("POST", "/v1/whoami"),
        ]
        return methods.map { OddRequest(Request($0.0, $0.1, token: token), 405) }
    }

    private var oddQueries: [OddRequest] {
        let onUsers = [
            "limit=0", "limit=1001", "limit=-1", "limit=1.5", "limit=1e2", "limit=", "limit=x",
            "limit=1&limit=2", "limit=18446744073709551617", "cursor=", "cursor=%00",
            "cursor=nonsense", "cursor=" + String(repeating: "A", count: 3000),
            "consistency=maybe", "surprise=1", "%zz=1", "limit=%31%",
        ].map { tenant.path + "/users?" + $0 }
        let onKeys = ["state=nothing", "user=usr_x", "api=REST", "user=" + key.id]
            .map { tenant.path + "/keys?" + $0 }
        let onAudit = ["before=nonsense", "before=-1", "limit=0"]
            .map { tenant.path + "/audit?" + $0 }
        let onAuth = ["api=", "api=REST", "api=rest&api=batch"].map { "/v1/auth?" + $0 }
        var odd = (onUsers + onKeys + onAudit).map {
            OddRequest(Request("GET", $0, token: token), 400)
        }
        for path in onAuth { odd.append(OddRequest(Request("GET", path, token: key.text), 400)) }
        // Keys in the query aren't read unless the configuration says so.
        odd.append(OddRequest(Request("GET", "/v1/auth?api_key=" + key.text), 400, 401))
        return odd
    }

    private var oddHeaders: [OddRequest] {
        let create = Request(
            "POST", tenant.path + "/users", token: token,
            json: #"{"email": "x@example.com", "name": "X", "role": "member"}"#)
        let charge = Request("POST", "/v1/charges", token: key.text, json: #"{"credits": 1}"#)
        // A charge without an id is refused as well.
        var odd = [OddRequest(charge, 400)]
        for id in ["", String(repeating: "i", count: 65)] {
            odd.append(OddRequest(create.with("Idempotency-Key", id), 400))
            odd.append(OddRequest(charge.with("Idempotency-Key", id), 400))
        }
        let twice = create.with("Idempotency-Key", "a").with("Idempotency-Key", "b")
        odd.append(OddRequest(twice, 400))
        // Ages ahead.
        let ahead = "7fffffff-ffff-7fff-bfff-ffffffffffff"
        odd.append(OddRequest(charge.with("Idempotency-Key", ahead), 400))
        return odd
    }

    private var oddTokens: [OddRequest] {
        let wrong = String(token.dropLast()) + (token.hasSuffix("0") ? "1" : "0")
        let accounts = Request("GET", "/v1/accounts")
        let values = [
            "", "Bearer", "Bearer ", "Bearer x", "Basic dXNlcjpwYXNz", "Bearer " + key.text,
            "Bearer " + wrong, token, "Bearer " + token + token, "Bearer " + token + " x",
            "Bearer kct_operator_" + String(repeating: "0", count: 36),
            "Bearer " + String(repeating: "x", count: 7000),
        ]
        return values.map { OddRequest(accounts.with("Authorization", $0), 400, 401) }
            + [OddRequest(accounts, 401), OddRequest(accounts.with("api-key", token), 401)]
    }

    private var oddKeys: [OddRequest] {
        let auth = Request("GET", "/v1/auth")
        let bearer = "Bearer " + key.text
        return [
            OddRequest(auth, 401),
            OddRequest(auth.with("Authorization", "Bearer " + token), 401),
            OddRequest(auth.with("api-key", String(key.text.dropLast())), 401),
            OddRequest(auth.with("api-key", key.text + "0"), 401),
            OddRequest(auth.with("api-key", ""), 400, 401),
            OddRequest(auth.with("api-key", key.text).with("X-API-Key", key.text), 400),
            OddRequest(auth.with("api-key", key.text).with("Authorization", bearer), 400),
            OddRequest(auth.with("api-key", key.text).with("api-key", key.text), 400),
        ]
    }

    private var noCredentials: [OddRequest] {
        let paths = [
            ("POST", "/v1/accounts"), ("DELETE", tenant.path), ("DELETE", userPath),
            ("DELETE", keyPath), ("DELETE", limitPath), ("GET", "/v1/cluster"),
            ("POST", userPath + "/revoke-keys"), ("POST", "/v1/cluster/snapshot"),
            ("POST", "/v1/cluster/transfer-leadership"), ("GET", tenant.path + "/audit"),
            ("GET", "/v1/audit"),
        ]
        return paths.flatMap { method, path in
            let json = path == "/v1/accounts" ? #"{"name": "x"}"# : nil
            return [
                OddRequest(Request(method, path, json: json), 401),
                OddRequest(Request(method, path, token: key.text, json: json), 401),
            ]
        }
    }

    private var oddBodies: [OddRequest] {
        let account = Array(#"{"name": "x"}"#.utf8)
        let types = [
            "text/plain", "application/xml", "application/x-www-form-urlencoded", "nonsense",
        ]
        var odd = types.map { type in
            var request = Request("POST", "/v1/accounts", token: token).with("Content-Type", type)
            request.body = account
            return OddRequest(request, 415)
        }
        var large = Request("POST", "/v1/accounts", token: token, json: "")
        large.body = Array(repeating: UInt8(ascii: " "), count: 1 << 20) + account
        odd.append(OddRequest(large, 413))
        let many = String(repeating: #"{"credits": 1, "id": "x"},"#, count: 10_001).dropLast()
        for list in [String(many), ""] {
            let request = Request(
                "POST", "/v1/charges", token: key.text, json: "{\"charges\": [" + list + "]}")
            odd.append(OddRequest(request, 400, 413))
        }
        return odd
    }
}
