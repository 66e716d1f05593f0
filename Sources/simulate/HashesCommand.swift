import Foundation
import Simulator

/// `simulate hashes`: what two builds, machines or processes must agree on.
enum HashesCommand {
    /// The hashes of one run, as one line.
    struct RunHashes: Equatable {
        var seed: UInt64
        var final: UInt64
        var events: Int
        var seconds: [UInt64]

        var line: String {
            "seed \(seed) hash \(final.hexadecimal) events \(events) seconds "
                + seconds.map(\.hexadecimal).joined(separator: " ")
        }

        init(_ simulation: Simulation) {
            let report = simulation.run()
            seed = simulation.seed
            final = report.hash
            events = report.events
            seconds = report.secondHashes
        }

        init?(line: some StringProtocol) {
            let words = line.split(separator: " ")
            guard words.count >= 7, words[0] == "seed", words[2] == "hash", words[4] == "events",
                words[6] == "seconds", let seed = UInt64(words[1]),
                let final = UInt64(words[3], radix: 16), let events = Int(words[5])
            else { return nil }
            self.seed = seed
            self.final = final
            self.events = events
            seconds = words[7...].compactMap { UInt64($0, radix: 16) }
        }

        /// Where this run and another of the same seed part, in words; nil if they don't.
        func divergence(from other: RunHashes) -> String? {
            guard self != other else { return nil }
            let common = zip(seconds, other.seconds).prefix { $0 == $1 }.count
            let from = common == 0 ? "0s" : "\(common)s"
            guard common < max(seconds.count, other.seconds.count) else {
                return "seed \(seed) parts after \(from)"
            }
            return "seed \(seed) parts between \(from) and \(common + 1)s"
        }
    }

    static func run(_ words: [String]) throws(UsageError) -> Int32 {
        var arguments = Arguments(words)
        let request = try RunRequest(
            verb: "hashes", &arguments, takesCount: true, usualCount: 10, values: ["--compare"])
        if let path = request.own["--compare"] {
            return compare(try read(path), request)
        }
        for seed in request.seeds { Console.write(RunHashes(request.simulation(seed)).line) }
        return ExitCode.passed
    }

    private static func read(_ path: String) throws(UsageError) -> [RunHashes] {
        let text: String
        do {
            text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        } catch {
            throw UsageError("can't read \(path)")
        }
        var hashes: [RunHashes] = []
        for (number, line) in text.split(separator: "\n").enumerated() {
            guard let run = RunHashes(line: line) else {
                throw UsageError("\(path):\(number + 1): not a line of simulate hashes")
            }
            hashes.append(run)
        }
        guard !hashes.isEmpty else { throw UsageError("\(path) holds no hashes") }
        return hashes
    }

    private static func compare(_ expected: [RunHashes], _ request: RunRequest) -> Int32 {
        var parted = 0
        for other in expected {
            let own = RunHashes(request.simulation(other.seed))
            guard let divergence = own.divergence(from: other) else { continue }
            parted += 1
            Console.write(divergence)
        }
        Console.write("\(expected.count) runs compared, \(parted) part")
        return parted == 0 ? ExitCode.passed : ExitCode.safety
    }
}
