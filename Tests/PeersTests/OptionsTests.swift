import Testing

@testable import peers

@Suite struct OptionsTests {
    private func read(_ line: String) throws -> Options? {
        try Options(line.split(separator: " ").map(String.init))
    }

    @Test func `what is given counts, and the rest is as the help says`() throws {
        let options = try #require(
            try read("--rows keys,charge,keys --clients=8,1 --seconds 2 --json --keys 5000,1000"))
        #expect(options.rows == [.keys, .charge])
        #expect(options.clients == [8, 1])
        #expect(options.keys == [5_000, 1_000])
        #expect(options.seconds == 2 && options.warmUp == 2)
        #expect(try read("--seconds 1")?.warmUp == 0)
        #expect(options.isJSON && !options.isQuiet)
        let usual = try #require(try read(""))
        #expect(usual.rows == RowName.allCases)
        #expect(usual.clients == [1, 64, 256, 1_000] && usual.keys == [1_000_000])
        #expect(usual.seconds == 10 && usual.times == 3 && usual.kills == 7)
    }

    @Test(arguments: [
        ("--rows speed", "--rows must be one or more of validate, pipeline"),
        ("--rows charge,", "not “charge,”"),
        ("--seconds 0", "--seconds must be a whole number from 1 to 600, not “0”"),
        ("--seconds 601", "from 1 to 600"), ("--times=", "not “”"),
        ("--clients 1,x", "whole numbers from 1 to 10,000, separated by commas"),
        ("--clients 0", "from 1 to 10,000"), ("--keys 999", "from 1,000 to 50,000,000"),
        ("--kills", "--kills needs a value"), ("--json=yes", "--json takes no value"),
        ("--fast", "there is no option --fast"), ("-x", "there is no option -x"),
        ("charge", "“charge” is no option"), ("--json --json", "--json is given twice"),
        ("--dir /no/where", "--dir must be a directory, not “/no/where”"),
    ])
    func `what can't be meant is refused by the name of its option`(
        line: String, complaint: String
    ) throws {
        let error = try #require(throws: UsageError.self) { try read(line) }
        #expect(error.description.contains(complaint), "\(error)")
    }

    @Test(arguments: ["--help", "-h", "--json --help --fast"])
    func `help is asked for anywhere`(line: String) throws {
        #expect(try read(line) == nil)
    }

    @Test func `help names every option and row, in lines of a hundred columns`() {
        let lines = Help.text.split(separator: "\n")
        for option in Option.all {
            #expect(lines.contains { $0.hasPrefix("  --\(option.name)") }, "\(option.name)")
        }
        for row in RowName.allCases {
            #expect(lines.contains { $0.hasPrefix("  \(row.rawValue) ") }, "\(row)")
        }
        #expect(lines.allSatisfy { $0.count <= 100 })
    }
}
