import Basics
import Replica
import Testing

@testable import Server

/// What a node's configuration makes of the settings of its parts.
struct NodeSettingsTests {
    private static func settings(
        heartbeat: Int, minimum: Int, maximum: Int
    ) throws -> NodeSettings {
        let text = """
            {"node": "n1", "data_directory": "/data", "heartbeat_ms": \(heartbeat),
             "election_timeout_min_ms": \(minimum), "election_timeout_max_ms": \(maximum),
             "members": [{"id": "n1", "peer": "a:1", "http": "a:2"}]}
            """
        return try NodeConfiguration(text: Array(text.utf8), directory: "/").nodeSettings
    }

    @Test(arguments: [
        (1, 5, 6), (1, 3_000, 3_001), (50, 300, 600), (100, 1_000, 2_000), (125, 375, 376),
        (125, 30_000, 60_000), (125, 60_000, 120_000),
    ])
    func whatTheConfigurationAllowsContradictsNothing(
        heartbeat: Int, minimum: Int, maximum: Int
    ) throws {
        try Self.settings(heartbeat: heartbeat, minimum: minimum, maximum: maximum).validate()
    }

    @Test(arguments: [(10, 50, 100), (50, 300, 600), (100, 1_000, 2_000)])
    func aDiskThatHangsCostsTheLeadershipWithinTwoElectionTimeouts(
        heartbeat: Int, minimum: Int, maximum: Int
    ) throws {
        let settings = try Self.settings(
            heartbeat: heartbeat, minimum: minimum, maximum: maximum)
        let noticed = settings.raft.storageStallTimeout + settings.raft.heartbeatInterval
        #expect(noticed <= .milliseconds(2 * Int64(maximum)))
        #expect(settings.raft.storageStallTimeout >= .milliseconds(Int64(minimum)))
    }
}
