import Basics
import HTTP
import KeyclaveClient
import Keyring
import Testing

@testable import keyclave

/// What a measurement sends, and what it takes for a success.
@Suite struct BenchRequestTests {
    static func plan(_ work: BenchPlan.Work = .charge, _ keys: BenchKeys? = nil) throws -> BenchPlan
    {
        BenchPlan(
            work: work, endpoints: [try #require(Endpoint("127.0.0.1:7101"))], addresses: [],
            keys: keys ?? .one(Array("kc_rest_x".utf8)), api: "rest", connections: 5, threads: 2,
            warmUp: .zero, measured: .seconds(1), rate: 1_000)
    }

    /// The bytes of `count` requests, one after the other.
    static func sent(_ count: Int, _ deed: BenchDeed, _ plan: BenchPlan) -> [String] {
        let request = BenchRequest(deed, plan, to: plan.endpoints[0])
        var ids = BenchIDs(random: [UInt8](repeating: 0xFF, count: 10))
        var keys = BenchKeys.Draw(plan.keys, seed: 1)
        return (0..<count).map { _ in
            var buffer: [UInt8] = [1, 2]
            request.append(
                to: &buffer, id: &ids, keys: &keys,
                at: Timestamp(milliseconds: 1_700_000_000_000))
            return String(decoding: buffer[2...], as: UTF8.self)
        }
    }

    static func body(of request: String) throws -> JSONValue {
        let start = try #require(request.firstRange(of: "\r\n\r\n")).upperBound
        return try JSONValue(Array(request[start...].utf8))
    }

    @Test func `every charge has an id of its own, which is a UUIDv7 of now`() throws {
        var seen: Set<IdempotencyKey> = []
        for request in Self.sent(1_000, .charge, try Self.plan()) {
            let field = try #require(request.firstRange(of: "Idempotency-Key: ")).upperBound
            let text = String(request[field...].prefix(36))
            let key = try #require(IdempotencyKey(text))
            #expect(key.time == Timestamp(milliseconds: 1_700_000_000_000))
            #expect(key.description == text)
            seen.insert(key)
        }
        #expect(seen.count == 1_000)
    }

    @Test(arguments: [2, 3, 1_000])
    func `every charge of a batch has an id of its own, too`(batch: Int) throws {
        var plan = try Self.plan()
        plan.batch = batch
        var seen: Set<String> = []
        for request in Self.sent(3, .charge, plan) {
            #expect(!request.contains("Idempotency-Key"))
            let charges = try #require(try Self.body(of: request)["charges"]?.array)
            #expect(charges.count == batch)
            for charge in charges {
                #expect(charge["credits"] == .number(1))
                let id = try #require(charge["id"]?.string)
                #expect(IdempotencyKey(id) != nil)
                seen.insert(id)
            }
        }
        #expect(seen.count == 3 * batch)
    }

    @Test func `a key of any form can be verified`() throws {
        let text = #"old"key\"#
        let plan = try Self.plan(.verify, .one(Array(text.utf8)))
        let body = try Self.body(of: Self.sent(1, .verify, plan)[0])
        #expect(body["key"] == .string(text))
        #expect(body["api"] == .string("rest"))
    }

    @Test func `connections and rate are shared by the threads`() throws {
        let plan = try Self.plan()
        #expect((0..<2).map { plan.connections(ofThread: $0) } == [3, 2])
        #expect(plan.interval == 2_000_000)
    }

    @Test func `charges come evenly among validations`() throws {
        var plan = try Self.plan(.mixed)
        plan.chargePercent = 30
        var turns = BenchTurns(plan)
        let deeds = (0..<1_000).map { _ in turns.next() }
        #expect(deeds.count { $0 == .charge } == 300)
        for start in stride(from: 0, to: 1_000, by: 10) {
            #expect(deeds[start..<start + 10].count { $0 == .charge } == 3)
        }
    }

    // MARK: - Loaded keys

    @Test(arguments: ["rest", "search2"])
    func `a loaded key is a key of its API, the same each time`(slug: String) throws {
        let api = try #require(API(slug: slug))
        let keys = LoadedKeys(count: 2_000, seed: 0x9F, api: api)
        var seen: Set<[UInt8]> = []
        for number in 0..<keys.count {
            let text = keys.text(number)
            #expect(text.count == keys.length)
            #expect(KeyText.api(ofKey: text.span.bytes) == api)
            seen.insert(text)
        }
        #expect(seen.count == 2_000)
        let again = try #require(LoadedKeys(handle: keys.handle, api: api))
        #expect(again == keys && again.text(1_999) == keys.text(1_999))
        #expect(LoadedKeys(count: 2_000, seed: 0xA0, api: api).text(0) != keys.text(0))
    }

    @Test(arguments: ["", "12", "0:9f", "x:9f", "12:", "12:xy", "12:9f:1", "-1:9f"])
    func `what load-keys never said is refused`(handle: String) throws {
        #expect(LoadedKeys(handle: handle, api: .rest) == nil)
        let console = CapturedConsole()
        #expect(console.run(["bench", "validate", "--loaded", handle]) == .localError)
        #expect(console.messages.contains("--loaded must"))
    }

    @Test func `requests about loaded keys draw from all of them`() throws {
        let keys = LoadedKeys(count: 5, seed: 7, api: .rest)
        let known = (0..<5).map { String(decoding: keys.text($0), as: UTF8.self) }
        for deed in [BenchDeed.validate, .verify, .charge] {
            let plan = try Self.plan(.validate, .loaded(keys))
            let requests = Self.sent(200, deed, plan)
            let counts = known.map { key in requests.count { $0.contains(key) } }
            #expect(counts.reduce(0, +) == 200)
            #expect(counts.allSatisfy { $0 > 10 })
        }
    }

    @Test func `a key and loaded keys exclude each other`() {
        let console = CapturedConsole()
        let code = console.run(["bench", "validate", "--key", "kc_x", "--loaded", "5:9f"])
        #expect(code == .localError)
        #expect(console.messages.contains("not both"))
    }

    // MARK: - Answers

    private static func granted(
        _ deed: BenchDeed, _ batch: Int, _ status: Int, _ body: String
    ) -> Int {
        Array(body.utf8).withUnsafeBytes {
            AnswerScanner.granted(deed, batch: batch, status: status, body: $0)
        }
    }

    @Test func `200 alone is no success`() {
        #expect(Self.granted(.validate, 1, 200, "") == 1)
        #expect(Self.granted(.validate, 1, 204, "") == 0)
        #expect(Self.granted(.verify, 1, 200, #"{"valid":true,"code":"valid"}"#) == 1)
        #expect(Self.granted(.verify, 1, 200, #"{"valid":false,"code":"invalid"}"#) == 0)
        #expect(Self.granted(.verify, 1, 503, #"{"valid":true}"#) == 0)
        #expect(Self.granted(.charge, 1, 200, #"{"charged":1}"#) == 1)
        #expect(Self.granted(.charge, 1, 402, #"{"charged":1}"#) == 0)
        let one = #"{"charged":1,"spent":9}"#
        let refused = #"{"type":"…","code":"credits_exhausted"}"#
        let batch = #"{"charges":[\#(one),\#(refused),\#(one)]}"#
        #expect(Self.granted(.charge, 3, 200, batch) == 2)
        #expect(Self.granted(.charge, 1_000, 200, #"{"charges":["charged":"charged"#) == 1)
    }
}
