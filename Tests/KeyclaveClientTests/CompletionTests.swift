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

    @Test(arguments: Shell.allCases)
    func `a shell offers what may come next, and nothing else`(shell: Shell) throws {
        guard Self.path(of: shell) != nil else {
            // A shell that isn't there completes nothing; its script is still looked at below.
            return
        }
        for (words, offered, not) in Self.cases {
            let offers = try Self.offers(shell, words)
            #expect(offers.isSuperset(of: offered), "\(shell) \(words): \(offers)")
            #expect(offers.isDisjoint(with: not), "\(shell) \(words): \(offers)")
        }
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
