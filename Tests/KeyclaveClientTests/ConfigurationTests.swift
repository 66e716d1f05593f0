import Basics
import HTTP
import Keyring
import Linux
import Server
import Testing

@testable import keyclave

@Suite struct ConfigurationTests {
    static let members = #"""
        "members": [{"id": "n2", "peer": "b:7201", "http": "b:7101"},
        {"id": "n1", "peer": "a:7201", "http": "a:7101"}]
        """#

    /// The least that is accepted, with more behind it.
    static func text(_ more: String = "") -> String {
        #"{"node": "n1", "data_directory": "data", "# + members
            + (more.isEmpty ? "" : ", " + more) + "}"
    }

    static func read(_ text: String) throws(ConfigurationError) -> NodeConfiguration {
        try NodeConfiguration(text: Array(text.utf8), directory: "/etc/keyclave")
    }

    @Test func `what isn't given has the documented default`() throws {
        let configuration = try Self.read(Self.text())
        #expect(configuration.node == NodeID(1))
        #expect(configuration.dataDirectory == "/etc/keyclave/data")
        #expect(configuration.members.map(\.id) == [NodeID(1), NodeID(2)])
        #expect(configuration.members[0].peer == HostPort(host: "a", port: 7201))
        #expect(configuration.clusterSecretFile == nil)
        #expect(configuration.httpListen == HostPort(host: "127.0.0.1", port: 7101))
        #expect(configuration.peerListen == HostPort(host: "127.0.0.1", port: 7201))
        #expect(configuration.frontThreads == max(1, Thread.processorCount - 1))
        #expect(configuration.heartbeatInterval == .milliseconds(50))
        #expect(configuration.electionTimeoutMinimum == .milliseconds(300))
        #expect(configuration.electionTimeoutMaximum == .milliseconds(600))
        #expect(configuration.requestDeadline == .seconds(10))
        #expect(configuration.headDeadline == .seconds(10))
        #expect(configuration.idleTimeout == .seconds(60))
        #expect(configuration.snapshotThreshold == 64 << 20)
        #expect(configuration.logLevel == .info)
        #expect(configuration.allowsKeyInQuery == false)
    }

    @Test func `every setting can be given`() throws {
        let configuration = try Self.read(
            Self.text(
                #"""
                "cluster_secret_file": "/run/secret", "previous_cluster_secret_file": "old",
                "http_listen": "0.0.0.0:80", "peer_listen": "[::1]:90", "front_threads": 3,
                "max_connections": 7, "heartbeat_ms": 10, "election_timeout_min_ms": 100,
                "election_timeout_max_ms": 200, "request_deadline_ms": 300,
                "head_deadline_ms": 400, "idle_timeout_ms": 500, "drain_deadline_ms": 0,
                "snapshot_after_bytes": 65536, "log_level": "debug", "allow_query_key": true
                """#))
        #expect(configuration.clusterSecretFile == "/run/secret")
        #expect(configuration.previousClusterSecretFile == "/etc/keyclave/old")
        #expect(configuration.httpListen == HostPort(host: "0.0.0.0", port: 80))
        #expect(configuration.peerListen == HostPort(host: "::1", port: 90))
        #expect(configuration.frontThreads == 3)
        #expect(configuration.connectionLimit == 7)
        #expect(configuration.heartbeatInterval == .milliseconds(10))
        #expect(configuration.electionTimeoutMinimum == .milliseconds(100))
        #expect(configuration.electionTimeoutMaximum == .milliseconds(200))
        #expect(configuration.requestDeadline == .milliseconds(300))
        #expect(configuration.headDeadline == .milliseconds(400))
        #expect(configuration.idleTimeout == .milliseconds(500))
        #expect(configuration.drainDeadline == .zero)
        #expect(configuration.snapshotThreshold == 65_536)
        #expect(configuration.logLevel == .debug)
        #expect(configuration.allowsKeyInQuery)
    }

    @Test(arguments: [
        ("", "", "the file is not JSON from byte 0 on."),
        ("{\"node\": \"n1\", \"heartbeat_ms\": 5", "", "the file is not JSON from byte"),
        ("hello", "", "the file is not JSON from byte 0 on."),
        ("{\"node\": hello}", "", "the file is not JSON from byte 9 on."),
        ("[]", "", "the file must hold a JSON object"),
        (text("\"extra\": 1"), "extra", "isn't a setting"),
        (text("\"heartbeats_ms\": 1"), "heartbeats_ms", "isn't a setting"),
        (text("\"node\": \"n2\""), "node", "is given twice"),
        (text("\"active_keys_per_user\": 5"), "active_keys_per_user", "is a setting of the whole"),
        (text("\"heartbeat_ms\": \"50\""), "heartbeat_ms", "whole number from 1 to 125"),
        (text("\"heartbeat_ms\": 0"), "heartbeat_ms", "whole number from 1 to 125"),
        (text("\"heartbeat_ms\": 126"), "heartbeat_ms", "whole number from 1 to 125"),
        (text("\"heartbeat_ms\": -5"), "heartbeat_ms", "whole number in plain digits"),
        (
            text("\"heartbeat_ms\": 99999999999999999999"), "heartbeat_ms", "is too large a number"
        ),
        (text("\"heartbeat_ms\": 5e1"), "heartbeat_ms", "whole number in plain digits"),
        (text("\"heartbeat_ms\": 101"), "election_timeout_min_ms", "three times heartbeat_ms"),
        (
            text("\"election_timeout_min_ms\": 600"), "election_timeout_max_ms",
            "above election_timeout_min_ms"
        ),
        (text("\"http_listen\": \"7101\""), "http_listen", "must be host:port"),
        (text("\"http_listen\": \"a:0\""), "http_listen", "must be host:port"),
        (text("\"peer_listen\": \"127.0.0.1:7101\""), "peer_listen", "the same as http_listen"),
        (text("\"log_level\": \"loud\""), "log_level", "must be one of \"debug\", \"info\""),
        (text("\"allow_query_key\": 1"), "allow_query_key", "must be true or false"),
        (text("\"cluster_secret_file\": \"\""), "cluster_secret_file", "must be a path"),
        (
            text("\"previous_cluster_secret_file\": \"x\""), "previous_cluster_secret_file",
            "needs cluster_secret_file"
        ),
        ("{}", "node", "is missing"),
        (#"{"node": "n1"}"#, "data_directory", "is missing"),
        (#"{"node": "1"}"#, "node", "must be a node id"),
        (#"{"node": "n01"}"#, "node", "must be a node id"),
        (#"{"node": "n3", "data_directory": "d", \#(members)}"#, "node", "isn't among the members"),
    ])
    func `what is wrong is named`(text: String, setting: String, reason: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try Self.read(text) }
        #expect(error?.setting == setting)
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    }

    @Test(arguments: [
        ("[]", "members", "1 to 64"),
        ("[5]", "members[0]", "must be an object"),
        (#"[{"id": "n1", "peer": "a:1"}]"#, "members[0].http", "is missing"),
        (#"[{"id": "n1", "peer": "a", "http": "a:2"}]"#, "members[0].peer", "must be host:port"),
        (
            #"[{"id": "n1", "peer": "a:1", "http": "a:2", "x": 1}]"#, "members[0].x",
            "isn't a setting"
        ),
        (
            #"""
            [{"id": "n1", "peer": "a:1", "http": "a:2"}, {"id": "n1", "peer": "b:1", "http": "b:2"}]
            """#, "members[1].id", "is there already"
        ),
        (
            #"""
            [{"id": "n1", "peer": "a:1", "http": "a:2"}, {"id": "n2", "peer": "a:1", "http": "b:2"}]
            """#, "members[1].peer", "is there already"
        ),
    ])
    func `a wrong member is named by its place`(
        members: String, setting: String, reason: String
    ) throws {
        let text = #"{"node": "n1", "data_directory": "d", "members": \#(members)}"#
        let error = #expect(throws: ConfigurationError.self) { try Self.read(text) }
        #expect(error?.setting == setting)
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    }

    @Test func `every replicated setting is refused with where it is set`() {
        for setting in Keyring.Setting.allCases {
            let error = #expect(throws: ConfigurationError.self) {
                try Self.read(Self.text("\"\(setting.name)\": 1"))
            }
            #expect(error?.setting == setting.name)
            #expect(error?.reason.contains("keyclave settings set \(setting.name)") == true)
        }
    }

    @Test func `the documentation lists every setting, and its example is accepted`() throws {
        let console = CapturedConsole()
        #expect(console.run("help configuration") == .done)
        for setting in NodeSetting.all {
            #expect(console.output.contains("\n  \(setting.name)  ("))
            #expect(!setting.meaning.hasSuffix("."))
        }
        #expect(Set(NodeSetting.all.map(\.name)).count == NodeSetting.all.count)
        let configuration = try Self.read(ConfigurationHelp.example)
        #expect(configuration.members.count == 3)
        let serve = CapturedConsole()
        #expect(serve.run("serve --help") == .done)
        #expect(serve.output.contains(ConfigurationHelp.settings))
    }
}
