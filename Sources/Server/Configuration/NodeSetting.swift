import Basics
import Replica

/// One row of the table of settings: what the documentation shows and what decoding checks.
public struct NodeSetting: Sendable {
    /// What a value must look like.
    public enum Form: Sendable {
        case nodeID
        /// Relative paths start at the configuration file's directory.
        case path
        case address
        case members
        case number(ClosedRange<Int64>)
        case choice([String])
        case flag
    }

    /// The member's name in the file; units come last.
    public var name: String
    public var form: Form
    /// As JSON; nil if the setting must be given, or is absent unless given.
    public var standard: String?
    public var isRequired: Bool
    public var meaning: String

    init(
        _ name: String, _ form: Form, default standard: String? = nil, isRequired: Bool = false,
        _ meaning: String
    ) {
        self.name = name
        self.form = form
        self.standard = standard
        self.isRequired = isRequired
        self.meaning = meaning
    }

    /// The form in words for the documentation.
    public var formText: String {
        switch form {
        case .nodeID: "node id"
        case .path: "path"
        case .address: "host:port"
        case .members: "list"
        case .number(let range): "\(range.lowerBound)…\(range.upperBound)"
        case .choice(let choices): choices.joined(separator: ", ")
        case .flag: "true or false"
        }
    }
}

extension NodeSetting {
    /// Every setting of a node.
    public static let all: [NodeSetting] = [
        NodeSetting("node", .nodeID, isRequired: true, "which of the members this node is"),
        NodeSetting(
            "data_directory", .path, isRequired: true,
            "log, snapshots and identity, made by “keyclave format”; relative paths, here and "
                + "below, start at this file's directory"),
        NodeSetting(
            "members", .members, isRequired: true,
            "all nodes: a list of {\"id\", \"peer\", \"http\"}, the addresses as other machines "
                + "reach them"),
        NodeSetting(
            "cluster_secret_file", .path,
            "file (0600) with the secret that nodes prove their membership with, or two on lines "
                + "of their own while it is being changed, of which the first is presented; read "
                + "again at SIGHUP; without it the environment's KEYCLAVE_CLUSTER_SECRET is read"),
        NodeSetting(
            "previous_cluster_secret_file", .path,
            "a second secret, accepted from peers while the secret is being changed"),
        NodeSetting(
            "http_listen", .address, default: "\"127.0.0.1:7101\"", "where clients are answered"),
        NodeSetting(
            "peer_listen", .address, default: "\"127.0.0.1:7201\"", "where other nodes are answered"
        ),
        NodeSetting(
            "front_threads", .number(0...256), default: "0",
            "threads that answer clients; 0: one fewer than processors"),
        NodeSetting(
            "max_connections", .number(1...1_000_000), default: "10000",
            "connections of clients at the same time; more are closed at once"),
        NodeSetting(
            "heartbeat_ms", .number(1...NodeSettings.longestHeartbeat.milliseconds),
            default: "50",
            "how often a leader shows itself; at most a quarter of the shortest lease, which "
                + "couldn't be renewed in time"),
        NodeSetting(
            "election_timeout_min_ms", .number(5...60_000), default: "300",
            "shortest silence of a leader after which a node stands for election; at least three "
                + "heartbeats"),
        NodeSetting(
            "election_timeout_max_ms", .number(5...120_000), default: "600",
            "longest such silence; above the shortest, and the same on every node"),
        NodeSetting(
            "request_deadline_ms", .number(100...60_000), default: "10000",
            "how long a change is pursued before the answer is 504 outcome_unknown"),
        NodeSetting(
            "head_deadline_ms", .number(100...600_000), default: "10000",
            "how long a client may take to send the head of a request"),
        NodeSetting(
            "idle_timeout_ms", .number(100...3_600_000), default: "60000",
            "how long a client's connection may be silent"),
        NodeSetting(
            "drain_deadline_ms", .number(0...600_000), default: "5000",
            "how long a stop waits for requests under way, leadership handed over first"),
        NodeSetting(
            "snapshot_after_bytes", .number(65_536...(1 << 40)), default: "67108864",
            "log written since the last snapshot that makes a node write the next one"),
        NodeSetting(
            "log_level", .choice(["debug", "info", "warning", "error"]), default: "\"info\"",
            "the least important events to log"),
        NodeSetting(
            "allow_query_key", .flag, default: "false",
            "read API keys from ?api_key= as well, which puts them into proxies' logs"),
    ]

    /// Members of each element of `members`.
    static let memberNames = ["id", "peer", "http"]
}
