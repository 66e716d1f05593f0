import Basics
import Foundation
import Simulator

/// Runs seeds in a child process: the program itself, under a verb of its own. A child that traps
/// takes one run along; whoever reads its lines knows which.
struct SeedWorker {
    /// Not for people.
    static let verb = "seed-worker"

    /// The child's part: a line when a run begins, a line when it has ended.
    static func run(_ words: [String]) throws(UsageError) -> Int32 {
        var arguments = Arguments(words)
        let request = try RunRequest(verb: verb, &arguments, takesCount: true)
        for seed in request.seeds {
            Console.write("begin \(seed)")
            let report = request.simulation(seed).run()
            Console.write(SeedResult(report).line)
        }
        return ExitCode.passed
    }

    /// This program.
    static var program: URL {
        let link = "/proc/self/exe"
        let path = try? FileManager.default.destinationOfSymbolicLink(atPath: link)
        return URL(filePath: path ?? CommandLine.arguments[0])
    }

    /// The parent's part: gives each result to `body`, in order; a child that traps is followed by
    /// another that goes on with the next seed.
    static func run(
        _ seeds: ClosedRange<UInt64>, _ words: [String], _ body: (SeedResult) -> Void
    ) {
        var next = seeds.lowerBound
        while next <= seeds.upperBound {
            let last = runChild(next...seeds.upperBound, words, body)
            guard last < seeds.upperBound else { return }
            next = last + 1
        }
    }

    /// Returns the last seed that the child brought to an end, by whatever means.
    private static func runChild(
        _ seeds: ClosedRange<UInt64>, _ words: [String], _ body: (SeedResult) -> Void
    ) -> UInt64 {
        let process = Process()
        process.executableURL = program
        process.arguments =
            [
                verb, "--from", "\(seeds.lowerBound)", "--count",
                "\(seeds.upperBound - seeds.lowerBound + 1)",
            ] + words
        let output = Pipe()
        let complaints = Pipe()
        process.standardOutput = output
        process.standardError = complaints
        process.standardInput = FileHandle.nullDevice
        var environment = ProcessInfo.processInfo.environment
        // A trace of calls takes seconds; `replay` shows it.
        environment["SWIFT_BACKTRACE"] = "enable=no"
        process.environment = environment
        do {
            try process.run()
        } catch {
            body(SeedResult(crashing: seeds.lowerBound, "no child process: \(error)"))
            return seeds.upperBound
        }
        var underWay: UInt64?
        var last: UInt64?
        LineReader(output.fileHandleForReading).forEach { line in
            if line.hasPrefix("begin ") {
                underWay = UInt64(line.dropFirst(6))
            } else if let result = SeedResult(line: line) {
                underWay = nil
                last = result.seed
                body(result)
            }
        }
        let words = complaints.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationReason == .uncaughtSignal || process.terminationStatus != 0
        else { return seeds.upperBound }
        let seed = underWay ?? last.map { $0 + 1 } ?? seeds.lowerBound
        body(SeedResult(crashing: seed, reason(process, words)))
        return seed
    }

    private static func reason(_ process: Process, _ complaints: Data) -> String {
        let first = String(decoding: complaints, as: UTF8.self).split(separator: "\n").first
        let end =
            process.terminationReason == .uncaughtSignal
            ? "signal \(process.terminationStatus)" : "exit code \(process.terminationStatus)"
        return first.map { "\(end): \($0)" } ?? end
    }
}

/// The lines of a file, as they come.
struct LineReader {
    private let file: FileHandle

    init(_ file: FileHandle) { self.file = file }

    func forEach(_ body: (String) -> Void) {
        var pending = Data()
        while case let data = file.availableData, !data.isEmpty {
            pending.append(data)
            while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                body(String(decoding: pending[pending.startIndex..<end], as: UTF8.self))
                pending = Data(pending[pending.index(after: end)...])
            }
        }
    }
}
