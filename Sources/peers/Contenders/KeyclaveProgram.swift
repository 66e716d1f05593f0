import Basics
import Foundation

/// The program that is measured, and that measures.
struct KeyclaveProgram {
    let path: String

    init(path: String) { self.path = path }

    /// As `KEYCLAVE_PROGRAM` says, else the one that was built beside this.
    init() throws(Trouble) {
        if let named = ProcessInfo.processInfo.environment["KEYCLAVE_PROGRAM"], !named.isEmpty {
            path = URL(filePath: named).path
            guard FileManager.default.isExecutableFile(atPath: path) else {
                throw Trouble("KEYCLAVE_PROGRAM names \(named), which can't be run")
            }
        } else {
            path =
                URL(filePath: BoundProcess.program).deletingLastPathComponent()
                .appending(path: "keyclave").path
            guard FileManager.default.isExecutableFile(atPath: path) else {
                throw Trouble("\(path) isn't built; Cluster/bench-peers builds it")
            }
        }
    }

    /// What a command answers.
    func ask<Answer: Decodable>(
        _ type: Answer.Type, _ words: [String], endpoints: String, tokenFile: String? = nil,
        within limit: Basics.Duration
    ) throws -> Answer {
        let command = try begin(words, endpoints: endpoints, tokenFile: tokenFile)
        return try JSONText.value(type, in: command.finish(within: limit).output)
    }

    /// Starts a command that will print JSON.
    func begin(
        _ words: [String], endpoints: String, tokenFile: String?
    ) throws(Trouble) -> Command {
        // Without what the user's own environment says of another cluster.
        var environment = ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("KEYCLAVE_") }
        environment["KEYCLAVE_ENDPOINTS"] = endpoints
        environment["KEYCLAVE_TOKEN_FILE"] = tokenFile
        return try Command([path] + words + ["-o", "json"], environment: environment)
    }
}

/// What `keyclave bench` reports, as far as rows are made of it.
struct BenchReport: Decodable {
    struct Latencies: Decodable {
        var p50: Double
        var p99: Double
        /// Of a thousand requests 999 took no longer.
        var p99_9: Double

        private enum CodingKeys: String, CodingKey {
            case p50, p99
            // As the decoder turns `p99_9`.
            case p99_9 = "p999"
        }
    }

    struct Charges: Decodable { var perSecond: Double }

    /// Answers with another status than 200, from when their requests were sent.
    struct Refusals: Decodable {
        var count: Int
        var perSecond: Double
        var latencyUs: Latencies
    }

    struct Errors: Decodable {
        var total: Int
        /// Nil without any.
        var status503: Int?
    }

    var answers: Int
    var perSecond: Double
    var latencyUs: Latencies
    var charges: Charges?
    var refusals: Refusals
    var errors: Errors

    var figures: Figures {
        Figures(
            perSecond: charges?.perSecond ?? perSecond, p50: latencyUs.p50, p99: latencyUs.p99,
            p99_9: latencyUs.p99_9, answers: answers, errors: errors.total)
    }
}

/// What `keyclave bench load-keys` reports.
struct LoadReport: Decodable {
    /// What `--loaded` takes.
    var loaded: String
    var perSecond: Double
}
