import Basics
import HTTP
import Testing

@testable import Keyring
@testable import Server

@Suite struct RotationRouteTests {
    typealias Fixture = RouteFixture

    private func rotation(
        of key: String, _ body: String, seed: UInt64 = 1
    ) throws -> (rotation: Rotation, content: Digest, text: String?) {
        var fixture = Fixture(seed: seed)
        let result = fixture.send(
            "POST \(RequestRouteTests.account)/keys/\(key)/rotate", [RequestRouteTests.bearer],
            body)
        let submission = try #require(result.submission)
        guard case .rotateKey(let rotation) = submission.command else {
            throw Unexpected()
        }
        return (rotation, submission.content, result.context?.secret?.text.secret)
    }

    struct Unexpected: Error {}

    @Test func `the new text names the API that the old key opens`() throws {
        // In the fixture's table, 3 opens rest and 4 batch.
        for (key, prefix) in [("3", "kc_rest_"), ("4", "kc_batch_")] {
            let (rotation, _, text) = try rotation(of: "key_0000000000\(key)", "")
            let secret = try #require(text)
            #expect(secret.hasPrefix(prefix))
            #expect(rotation.digest == Fixture.digest(secret))
            #expect("kc_\(rotation.api.slug)_" == prefix)
            #expect(secret.hasSuffix(rotation.suffix.description))
            #expect((rotation.graceSeconds, rotation.expiry) == (0, .inherited))
        }
        // A key that this node doesn't know yet: any will do to ask.
        #expect(try rotation(of: "key_000000000zz", "").rotation.api == .rest)
    }

    @Test func `grace and expiry are handed on`() throws {
        let key = "key_00000000003"
        #expect(try rotation(of: key, #"{"grace_seconds":90}"#).rotation.graceSeconds == 90)
        #expect(try rotation(of: key, #"{"expires_at":null}"#).rotation.expiry == .set(nil))
        let expiry = try rotation(of: key, #"{"expires_at":"2027-01-31T12:00:00Z"}"#).rotation
            .expiry
        #expect(expiry == .set(RFC3339.timestamp("2027-01-31T12:00:00Z")))
    }

    @Test func `content is what was asked and not what was drawn`() throws {
        let key = "key_00000000003"
        let first = try rotation(of: key, #"{"grace_seconds":5}"#, seed: 1)
        let again = try rotation(of: key, #"{ "grace_seconds": 5 }"#, seed: 2)
        #expect(first.rotation.id != again.rotation.id)
        #expect(first.content == again.content)
        for body in [#"{"grace_seconds":6}"#, #"{"grace_seconds":5,"expires_at":null}"#, ""] {
            #expect(try rotation(of: key, body).content != first.content)
        }
    }

    @Test func `an expiry is handed on at creation`() throws {
        var fixture = Fixture()
        let result = fixture.send(
            "POST \(RequestRouteTests.account)/keys", [RequestRouteTests.bearer],
            #"{"api":"rest","name":"n","user":"usr_00000000002","expires_at":"2027-01-31T13:00:00.5+01:00"}"#
        )
        guard case .createKey(let key) = try #require(result.submission).command else {
            throw Unexpected()
        }
        #expect(key.expiresAt.map(RFC3339.text) == "2027-01-31T12:00:00.500Z")
    }
}
