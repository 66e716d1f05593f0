import Testing

@testable import keyclave

/// What holds for every row of the command table.
@Suite struct CommandTableTests {
    static let all = Command.root.everyCommand()
    static let names = all.map { $0.words.joined(separator: " ") }

    static func row(_ name: String) throws -> (words: [String], command: Command) {
        try #require(all.first { $0.words.joined(separator: " ") == name })
    }

    /// Splits as a shell does, as far as examples need it.
    static func words(of line: String) -> [String] {
        var words: [String] = []
        for (position, part) in line.split(separator: "\"", omittingEmptySubsequences: false)
            .enumerated()
        {
            if position % 2 == 1 {
                words.append(String(part))
            } else {
                words += part.split(separator: " ").map(String.init)
            }
        }
        return words
    }

    @Test(arguments: names)
    func `every example is a command line that parses`(name: String) throws {
        let (path, command) = try Self.row(name)
        let line = Self.words(of: command.example)
        #expect(line.starts(with: path.count == 1 ? ["keyclave"] : path))
        guard case .invocation = try CommandParser.parse(Array(line.dropFirst()), root: .root)
        else {
            Issue.record("\(command.example) asks for help")
            return
        }
    }

    @Test(arguments: names)
    func `every help has the usage, every option, an example and its commands`(
        name: String
    ) throws {
        let (path, command) = try Self.row(name)
        guard
            case .help(let words, let found) = try CommandParser.parse(
                Array(path.dropFirst()) + ["--help"], root: .root)
        else {
            Issue.record("--help isn't understood")
            return
        }
        #expect(words == path)
        let text = Help(words: words, command: found).text
        #expect(text.hasPrefix("\(name) – \(command.summary)\n"))
        #expect(text.contains("\nUSAGE\n  \(name) "))
        #expect(text.contains("\nEXAMPLE\n  \(command.example)\n"))
        #expect(text.contains("\nCOMMANDS\n") == !command.subcommands.isEmpty)
        for subcommand in command.subcommands { #expect(text.contains("\n  \(subcommand.name) ")) }
        for argument in command.arguments {
            #expect(text.contains("\n  \(argument.name.uppercased()) "))
        }
        let options = command.subcommands.isEmpty ? command.allOptions : command.ownAndHelp
        for option in options { #expect(text.contains("--\(option.name)")) }
        for line in text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
    }

    @Test(arguments: names)
    func `a command either groups others or does something`(name: String) throws {
        let (_, command) = try Self.row(name)
        if case .group = command.action {
            #expect(!command.subcommands.isEmpty)
        } else {
            #expect(command.subcommands.isEmpty)
        }
        #expect(!command.summary.hasSuffix("."))
        #expect(command.summary.first?.isLowercase == true)
    }

    @Test(arguments: names)
    func `no two names of a command are the same`(name: String) throws {
        let (_, command) = try Self.row(name)
        let names = command.allOptions.map(\.name) + command.arguments.map(\.name)
        #expect(Set(names).count == names.count)
        let letters = command.allOptions.compactMap(\.letter)
        #expect(Set(letters).count == letters.count)
        let children = command.subcommands.map(\.name)
        #expect(Set(children).count == children.count)
    }

    @Test(arguments: names)
    func `whatever prints data takes -o`(name: String) throws {
        let (path, command) = try Self.row(name)
        guard command.subcommands.isEmpty, !["serve", "dev", "completions"].contains(path.last)
        else { return }
        #expect(command.option("output")?.letter == "o")
    }

    @Test(arguments: names)
    func `a request names only what its command has`(name: String) throws {
        let (_, command) = try Self.row(name)
        guard case .request(let operation) = command.action else { return }
        let known = command.allOptions.map(\.name) + command.arguments.map(\.name)
        for member in (operation.body ?? []) + operation.query {
            switch member.source {
            case .text(let source), .number(let source), .unless(let source), .time(let source):
                #expect(known.contains(source), "\(member.name)")
            case .named(let one, let other): #expect(known.contains(one) && known.contains(other))
            case .apiKey: #expect(known.contains("key"))
            case .constant: break
            }
        }
        var inBraces: [String] = []
        _ = OperationRunner.fill(operation.path) {
            inBraces.append($0); return ""
        }
        if case .done(let message) = operation.answer {
            _ = OperationRunner.fill(message) {
                inBraces.append($0); return ""
            }
        }
        for source in inBraces { #expect(known.contains(source), "{\(source)}") }
        if operation.isMutation, operation.method != .post || operation.path.contains("accounts") {
            #expect(known.contains("id"), "a mutation without an idempotency key")
        }
    }

    @Test func `the commands of the interface are all there`() {
        let expected = [
            "format", "serve", "dev", "recover", "backup", "inspect", "restore", "account create",
            "account list", "account get",
            "account rename", "account delete", "user create", "user list", "user get",
            "user update", "user remove", "user revoke-keys", "key create", "key list",
            "key rotate",
            "key get", "key activate", "key deactivate", "key rename", "key revoke", "limit set",
            "limit get", "limit remove", "pool set", "pool get", "pool remove", "token create",
            "token list", "token get", "token revoke", "usage", "audit", "explain", "import",
            "export", "charge", "hold place", "hold settle", "hold void", "verify", "auth",
            "credits", "whoami", "api list", "api create", "api remove", "settings get",
            "settings set", "cluster status", "cluster add", "cluster promote", "cluster remove",
            "cluster transfer", "cluster snapshot", "cluster rotate-secret", "cluster health",
            "cluster metrics", "top", "bench validate", "bench verify", "bench charge",
            "bench mixed", "bench revoke", "bench failover", "bench load-keys", "problem",
            "completions",
        ]
        let leaves = Self.all.filter { $0.command.subcommands.isEmpty }
        #expect(leaves.map { $0.words.dropFirst().joined(separator: " ") } == expected)
    }
}
