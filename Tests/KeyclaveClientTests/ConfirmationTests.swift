import Testing

@testable import keyclave

@Suite struct ConfirmationTests {
    private static let gone = ScriptedServer.Reply.raw("HTTP/1.1 204 No Content\r\n\r\n")

    private static func run(
        _ line: String, lines: [String]? = nil
    ) throws -> (code: ExitCode, console: CapturedConsole, sent: Int) {
        let server = try ScriptedServer([], otherwise: gone)
        defer { server.stop() }
        let console = CapturedConsole(
            environment: [
                "KEYCLAVE_TOKEN": ProgramTests.token, "KEYCLAVE_ENDPOINTS": server.endpoint,
            ], lines: lines)
        let code = console.run(line)
        return (code, console, server.requests.count)
    }

    private static let revoke = "key revoke key_1 --account acc_1"

    @Test func `what can't be undone is asked about, and done after a yes`() throws {
        for answer in ["y", "yes", "YES"] {
            let (code, console, sent) = try Self.run(Self.revoke, lines: [answer])
            #expect(code == .done && sent == 1)
            #expect(
                console.messages == "Revoke key_1 for ever? This can't be undone. [y/N] "
                    + "key_1 works nowhere any more.\n")
        }
    }

    @Test func `anything else is a no`() throws {
        for lines in [["n"], [""], ["yess"], []] {
            let (code, console, sent) = try Self.run(Self.revoke, lines: lines)
            #expect(code == .localError && sent == 0, "\(lines)")
            #expect(console.messages.hasSuffix("[y/N] Nothing was done.\n"))
        }
    }

    @Test func `--yes asks nobody`() throws {
        for lines in [nil, ["n"]] {
            let (code, console, sent) = try Self.run(Self.revoke + " -y", lines: lines)
            #expect(code == .done && sent == 1)
            #expect(console.messages == "key_1 works nowhere any more.\n")
        }
    }

    @Test func `where nobody can be asked it must be said`() throws {
        let (code, console, sent) = try Self.run(Self.revoke)
        #expect(code == .localError && sent == 0)
        #expect(console.messages.contains("give --yes"), "\(console.messages)")
    }

    @Test func `every command that removes or revokes for good asks`() {
        let asking = Command.root.everyCommand().filter { $0.command.confirmation != nil }
            .map { $0.words.dropFirst().joined(separator: " ") }
        #expect(
            Set(asking).isSuperset(of: [
                "account delete", "user remove", "user revoke-keys", "key revoke", "token revoke",
                "cluster remove",
            ]))
        // A limit can be set again.
        #expect(!asking.contains("limit remove"))
    }
}
