import Basics
import HTTP
import Keyring
import Linux
import Testing

@testable import Replica
@testable import Server

struct FrontValidationTests {
    let front: FrontHarness
    let client: TestClient

    init() throws {
        front = try FrontHarness()
        client = try TestClient(front.address)
    }

    private func ask(_ target: String, _ fields: String = "") throws -> (
        status: Int, head: String, body: String
    ) {
        try client.send("GET \(target) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
        return try client.answer()
    }

    @Test func anActiveKeyIsAllowedWithItsIdentity() throws {
        let key = try front.addKey(api: .rest, seed: 7, remaining: 250)
        let places = [
            "Authorization: Bearer \(key.secret)", "api-key: \(key.secret)",
            "X-API-Key: \(key.secret)", "authorization: bearer \(key.secret)",
        ]
        for place in places {
            let (status, head, body) = try ask("/v1/auth?api=rest", place + "\r\n")
            #expect(status == 200)
            #expect(body == "")
            #expect(head.contains("\r\nX-Keyclave-Node: n1\r\nX-Keyclave-Index: 7\r\n"))
            #expect(head.contains("\r\nX-Keyclave-Key: \(KeyID(115).text)\r\n"))
            #expect(head.contains("\r\nX-Keyclave-User: \(UserID(114).text)\r\n"))
            #expect(head.contains("\r\nX-Keyclave-Account: \(AccountID(113).text)\r\n"))
            #expect(head.contains("\r\nX-Keyclave-Api: rest\r\n"))
            #expect(head.contains("\r\nRateLimit-Policy: \"credits\";q=1000;qu=\"credits\"\r\n"))
            #expect(head.contains("\r\nRateLimit: \"credits\";r=250\r\n"))
        }
        front.stop()
        #expect(front.metrics.fronts[0].answered.value == 4)
    }

    @Test func everyRefusedKeyIsRefusedAlike() throws {
        let key = try front.addKey(api: .rest, seed: 7)
        let inactive = try front.addKey(api: .rest, seed: 8)
        front.changes.apply(.keyState(KeyID(8 * 16 + 3), .inactive))
        let removed = try front.addKey(api: .rest, seed: 9)
        front.table.apply(.userRemoved(UserID(9 * 16 + 2)))
        let unknown = try #require(KeyText(api: .rest, random: [UInt8](repeating: 5, count: 96)))
        var mistyped = key.secret
        mistyped.removeLast()
        mistyped += key.secret.hasSuffix("0") ? "1" : "0"
        let texts = [
            inactive.secret, removed.secret, unknown.secret, mistyped, "x", "kct_admin_nonsense",
            String(repeating: "a", count: 4000),
        ]
        var bodies: Set<String> = []
        for text in texts {
            let (status, head, body) = try ask("/v1/auth", "api-key: \(text)\r\n")
            #expect(status == 401)
            #expect(head.contains("\r\nWWW-Authenticate: Bearer\r\n"))
            #expect(head.contains("\r\nX-Keyclave-Index: 9\r\n"))
            #expect(body.contains(#""title":"Invalid API key""#))
            bodies.insert(body.replacing(#/"request_id":"[0-9A-Za-z]{22}"/#, with: ""))
        }
        let (status, _, body) = try ask("/v1/auth")
        #expect(status == 401)
        bodies.insert(body.replacing(#/"request_id":"[0-9A-Za-z]{22}"/#, with: ""))
        #expect(bodies.count == 1)
        #expect(try ask("/v1/auth", "api-key: \(key.secret)\r\n").status == 200)
        front.stop()
        #expect(front.metrics.fronts[0].answered.value == 9)
    }

    @Test func theKeyOfAnotherAPIAndExhaustedCreditsAre403() throws {
        let key = try front.addKey(api: .batch, seed: 3, remaining: 4)
        let fields = "api-key: \(key.secret)\r\n"
        let (wrong, _, wrongBody) = try ask("/v1/auth?api=rest", fields)
        #expect(wrong == 403)
        #expect(wrongBody.contains(#""code":"wrong_api""#))
        let (exhausted, _, exhaustedBody) = try ask("/v1/auth?api=batch&cost=5", fields)
        #expect(exhausted == 403)
        #expect(exhaustedBody.contains(#""code":"credits_exhausted""#))
        #expect(exhaustedBody.contains(#""remaining":4"#))
        #expect(try ask("/v1/auth/some/path?x=1&api=batch&cost=4", fields).status == 200)
        front.stop()
    }

    @Test func aKeyInTwoPlacesAndBadParametersAre400() throws {
        let key = try front.addKey(api: .rest, seed: 3)
        let one = "api-key: \(key.secret)\r\n"
        #expect(try ask("/v1/auth", one + "X-API-Key: \(key.secret)\r\n").status == 400)
        #expect(try ask("/v1/auth?api=REST", one).status == 400)
        #expect(try ask("/v1/auth?api=rest&api=rest", one).status == 400)
        #expect(try ask("/v1/auth?cost=-1", one).status == 400)
        #expect(try ask("/v1/auth?cost=1e3", one).status == 400)
        // Not switched on: somebody else's parameter.
        #expect(try ask("/v1/auth?api_key=\(key.secret)").status == 401)
        #expect(try ask("/v1/authentic", one).status == 404)
        front.stop()
    }

    @Test func aNodeWithoutALeaseAnswers503() throws {
        let key = try front.addKey(api: .rest, seed: 3)
        front.setLease(until: Clocks.steady())
        let (status, head, body) = try ask("/v1/auth", "api-key: \(key.secret)\r\n")
        #expect(status == 503)
        #expect(head.contains("\r\nRetry-After: 1\r\n"))
        #expect(body.contains(#""code":"unavailable""#))
        let unknown = "api-key: \(key.secret.dropLast())0\r\n"
        #expect([401, 503].contains(try ask("/v1/auth", unknown).status))
        front.setLease(until: .never)
        #expect(try ask("/v1/auth", "api-key: \(key.secret)\r\n").status == 200)
        front.stop()
        #expect(front.metrics.fronts[0].answered.value == 3)
    }

    @Test func aValidationWaitsForAChangeOfItsKey() throws {
        let key = try front.addKey(api: .rest, seed: 3)
        front.table.block([.key(KeyID(51))])
        // Two at once: the answers keep the order of their requests.
        let request = "GET /v1/auth HTTP/1.1\r\nHost: a\r\napi-key: "
        try client.send("\(request)\(key.secret)\r\n\r\n\(request)x\r\n\r\n")
        let (status, head, body) = try client.answer()
        #expect(status == 503, "nothing was applied in time")
        #expect(head.contains("\r\nX-Keyclave-Index: 3\r\n"))
        #expect(body.contains(#""code":"unavailable""#))
        #expect(try client.answer().status == 401)
        // It is held until the change is applied: asked from another thread's point of view, the
        // flag goes while the validation waits.
        try client.send("\(request)\(key.secret)\r\n\r\n")
        while front.metrics.fronts[0].held.value < 2 {}
        front.table.unblock([.key(KeyID(51))])
        #expect(try client.answer().status == 200)
        front.stop()
        #expect(front.metrics.fronts[0].held.value == 2)
    }

    @Test func withoutLeasesTheNodeIsAsked() throws {
        let key = try front.addKey(api: .rest, seed: 3)
        front.table.setLeases([])
        front.table.setConfirming(true)
        let head = "GET /v1/auth?api=rest HTTP/1.1\r\nHost: a\r\n"
        try client.send("\(head)api-key: \(key.secret)\r\n\r\n")
        let request = try #require(front.requests().first)
        guard case .validation(let question) = request.body else {
            Issue.record("\(request)")
            return
        }
        #expect(question.api == .rest)
        #expect(front.table.image.key(question.digest)?.id == KeyID(51))
        let view = try #require(front.table.image.key(question.digest))
        front.mailbox.send(
            .reply(
                request.ticket,
                .validation(
                    Validation(verdict: .valid, reason: nil, key: view, index: LogIndex(9)))))
        let answer = try client.answer()
        #expect(answer.status == 200)
        #expect(answer.head.contains("\r\nX-Keyclave-Index: 9\r\n"))
        // What can't be a key isn't worth a question.
        #expect(try ask("/v1/auth", "api-key: x\r\n").status == 401)
        front.stop()
    }

    @Test func verifySaysWhatTheKeyIs() throws {
        let key = try front.addKey(api: .rest, seed: 3, remaining: 9)
        func verify(_ body: String, type: String = "application/json") throws -> (Int, String) {
            let head = "POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\n"
            try client.send("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            let answer = try client.answer()
            return (answer.status, answer.body)
        }
        let (status, body) = try verify(#"{"key": "\#(key.secret)", "api": "rest"}"#)
        #expect(status == 200)
        #expect(
            body
                == #"{"valid":true,"code":"valid","key_id":"\#(KeyID(51).text)","#
                + #""account_id":"\#(AccountID(49).text)","user_id":"\#(UserID(50).text)","#
                + #""api":"rest","credits":{"allowance":1000,"remaining":9}}"#)
        #expect(
            try verify(#"{"key": "nonsense"}"#) == (200, #"{"valid":false,"code":"invalid"}"#))
        #expect(
            try verify(#"{"key": "\#(key.secret)", "cost": 10}"#).1.contains("credits_exhausted"))
        #expect(try verify(#"{"key": "\#(key.secret)", "cost": 9}"#).1.contains(#""valid":true"#))
        #expect(try verify(#"{"key": "\#(key.secret)", "api": "batch"}"#).1.contains("wrong_api"))
        for bad in ["", "{}", #"{"key": 1}"#, #"{"key":"a","key":"a"}"#, #"{"key":"a","x":1}"#] {
            #expect(try verify(bad).0 == 400)
        }
        #expect(try verify(#"{"key":"a"}"#, type: "text/plain").0 == 415)
        front.stop()
    }
}
