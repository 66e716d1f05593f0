import Testing

@testable import keyclave

@Suite struct CommandParserTests {
    static func invocation(
        _ line: String, environment: [String: String] = [:]
    ) throws -> Invocation {
        let result = try CommandParser.parse(
            CommandTableTests.words(of: line), root: .root, environment: environment)
        guard case .invocation(let invocation) = result else {
            throw UsageError(words: [], message: "help")
        }
        return invocation
    }

    static func complaint(_ line: String, environment: [String: String] = [:]) -> String? {
        do {
            _ = try invocation(line, environment: environment)
            return nil
        } catch let error as UsageError {
            return error.words.joined(separator: " ") + ": " + error.message
        } catch {
            return "\(error)"
        }
    }

    @Test func `options may be written in every usual way and anywhere`() throws {
        for line in [
            "key list --api rest --limit 5 -o json", "key list --api=rest --limit=5 -ojson",
            "-o json key list --limit 5 --api rest", "key --output=json list --limit 5 --api rest",
        ] {
            let invocation = try Self.invocation(line)
            #expect(invocation.words == ["keyclave", "key", "list"])
            #expect(invocation.text("api") == "rest")
            #expect(invocation.number("limit") == 5)
            #expect(invocation.text("output") == "json")
        }
    }

    @Test func `a flag beats the environment, which beats the default`() throws {
        let environment = ["KEYCLAVE_ENDPOINTS": "http://e:1,http://f:2"]
        let flag = try Self.invocation(
            "key list --endpoint http://g:3", environment: environment)
        #expect(flag.texts("endpoint") == ["http://g:3"])
        #expect(flag.wasGiven("endpoint"))
        let environmental = try Self.invocation("key list", environment: environment)
        #expect(environmental.texts("endpoint") == ["http://e:1", "http://f:2"])
        #expect(!environmental.wasGiven("endpoint"))
        let standard = try Self.invocation("key list", environment: ["KEYCLAVE_ENDPOINTS": ""])
        #expect(standard.texts("endpoint") == ["http://127.0.0.1:7101"])
    }

    @Test func `a repeatable option takes several values and lists`() throws {
        let invocation = try Self.invocation("key list --endpoint a:1,b:2 --endpoint c:3")
        #expect(invocation.texts("endpoint") == ["a:1", "b:2", "c:3"])
    }

    @Test func `behind two dashes everything is an argument`() throws {
        let invocation = try Self.invocation("account rename acc_1 -- --odd")
        #expect(invocation.text("name") == "--odd")
        #expect(try Self.invocation("charge 5 --key -").text("key") == "-")
    }

    @Test(arguments: [
        ("kye list", "keyclave: there is no command “kye”; did you mean key?"),
        ("key lst", "keyclave key: there is no command “lst”; did you mean list?"),
        ("frobnicate", "keyclave: there is no command “frobnicate”"),
        ("key", "keyclave key: a command is missing"),
        ("key list --aip rest", "keyclave key list: there is no option --aip; did you mean --api?"),
        ("key list -x", "keyclave key list: there is no option -x"),
        ("key list --api", "keyclave key list: --api needs a value"),
        ("key list -o", "keyclave key list: -o needs a value"),
        ("key list --api rest --api batch", "keyclave key list: --api is given twice"),
        ("key list --help=yes", "keyclave key list: --help takes no value"),
        ("key list extra", "keyclave key list: “extra” is one argument too many"),
        ("key get", "keyclave key get: KEY is missing"),
        ("key create --name x", "keyclave key create: --user is missing"),
        (
            "key list --state activ",
            "keyclave key list: --state must be one of active, inactive, revoked, retiring, "
                + "expired, not “activ”; did you mean active?"
        ),
        (
            "charge 0 --key -",
            "keyclave charge: CREDITS must be a whole number from 1 to 1000000000, not “0”"
        ),
        (
            "charge 1e3 --key -",
            "keyclave charge: CREDITS must be a whole number from 1 to 1000000000, not “1e3”"
        ),
        (
            "key list --limit +5",
            "keyclave key list: --limit must be a whole number from 1 to 1000, not “+5”"
        ),
        ("key list --api=", "keyclave key list: --api must not be empty"),
        ("-o json serve --config x", "keyclave serve: there is no option --output"),
    ])
    func `what is wrong is named`(line: String, complaint: String) {
        #expect(Self.complaint(line) == complaint)
    }

    @Test func `a wrong value of the environment is told by its variable`() {
        let complaint = Self.complaint(
            "key list", environment: ["KEYCLAVE_ENDPOINTS": "http://a:1,,"])
        #expect(complaint == "keyclave key list: KEYCLAVE_ENDPOINTS must not be empty")
    }

    @Test(arguments: [
        ("kye", "key"), ("usr", "user"), ("clsuter", "cluster"), ("verifi", "verify"),
        ("bnch", "bench"), ("tok", "token"), ("zzz", nil), ("x", nil),
    ])
    func `the nearest word is suggested`(word: String, expected: String?) {
        #expect(
            Suggestion.nearest(to: word, among: Command.root.subcommands.map(\.name)) == expected)
    }

    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("abc", "abc", 0), ("abc", "acb", 1), ("kitten", "sitting", 3),
        ("ca", "abc", 3), ("list", "lst", 1),
    ])
    func `distances are those of the textbook`(one: String, other: String, distance: Int) {
        #expect(Suggestion.distance(Array(one), Array(other)) == distance)
        #expect(Suggestion.distance(Array(other), Array(one)) == distance)
    }
}
