import HTTP
import Keyring
import Replica
import Testing

@testable import Server

@Suite struct ImportRouteTests {
    /// A body of keys with such names.
    private static func body(_ count: Int, name: String, user: String) -> String {
        let keys = (0..<count).map { number in
            let digits = String(number + 1, radix: 16)
            let digest = String(repeating: "0", count: 64 - digits.count) + digits
            return #"{"user":"\#(user)","api":"rest","name":"\#(name)","digest":"\#(digest)","#
                + #""active":true}"#
        }
        return #"{"account":"acc_00000000001","keys":["# + keys.joined(separator: ",") + "]}"
    }

    private static func send(_ body: String, check: Bool = false) -> RouteFixture.Result {
        var fixture = RouteFixture()
        let token = RouteFixture.tokenText(.operator, 7)
        return fixture.send(
            "POST /v1/imports" + (check ? "?check=true" : ""),
            ["Content-Type: application/json", "Authorization: Bearer \(token)"], body)
    }

    @Test func `ten thousand ordinary keys are one import`() throws {
        let body = Self.body(
            10_000, name: "the laptop in the office, on the second floor",
            user: "somebody.with.a.name@research.example.com")
        #expect(body.utf8.count > 2 << 20)
        guard case .importKeys(let batch)? = Self.send(body).submission?.command else {
            Issue.record("refused")
            return
        }
        #expect(batch.keys.count == 10_000)
    }

    /// It would be a bug of the node's to propose it.
    @Test func `what fits the request and no entry is refused with both numbers`() throws {
        let body = Self.body(
            3_000, name: String(repeating: "🗝", count: 200), user: "ada@example.com")
        #expect(body.utf8.count < ImportLimits.bodyBytes)
        let answer = try #require(Self.send(body).answer)
        #expect(answer.status == 413 && answer.code == "content_too_large")
        #expect(answer.text.contains("one import may take 2096128"), "\(answer.text)")
        // What is only looked at is no entry.
        #expect(Self.send(body, check: true).answer == nil)
    }

    @Test func `keys beyond the request's limit are refused at the door`() throws {
        let body = Self.body(
            5_000, name: String(repeating: "🗝", count: 200), user: "ada@example.com")
        #expect(body.utf8.count > ImportLimits.bodyBytes)
        #expect(Self.send(body).answer?.status == 413)
    }
}
