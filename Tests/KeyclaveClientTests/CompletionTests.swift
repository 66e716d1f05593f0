import Foundation
import Testing

@testable import keyclave

/// Completion scripts, run in the shells that are installed here.
@Suite struct CompletionTests {
    enum Shell: String, CaseIterable { case bash, zsh, fish }

    private static func path(of shell: Shell) -> String? {
        ["/bin", "/usr/bin", "/usr/local/bin"].map { "\($0)/\(shell.rawValue)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static func script(for shell: Shell) -> String {
        let console = CapturedConsole()
        #expect(console.run("completions \(shell.rawValue)") == .done)
        return console.output
    }

    /// Runs a program of the shell's with the script at hand, and gives what it prints.
    private static func run(_ shell: Shell, _ program: String) throws -> String {
        let directory = try ScratchDirectory()
        let script = try directory.file("script", Self.script(for: shell))
        let process = Process()
        process.executableURL = URL(filePath: try #require(path(of: shell)))
        let bare = shell == .zsh ? ["-f"] : shell == .bash ? ["--norc"] : ["--no-config"]
        process.arguments = bare + ["-c", program]
        process.environment = [
            "PATH": "/usr/bin:/bin", "SCRIPT": script, "HOME": directory.path, "LANG": "C.UTF-8",
            "TERM": "dumb",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    /// The words that the shell offers for the last of `words`.
    private static func offers(_ shell: Shell, _ words: [String]) throws -> Set<String> {
        let text: String
        switch shell {
        case .bash:
            let list = words.map { "'\($0)'" }.joined(separator: " ")
            text = try run(
                .bash,
                "source $SCRIPT; COMP_WORDS=(\(list)); COMP_CWORD=\(words.count - 1); "
                    + "_keyclave; printf '%s\\n' \"${COMPREPLY[@]}\"")
        case .fish:
            let line = words.joined(separator: " ")
            text = try run(.fish, "source $SCRIPT; complete -C '\(line)'")
                .split(separator: "\n").map { $0.prefix { $0 != "\t" } }.joined(separator: "\n")
        case .zsh:
            // The completion system itself needs a terminal: what the function hands to it is
            // what it would show.
            let list = words.map { "'\($0)'" }.joined(separator: " ")
            text = try run(
                .zsh,
                """
                _describe() { local name=${@[-1]}; print -rl -- ${${(P)name}%%:*} }
                compadd() { print -rl -- ${(P)${@[-1]}} }
                _files() { print -r -- FILES }
                compdef() { : }
                source $SCRIPT
                words=(\(list)); CURRENT=\(words.count); _keyclave
                """)
        }
        let typed = words.last ?? ""
        return Set(text.split(separator: "\n").map(String.init).filter { $0.hasPrefix(typed) })
    }

    private static let cases: [(words: [String], offered: [String], not: [String])] = [
        (["keyclave", "acc"], ["account"], ["key"]),
        (["keyclave", "account", ""], ["create", "list", "delete"], ["revoke", "account"]),
        (["keyclave", "key", "cr"], ["create"], ["list"]),
        (["keyclave", "key", "create", "--"], ["--user", "--api", "--inactive", "--token"], []),
        (["keyclave", "key", "revoke", "--y"], ["--yes"], []),
        (["keyclave", "key", "get", "--y"], [], ["--yes"]),
        (["keyclave", "account", "list", "--output", ""], ["table", "json"], ["list"]),
        (["keyclave", "account", "list", "-o", "j"], ["json"], ["table"]),
        // The value of an option is no command.
        (["keyclave", "--timeout", "key", "acc"], ["account"], ["create"]),
        (["keyclave", "--token", "account", "key", "ren"], ["rename"], []),
        (
            ["keyclave", "key", "list", "--state", ""], ["active", "inactive", "revoked"],
            ["--user"]
        ),
        (["keyclave", "completions", ""], ["bash", "zsh", "fish"], []),
    ]

    /// Those that are installed. Of the others the scripts are still looked at below.
    private static let installed = Shell.allCases.filter { path(of: $0) != nil }

    /// A test of its own for each, so that a run shows which shell it says nothing of.
    @Test(
        .enabled(if: path(of: .bash) != nil, "bash isn't installed: its completion isn't tested"))
    func `bash completes what may come next, and nothing else`() throws {
        try expectOffers(.bash)
    }

    @Test(.enabled(if: path(of: .zsh) != nil, "zsh isn't installed: its completion isn't tested"))
    func `zsh completes what may come next, and nothing else`() throws {
        try expectOffers(.zsh)
    }

    @Test(
        .enabled(if: path(of: .fish) != nil, "fish isn't installed: its completion isn't tested"))
    func `fish completes what may come next, and nothing else`() throws {
        try expectOffers(.fish)
    }

    private func expectOffers(_ shell: Shell) throws {
        for (words, offered, not) in Self.cases {
            let offers = try Self.offers(shell, words)
            #expect(offers.isSuperset(of: offered), "\(shell) \(words): \(offers)")
            #expect(offers.isDisjoint(with: not), "\(shell) \(words): \(offers)")
        }
    }

    @Test(arguments: installed)
    func `a file that is an argument is completed, too`(shell: Shell) throws {
        for command in ["import", "backup", "restore", "inspect"] {
            let typed = shell == .zsh ? "" : "/etc/pass"
            let offers = try Self.offers(shell, ["keyclave", command, typed])
            #expect(
                offers.contains(shell == .zsh ? "FILES" : "/etc/passwd"),
                "\(shell) \(command): \(offers)")
            let options = try Self.offers(shell, ["keyclave", command, "--"])
            #expect(options.contains("--help"), "\(shell) \(command): \(options)")
        }
        let none = try Self.offers(shell, ["keyclave", "whoami", shell == .zsh ? "" : "/etc/pass"])
        #expect(none.isDisjoint(with: ["/etc/passwd", "FILES"]), "\(shell): \(none)")
    }

    @Test func `bash and fish complete a file where one is wanted`() throws {
        for shell in [Shell.bash, .fish] where Self.path(of: shell) != nil {
            let offers = try Self.offers(
                shell, ["keyclave", "whoami", "--token-file", "/etc/pass"])
            #expect(offers.contains("/etc/passwd"), "\(shell): \(offers)")
        }
        if Self.path(of: .zsh) != nil {
            let text = try Self.offers(.zsh, ["keyclave", "whoami", "--token-file", ""])
            #expect(text == ["FILES"])
        }
    }

    @Test func `bash knows that --output=json is one option`() throws {
        guard Self.path(of: .bash) != nil else { return }
        let offers = try Self.offers(.bash, ["keyclave", "whoami", "--output", "=", "j"])
        #expect(offers == ["json"])
        let next = try Self.offers(.bash, ["keyclave", "--output", "=", "json", "acc"])
        #expect(next == ["account"])
    }

    @Test(arguments: Shell.allCases)
    func `every command and option of the table is in the script`(shell: Shell) {
        let script = Self.script(for: shell)
        for (words, command) in Command.root.everyCommand() {
            #expect(script.contains("\"\(words.joined(separator: " "))\""))
            for option in command.allOptions {
                let spelling = shell == .fish ? "-l \(option.name)" : "--\(option.name)"
                #expect(script.contains(spelling))
            }
        }
    }

    /// The walk must know, before it knows the command, whether a word is an option's value.
    @Test func `an option takes a value everywhere or nowhere`() {
        var kinds: [String: Set<Bool>] = [:]
        for (_, command) in Command.root.everyCommand() {
            for option in command.allOptions {
                for spelling in option.spellings {
                    kinds[spelling, default: []].insert(option.value != nil)
                }
            }
        }
        #expect(kinds.filter { $0.value.count > 1 }.keys.sorted() == [])
    }
}
