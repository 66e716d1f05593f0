import Basics
import Foundation
import Glibc
import HTTP
import Linux
import Testing

@testable import KeyclaveClient

/// What clients take from their process, and give back.
@Suite struct ResourceTests {
    /// Mebibytes that the process may write to, stacks among them.
    static func writableMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmData:") })
        return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1])) >> 10
    }

    @Test func `clients that are dropped leave no stacks behind`() async throws {
        let server = try ScriptedServer([], otherwise: .json(200, PoolTests.valid))
        defer { server.stop() }
        let other = try ScriptedServer([], otherwise: .json(200, PoolTests.valid))
        defer { other.stop() }
        let before = try Self.writableMemory()
        for _ in 0..<1_000 {
            // A lane and a scout, whose stacks have a mebibyte each.
            let keyclave = try Keyclave(nodes: [server.endpoint, other.endpoint])
            _ = try await keyclave.verify("kc_x")
        }
        // The last ones are on their way out.
        let patience = Clocks.now() + .seconds(60)
        var after = try Self.writableMemory()
        while after > before + 500, Clocks.now() < patience {
            Linux.Thread.sleep(.milliseconds(10))
            after = try Self.writableMemory()
        }
        #expect(after < before + 500, "\(before) MiB have become \(after)")
    }

    @Test func `waiting needs no descriptor`() async {
        await #expect(processExitsWith: .success) {
            var none = rlimit(rlim_cur: 0, rlim_max: 0)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &none)
            Linux.Thread.sleep(.milliseconds(1))
        }
    }
}
