import Basics
import HTTP
import Keyring
import Replica
import Testing

@testable import Server

@Suite struct ChargeRouteTests {
    typealias Fixture = RouteFixture

    static func charges(
        _ body: String, _ fields: [String] = []
    ) throws -> (charges: [Charge], isBatch: Bool) {
        var fixture = Fixture()
        let result = fixture.send("POST /v1/charges", fields, body)
        guard case .charge(let charges) = result.body, let context = result.context else {
            Issue.record("\(body): \(result.request)")
            return ([], false)
        }
        return (charges, context.isBatch)
    }

    static func charge(_ key: KeyReference, _ credits: UInt64, _ id: String) throws -> Charge {
        Charge(key: key, credits: credits, id: try #require(IdempotencyKey(id)))
    }

    @Test func `a charge names its key once and its id at least once`() throws {
        let expected = [try Self.charge(.id(KeyID(3)), 5, "i")]
        let key = Fixture.limited
        let requests: [(String, [String])] = [
            (#"{"credits":5,"id":"i","key":"\#(key)"}"#, []),
            (#"{"credits":5,"id":"i"}"#, ["Authorization: Bearer \(key)"]),
            (#"{"credits":5}"#, ["api-key: \(key)", "Idempotency-Key: i"]),
            (#"{"id":"i","credits":5}"#, ["X-API-Key: \(key)", "Idempotency-Key: i"]),
        ]
        for (body, fields) in requests {
            let (charges, isBatch) = try Self.charges(body, fields)
            #expect(charges == expected, "\(body)")
            #expect(!isBatch)
        }
    }

    @Test func `a key that this node does not know goes as its digest`() throws {
        let (charges, _) = try Self.charges(
            #"{"credits":5,"id":"i","key":"\#(Fixture.unknown)"}"#)
        #expect(charges == [try Self.charge(.digest(Fixture.digest(Fixture.unknown)), 5, "i")])
    }

    @Test func `charges in an array keep their order, keys and ids`() throws {
        let (charges, isBatch) = try Self.charges(
            #"{"charges":[{"credits":1,"id":"a","key":"\#(Fixture.limited)"},"#
                + #"{"key":"\#(Fixture.unlimited)","id":"a","credits":1000000000}]}"#)
        #expect(isBatch)
        #expect(
            charges == [
                try Self.charge(.id(KeyID(3)), 1, "a"),
                try Self.charge(.id(KeyID(4)), 1_000_000_000, "a"),
            ])
        let (shared, _) = try Self.charges(
            #"{"key":"\#(Fixture.limited)","charges":[{"credits":1,"id":"a"},{"credits":2,"id":"b"}]}"#
        )
        #expect(
            shared == [
                try Self.charge(.id(KeyID(3)), 1, "a"), try Self.charge(.id(KeyID(3)), 2, "b"),
            ])
        let (header, isArray) = try Self.charges(
            #"{"charges":[{"credits":1,"id":"a"}]}"#, ["api-key: \(Fixture.limited)"])
        #expect(header == [try Self.charge(.id(KeyID(3)), 1, "a")])
        #expect(isArray)
    }

    static let refused: [(String, [String], String)] = [
        (#"{"credits":5,"id":"i"}"#, [], "401 invalid_key"),
        (#"{"credits":5,"key":"k"}"#, [], "400 id_required"),
        (#"{"credits":5,"id":"i","key":"k"}"#, ["api-key: k"], "400 two_keys"),
        (#"{"credits":5,"id":"i"}"#, ["api-key: k", "X-API-Key: k"], "400 two_keys"),
        (#"{"credits":5,"id":"i","key":"k"}"#, ["Idempotency-Key: j"], "400 invalid_field"),
        (#"{"credits":5,"key":"k"}"#, ["Idempotency-Key: "], "400 invalid_field"),
        (#"{"key":"k","charges":[{"credits":5}]}"#, [], "400 id_required"),
        (#"{"charges":[{"credits":5,"id":"i"}]}"#, [], "401 invalid_key"),
        (#"{"key":"k","charges":[{"credits":5,"id":"i","key":"k"}]}"#, [], "400 two_keys"),
        (#"{"charges":[{"credits":5,"id":"i","key":"k"}]}"#, ["api-key: k"], "400 two_keys"),
        (
            #"{"key":"k","charges":[{"credits":5,"id":"i"}]}"#, ["Idempotency-Key: i"],
            "400 invalid_field"
        ),
    ]

    @Test func `a charge by nobody, by two, or without an id is refused`() {
        for (body, fields, expected) in Self.refused {
            var fixture = Fixture()
            #expect(
                fixture.send("POST /v1/charges", fields, body).request == expected, "\(body)")
        }
    }

    @Test func `ten thousand charges fit and one more does not`() {
        let item = #"{"credits":1,"id":"a"}"#
        for (count, expected) in [(10_000, nil), (10_001, "400 invalid_field" as String?)] {
            var fixture = Fixture()
            let items = [String](repeating: item, count: count).joined(separator: ",")
            let result = fixture.send(
                "POST /v1/charges", ["api-key: \(Fixture.limited)"], "{\"charges\":[\(items)]}")
            if let expected {
                #expect(result.request == expected)
                #expect(result.answer?.json?["field"] == .string("charges[10000]"))
            } else if case .charge(let charges) = result.body {
                #expect(charges.count == count)
            } else {
                Issue.record("\(result.request)")
            }
        }
    }
}
