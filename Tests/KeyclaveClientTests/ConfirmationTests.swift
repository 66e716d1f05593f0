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

    @Test func `a rotation asks unless the old text stays good for a while`() throws {
        let rotate = "key rotate key_1 --account acc_1"
        for line in [rotate, rotate + " --grace-seconds 0"] {
            let (code, console, sent) = try Self.run(line, lines: ["n"])
            #expect(code == .localError && sent == 0, "\(line)")
            #expect(console.messages.hasPrefix("Replace the text of key_1 at once?"))
            #expect(try Self.run(line).code == .localError, "nobody can be asked")
            #expect(try Self.run(line + " --yes").sent == 1)
        }
        #expect(try Self.run(rotate + " --grace-seconds 60").sent == 1)
    }

    private static let commands = Command.root.everyCommand().map { words, command in
        (name: words.dropFirst().joined(separator: " "), command: command)
    }

    /// The table itself says it, so that no command that is added goes without.
    @Test func `whatever changes something says how that is taken back`() {
        let names = Set(Self.commands.map(\.name))
        for (name, command) in Self.commands {
            guard case .request(let operation) = command.action else { continue }
            #expect((command.reversal != nil) == operation.isMutation, "\(name)")
        }
        for (name, command) in Self.commands {
            if case .by(let other) = command.reversal {
                #expect(names.contains(other), "\(name) is undone by \(other)")
            }
        }
    }

    @Test func `what deletes, removes or revokes for good asks`() {
        for (name, command) in Self.commands {
            guard case .request(let operation) = command.action else { continue }
            let ends = operation.method == .delete || operation.path.hasSuffix("/revoke-keys")
            guard ends, !(command.reversal?.mayAsk ?? false) else { continue }
            // Each of these comes back by the command that set it.
            #expect(["api remove", "limit remove", "pool remove"].contains(name), "\(name)")
        }
    }
}
