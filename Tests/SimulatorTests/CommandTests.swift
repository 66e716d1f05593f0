import Basics
import Foundation
import Simulator
import Testing

@testable import simulate

@Suite struct CommandTests {
    private func request(_ words: String...) throws(UsageError) -> RunRequest {
        var arguments = Arguments(words)
        return try RunRequest(
            verb: "seeds", &arguments, takesCount: true, usualCount: 10, values: ["--jobs"])
    }

    private func complaint(_ words: String...) -> String? {
        do throws(UsageError) {
            var arguments = Arguments(words)
            _ = try RunRequest(verb: "seeds", &arguments, takesCount: true, values: ["--jobs"])
            return nil
        } catch {
            return error.description
        }
    }

    @Test(
        arguments: [
            ("300ms", 300_000_000), ("2s", 2_000_000_000), ("1.5s", 1_500_000_000),
            ("1m", 60_000_000_000), ("0.25h", 900_000_000_000), ("20us", 20_000), ("7ns", 7),
            ("0s", 0),
        ] as [(String, Int64)])
    func `times are read`(text: String, nanoseconds: Int64) {
        #expect(Basics.Duration(text: text)?.nanoseconds == nanoseconds)
    }

    @Test(arguments: ["", "5", "s", "-1s", "1,5s", "1.s", ".5s", "1.2.3s", "2 s", "9999999999h"])
    func `what is no time is refused`(text: String) {
        #expect(Basics.Duration(text: text) == nil)
    }

    @Test func `options change what a seed draws, and can be written again`() throws {
        let request = try request(
            "--from", "7", "--count", "3", "--nodes", "5", "--no-crash", "--cut", "2s",
            "--safety", "60s", "--drift-bound", "20", "--damaged", "2", "--broken", "n4",
            "--delay", "1ms..4ms")
        #expect(request.seeds == 7...9)
        #expect(
            request.words == [
                "--nodes", "5", "--no-crash", "--cut", "2s", "--safety", "60s", "--drift-bound",
                "20", "--damaged", "2", "--broken", "n4", "--delay", "1ms..4ms",
            ])
        let options = request.simulation(7).options
        #expect(options.nodes == 5)
        #expect(options.pauses[.crash] == nil)
        #expect(options.pauses[.cut] == .seconds(2))
        #expect(options.safetyPhase == .seconds(60))
        #expect(options.driftBound == 20)
        #expect(options.damagedMachines == 2)
        #expect(options.brokenForEver == NodeID(4))
        #expect(options.shortestDelay == .milliseconds(1))
        #expect(options.longestDelay == .milliseconds(4))
        #expect(request.overrides.expectedFaults.contains(.crash) == false)
    }

    @Test func `only the faults named strike, whatever the seed switched off`() throws {
        let request = try request("--only", "cut,power-loss")
        for seed in 1...20 as ClosedRange<UInt64> {
            let pauses = request.simulation(seed).options.pauses
            #expect(Set(pauses.keys) == [.cut, .powerLoss])
        }
        #expect(request.overrides.expectedFaults == [.cut, .powerLoss])
        let none = try self.request("--only", "none")
        #expect(none.simulation(1).plan.isEmpty)
    }

    @Test func `one run of eight has a server's frames, and any can have them`() throws {
        let drawn = (1...800 as ClosedRange<UInt64>).count { seed in
            Simulation(seed: seed).options.authenticatesFrames
        }
        #expect((80...120).contains(drawn))
        let request = try request("--frames", "authentic")
        let cheap = try self.request("--frames", "checksums")
        for seed in 1...20 as ClosedRange<UInt64> {
            #expect(request.simulation(seed).options.authenticatesFrames)
            #expect(!cheap.simulation(seed).options.authenticatesFrames)
        }
        #expect(
            complaint("--frames", "none") == "--frames takes authentic or checksums, not 'none'")
    }

    @Test func `in one run of four requests come together, and in any they can`() throws {
        let drawn = (1...800 as ClosedRange<UInt64>).count { seed in
            Simulation(seed: seed).options.requestsComeTogether
        }
        #expect((170...230).contains(drawn))
        let together = try request("--requests", "together")
        let singly = try request("--requests", "singly")
        for seed in 1...20 as ClosedRange<UInt64> {
            #expect(together.simulation(seed).options.requestsComeTogether)
            #expect(!singly.simulation(seed).options.requestsComeTogether)
        }
        #expect(complaint("--requests", "x") == "--requests takes singly or together, not 'x'")
    }

    @Test func `without options a seed is the run it stands for`() throws {
        let request = try request()
        #expect(request.simulation(3).plan == Simulation(seed: 3).plan)
        #expect(request.words == [])
    }

    @Test func `a plan is kept in part, and the rest is drawn as before`() throws {
        let request = try request("--plan", "2,5=150ms", "--shorten", "12s")
        let whole = Simulation(seed: 3)
        let part = request.simulation(3)
        #expect(part.plan.map(\.at) == [whole.plan[2].at, whole.plan[5].at])
        #expect(part.plan[1].lasting == .milliseconds(150))
        #expect(part.options.safetyPhase == .seconds(12))
        #expect(request.words == ["--plan", "2,5=150ms", "--shorten", "12s"])
    }

    @Test func `each mistake has its line`() {
        #expect(
            complaint("--count", "x")
                == "--count takes a whole number from 1 to 4294967296, not 'x'")
        #expect(complaint("--count") == "--count takes a value")
        #expect(complaint("--cut", "2x") == "--cut takes a time like 300ms, 2s or 1m, not '2x'")
        #expect(complaint("--cut", "0s") == "--cut takes 1ms to 86400s, not '0s'")
        #expect(complaint("--only", "cut,foo") == "--only: 'foo' is no kind of fault; see --help")
        #expect(complaint("--bogus") == "seeds has no option '--bogus'")
        #expect(complaint("5") == "seeds has no option '5'")
        #expect(complaint("--broken", "n4") == "--broken n4: there are 3 nodes; see --nodes")
        #expect(complaint("--broken", "4") == "--broken takes a node like n2, or none, not '4'")
        #expect(
            complaint("--delay", "4ms..1ms") == "--delay: the longest is shorter than the shortest")
        #expect(
            complaint("--plan", "5,2") == "--plan takes rising numbers like 3,7=150ms,9, not '5,2'")
        #expect(complaint("--nodes", "5", "--broken", "n4") == nil)
    }

    @Test func `what is asked of mutants is read before a program with bugs is built`() throws {
        let options = try MutantsOptions([
            "--only", "nothing,majority-lost", "--seconds", "9", "--json", "--jobs", "2",
        ])
        #expect(options.only == ["nothing", "majority-lost"])
        #expect(options.seconds == 9)
        #expect(options.jobs == 2)
        #expect(options.isMachineReadable)
        let rows = MutantsBuild.rows(in: PlantedBugTests.project.path)
        #expect(rows.count > 40)
        #expect(Set(rows).count == rows.count)
        try options.requireRows(among: rows)
        #expect(throws: UsageError("--only: 'nothing' is none of majority-lost")) {
            try options.requireRows(among: ["majority-lost"])
        }
    }

    @Test func `a result passes from process to process on one line`() throws {
        var result = SeedResult(crashing: 9, "signal 4: a\tb\nc")
        result.outcome = .liveness
        result.law = "every errand ends"
        result.time = .zero + .seconds(60)
        result.counts = [1, 0, 3]
        result.events = 12
        let line = result.line
        #expect(!line.contains("\n"))
        let read = try #require(SeedResult(line: line))
        #expect(read.line == line)
        #expect(read.detail == "signal 4: a b c")
        #expect(read.counts == [1, 0, 3])
        #expect(SeedResult(line: "begin 9") == nil)
    }

    @Test func `the first second in which two runs differ is told`() throws {
        let own = try #require(
            HashesCommand.RunHashes(line: "seed 4 hash 0a events 9 seconds 01 02 03"))
        let same = try #require(HashesCommand.RunHashes(line: own.line))
        #expect(own.divergence(from: same) == nil)
        var other = own
        other.seconds = [1, 7, 8]
        #expect(own.divergence(from: other) == "seed 4 parts between 1s and 2s")
        other = own
        other.final = 11
        #expect(own.divergence(from: other) == "seed 4 parts after 3s")
        #expect(HashesCommand.RunHashes(line: "seed 4") == nil)
    }

    @Test func `a campaign that never saw some fault isn't green`() throws {
        var tally = CampaignTally()
        var report = SeedResult(crashing: 1, "")
        report.outcome = .passed
        report.counts = tally.rows.map { $0.name == "fault: rot" ? 0 : 1 }
        for seed in 1...500 as ClosedRange<UInt64> {
            report.seed = seed
            tally.add(report)
        }
        let request = try request("--count", "500")
        var account = CampaignAccount(
            request: request, tally: tally, seconds: 1, processorSeconds: 1)
        #expect(account.missing == ["fault: rot"])
        #expect(account.exitCode == 5)
        #expect(account.text.contains("not green: no run saw fault: rot"))
        // What was switched off isn't asked for.
        account.request = try self.request("--count", "500", "--no-rot")
        #expect(account.exitCode == 0)
        report.outcome = .liveness
        account.tally.add(report)
        #expect(account.exitCode == 2)
        report.outcome = .crash
        account.tally.add(report)
        #expect(account.exitCode == 3)
        report.outcome = .safety
        account.tally.add(report)
        #expect(account.exitCode == 1)
    }

    /// The program, beside these tests.
    static var program: URL {
        let folder = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
            .deletingLastPathComponent()
        return (folder ?? URL(filePath: ".build/debug")).appending(path: "simulate")
    }

    private func perform(
        _ words: [String]
    ) throws -> (code: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = words
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let told = output.fileHandleForReading.readDataToEndOfFile()
        let complained = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: told, as: UTF8.self),
            String(decoding: complained, as: UTF8.self)
        )
    }

    @Test(arguments: [
        ["bogus"], [], ["replay", "x"], ["replay"], ["shrink", "-1"], ["seeds", "--count", "0"],
        ["seeds", "--jobs", "0"], ["replay", "1", "--html", "/nonexistent/page.html"],
        ["hashes", "--compare", "/nonexistent"], ["replay", "1", "--html", "/tmp"],
        ["replay", "1", "--html"], ["replay", "18446744073709551616"], ["shrink"],
        ["shrink", "leader-cut-off.scenario"], ["shrink", "1", "--runs", "0"],
        ["shrink", "1", "--plan", "3"], ["run"], ["run", "/nonexistent.scenario"], ["run", "/tmp"],
        ["run", "--bogus"], ["run", "a.scenario", "b.scenario", "--html", "/tmp/page.html"],
        ["run", "a.scenario", "--html", "/nonexistent/page.html"], ["cuts", "3"],
        ["mutants", "--bogus"], ["mutants", "5"], ["mutants", "--only"],
        ["mutants", "--seconds", "0"], ["mutants", "--only", "nothing,no-such-row"],
    ])
    func `bad usage is one line, exit code 64 and nothing done`(words: [String]) throws {
        let (code, output, errors) = try perform(words)
        #expect(code == 64)
        #expect(output.isEmpty)
        let lines = errors.split(separator: "\n")
        #expect(lines.count == 1, "\(lines)")
        #expect(lines.first?.hasPrefix("simulate: ") == true)
    }

    @Test(arguments: [
        ("", ":1:1: "), ("# Shows nothing.\n\u{0}\n", ":2:1: "),
        ("# Shows nothing.\ncluster 3 nodes, seed x\n", ":2:23: "),
        ("# Shows nothing.\ncluster 3 nodes, seed 1\nat 1s frobnicate A\n", ":3:7: "),
    ])
    func `a wrong scenario is one line with its place, exit code 64 and nothing done`(
        text: String, place: String
    ) throws {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "\(UUID().uuidString).scenario")
        try text.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let (code, output, errors) = try perform(["run", file.path])
        #expect(code == 64)
        #expect(output.isEmpty)
        let lines = errors.split(separator: "\n")
        #expect(lines.count == 1, "\(lines)")
        #expect(lines.first?.hasPrefix(file.path + place) == true, "\(lines)")
    }

    @Test func `a scenario isn't shrunk, and the line says so`() throws {
        let (code, _, errors) = try perform(["shrink", "leader-cut-off.scenario"])
        #expect(code == 64)
        #expect(errors.contains("is a scenario for simulate run"))
    }

    @Test func `help stands at every level, with an example`() throws {
        for verb in [
            [], ["seeds"], ["replay"], ["shrink"], ["hashes"], ["run"], ["cuts"], ["mutants"],
        ] {
            let (code, output, _) = try perform(verb + ["--help"])
            #expect(code == 0)
            #expect(output.contains("EXAMPLE"), "\(verb)")
        }
    }

    @Test func `a campaign in child processes tells what replays would`() throws {
        let words = [
            "seeds", "--from", "3", "--count", "2", "--json", "--only", "none", "--safety", "1s",
            "--liveness", "4s", "--clients", "1",
        ]
        let (code, output, _) = try perform(words)
        #expect(code == 0)
        #expect(output.contains(#""count":2"#), "\(output)")
        #expect(output.contains(#""failures":[]"#))
    }
}
