import Linux
import Testing

@testable import keyclave

@Suite struct PrivateFileTests {
    @Test func `it is said who may read a secret's file`() throws {
        let directory = try ScratchDirectory()
        let own = try directory.file("own", "secret")
        #expect(try PrivateFile.contents(of: own) == Array("secret".utf8))
        let shared = try directory.file("shared", "secret", mode: 0o640)
        #expect(throws: LocalError(message: "\(shared) can be read by others: chmod 600 \(shared)"))
        {
            try PrivateFile.contents(of: shared)
        }
        // As root sees a file of the user that runs the node: its mode is as it should be.
        let words = try #require(PrivateFile.complaint(.belongsTo(998), "/etc/a"))
        #expect(words.contains("another user (number 998)") && !words.contains("chmod"))
    }
}
