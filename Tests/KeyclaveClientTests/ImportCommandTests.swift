import Basics
import Linux
import Server
import Testing

@testable import keyclave

/// `import` and `export` against a node in this process.
@Suite struct ImportCommandTests {
    /// A cluster of one with two accounts, in each of which are Ada, Bob and Eve.
    private static func serve(_ body: (Place) throws -> Void) throws {
        let directory = try ScratchDirectory()
        let file = try directory.file(
            "node.json",
            #"""
            {"node": "n1", "data_directory": "data", "log_level": "error",
            "http_listen": "127.0.0.1:1", "peer_listen": "127.0.0.1:2", "front_threads": 1,
            "members": [{"id": "n1", "peer": "127.0.0.1:2", "http": "127.0.0.1:1"}]}
            """#)
        let token = directory.path + "/token"
        let console = CapturedConsole()
        #expect(console.run("format --config \(file) --operator-token-file \(token)") == .done)
        var configuration = try ConfigurationFile.read(file, in: .ofProcess())
        configuration.httpListen = HostPort(host: "127.0.0.1", port: 0)
        configuration.peerListen = HostPort(host: "127.0.0.1", port: 0)
        let daemon = try Daemon(configuration, secrets: [], version: "test")
        defer { daemon.stop() }
        var place = Place(
            directory: directory.path,
            common: "--endpoint http://\(daemon.httpAddress) --token-file \(token)")
        for name in ["Acme", "Beta"] {
            let account = try place.id("account create \(name)", "acc_")
            place.accounts.append(account)
            for user in ["ada", "bob", "eve"] {
                place.users.append(
                    try place.id(
                        "user create --email \(user)@example.com --name \(user) --account \(account)",
                        "usr_"))
            }
        }
        place.expect("settings set keys_per_user 1000", .done)
        try body(place)
    }

    private struct Place {
        var directory: String
        var common: String
        var accounts: [String] = []
        var users: [String] = []

        @discardableResult
        func expect(
            _ line: String, _ code: keyclave.ExitCode, location: SourceLocation = #_sourceLocation
        ) -> CapturedConsole {
            let console = CapturedConsole()
            #expect(
                console.run("\(line) \(common)") == code,
                "\(console.output.prefix(500)) \(console.messages)", sourceLocation: location)
            return console
        }

        func id(_ line: String, _ prefix: String) throws -> String {
            let text = expect("\(line) -o json", .done).output
            let start = try #require(text.firstRange(of: prefix))
            return String(text[start.lowerBound...].prefix { $0 != "\"" })
        }

        func file(_ name: String, _ rows: [String]) throws -> String {
            let path = directory + "/" + name
            var target = try BackupTarget(path, replaces: true)
            try target.write(Array((head + rows.joined()).utf8))
            try target.finish()
            return path
        }

        private let head = "user,api,name,digest,active\n"

        func count(_ account: String) -> Int {
            expect("export --account \(account)", .done).output.split(separator: "\n").count
        }

        init(directory: String, common: String) {
            self.directory = directory
            self.common = common
        }
    }

    /// As long as a name can be: of such keys an entry takes some two thousand.
    private static let longName = String(repeating: "🗝", count: 200)

    private static func row(
        _ number: Int, user: String, name: String = longName, isActive: Bool = false
    ) -> String {
        let digest = SHA256.digest(of: Array("key \(number)".utf8)).hex
        return "\(user),rest,\(name),\(digest),\(isActive)\n"
    }

    private static let addresses = ["ada@example.com", "bob@example.com", "eve@example.com"]

    /// Several parts, by their bytes.
    private static let large = (0..<2_700).map { row($0, user: addresses[$0 % 3]) }

    @Test func `a large file is in whole or told by line, and run again changes nothing`() throws {
        try Self.serve { place in
            let file = try place.file("large.csv", Self.large)
            let first = "import \(file) --account \(place.accounts[0])"
            let refused = place.expect(first, .localError)
            #expect(
                refused.messages.contains("--in-parts imports them in 10 parts"),
                "\(refused.messages)")
            let done = place.expect("\(first) --in-parts -o json", .done).output
            #expect(done.contains(#""imported": 2700"#) && done.contains(#""entries": 10"#))
            #expect(done.contains(#""2-2701""#), "\(done)")
            #expect(place.count(place.accounts[0]) == 2_700)

            let again = place.expect("\(first) --in-parts -o json", .done)
            #expect(again.output.contains(#""imported": 0"#))
            #expect(again.output.contains(#""there_already": 2700"#), "\(again.output)")
            #expect(again.messages.contains("nothing was changed"))

            // Whose keys they are counts, not only that they are somewhere.
            let other = place.expect(
                "import \(file) --account \(place.accounts[1]) --in-parts", .refused)
            #expect(other.output.contains("line 2: a key with this digest is there already"))
            #expect(other.output.split(separator: "\n").count == 2_700)
            #expect(other.messages.contains("nothing was imported"), "\(other.messages)")
            #expect(place.count(place.accounts[1]) == 0)

            // Another file in the place of the first: its parts begin and end elsewhere.
            let changed = try place.file(
                "changed.csv", [Self.row(9_999, user: Self.addresses[0], name: "new")] + Self.large)
            let shifted = place.expect(
                "import \(changed) --account \(place.accounts[0]) --in-parts", .refused)
            #expect(shifted.output.contains("an earlier import was of another file"))
            #expect(!shifted.output.contains("line 2:"))
            #expect(place.count(place.accounts[0]) == 2_700)
        }
    }

    @Test func `caps are checked over the whole file before its first part is imported`() throws {
        try Self.serve { place in
            // Ada has 1,001 keys, named in two ways, in all parts; no part has too many of them.
            let rows = (0..<2_700).map { number in
                let isAdas = number < 500 || number >= 2_199
                let user = number < 500 ? place.users[0] : "ada@example.com"
                return Self.row(number, user: isAdas ? user : Self.addresses[1 + number % 2])
            }
            let file = try place.file("caps.csv", rows)
            let refused = place.expect(
                "import \(file) --account \(place.accounts[0]) --in-parts -o json", .refused)
            #expect(refused.output.contains(#""fault_count": 1,"#), "\(refused.output)")
            #expect(refused.output.contains(#""line": 2701,"#))
            #expect(refused.output.contains(#""code": "key_limit""#))
            #expect(place.count(place.accounts[0]) == 0)
        }
    }

    @Test func `a part that was cut short is gone on with by the same file`() throws {
        try Self.serve { place in
            // As after a run that was ended behind its first part: that part's lines are there.
            let file = try place.file("large.csv", Self.large)
            let parts = ImportPart.cut(
                ImportFile(
                    try File(reading: file).contents(limit: 1 << 24), form: .csv, areForeign: false
                ).rows)
            #expect(parts.count == 10)
            let first = try place.file("first.csv", Array(Self.large[..<parts[0].rows.count]))
            place.expect("import \(first) --account \(place.accounts[0])", .done)
            let rest = place.expect(
                "import \(file) --account \(place.accounts[0]) --in-parts -o json", .done
            ).output
            #expect(rest.contains(#""there_already": \#(parts[0].rows.count)"#), "\(rest)")
            #expect(rest.contains(#""imported": \#(2_700 - parts[0].rows.count)"#))
            #expect(rest.contains("\"\(parts[1].lines.lowerBound)-2701\""))
            #expect(place.count(place.accounts[0]) == 2_700)
        }
    }

    @Test func `a remembered refusal whose reason has gone stands in no import's way`() throws {
        try Self.serve { place in
            let file = try place.file("small.csv", [Self.row(1, user: "zoe@example.com")])
            let store = try #require(try Self.store(place))
            let rows = ImportFile(
                try File(reading: file).contents(limit: 1 << 20), form: .csv, areForeign: false
            ).rows
            let body = ImportPart(rows: rows).body(for: place.accounts[0])
            #expect(throws: (any Error).self) {
                try store.send(body, id: ImportStore.id(of: body, given: nil, attempt: 0))
            }
            let line = "import \(file) --account \(place.accounts[0])"
            let early = place.expect(line, .refused)
            #expect(early.output == "line 2: the account has no such user\n")
            place.expect(
                "user create --email zoe@example.com --name Zoe --account \(place.accounts[0])",
                .done)
            place.expect(line, .done)
            #expect(place.count(place.accounts[0]) == 1)
        }
    }

    private static func store(_ place: Place) throws -> ImportStore? {
        let words = CommandTableTests.words(
            of: "import - --account \(place.accounts[0]) \(place.common)")
        guard
            case .invocation(let invocation) = try CommandParser.parse(
                words, root: .root, environment: [:])
        else { return nil }
        return try ImportStore(Session(invocation: invocation, surroundings: .ofProcess()))
    }

    @Test func `an export goes into a file of its owner's alone, whole or not at all`() throws {
        try Self.serve { place in
            let keys = try place.file("keys.csv", [Self.row(1, user: "ada@example.com", name: "a")])
            place.expect("import \(keys) --account \(place.accounts[0])", .done)
            let file = place.directory + "/exported"
            let line = "export --account \(place.accounts[0]) --file \(file)"
            #expect(place.expect(line, .done).output == "")
            #expect(try File(reading: file).privacy() == .own)
            #expect(place.expect(line, .localError).messages.contains("--force replaces it"))
            place.expect("\(line) --force --format csv", .done)
            place.expect("import \(file) --account \(place.accounts[0])", .done)
        }
    }
}
