import Basics
import Linux

/// The settings of one node, as its configuration file gives them: checked, with defaults filled
/// in and paths made absolute.
///
/// What `apply` reads is replicated state and can't stand here: nodes that disagree about it
/// would come to different states.
public struct NodeConfiguration: Hashable, Sendable {
    /// A member of the cluster, and where it is reached.
    public struct Member: Hashable, Sendable {
        public var id: NodeID
        /// Where its peers connect to.
        public var peer: HostPort
        /// Where clients connect to.
        public var http: HostPort

        public init(id: NodeID, peer: HostPort, http: HostPort) {
            self.id = id
            self.peer = peer
            self.http = http
        }
    }

    public enum LogLevel: String, CaseIterable, Comparable, Sendable {
        case debug, info, warning, error

        public static func < (left: LogLevel, right: LogLevel) -> Bool {
            (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
        }
    }

    /// Which of the members this node is.
    public var node: NodeID
    /// An absolute path.
    public var dataDirectory: String
    public var httpListen: HostPort
    public var peerListen: HostPort
    /// In the order of their ids; this node is among them.
    public var members: [Member]
    /// An absolute path; nil if the secret comes from the environment.
    public var clusterSecretFile: String?
    /// A second secret that peers may use while the secret is being changed.
    public var previousClusterSecretFile: String?
    /// At least one.
    public var frontThreads: Int
    /// Connections of clients, over all front threads.
    public var connectionLimit: Int
    public var heartbeatInterval: Duration
    public var electionTimeoutMinimum: Duration
    public var electionTimeoutMaximum: Duration
    /// How long a change or charge is pursued before its outcome is reported as unknown.
    public var requestDeadline: Duration
    /// How long a client may take to send a request's head.
    public var headDeadline: Duration
    /// How long a connection may be silent.
    public var idleTimeout: Duration
    /// How long a graceful stop may take.
    public var drainDeadline: Duration
    /// Log bytes after which a snapshot is written.
    public var snapshotThreshold: Int
    public var logLevel: LogLevel
    /// Whether `?api_key=` is read, which puts keys into proxies' logs.
    public var allowsKeyInQuery: Bool
}

/// Why a configuration can't be used: always with the name of the setting that is wrong.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// As in `members[1].peer`; empty if the file as a whole is wrong.
    public var setting: String
    public var reason: String

    public init(setting: String, reason: String) {
        self.setting = setting
        self.reason = reason
    }

    public var description: String { setting.isEmpty ? reason : "\(setting) \(reason)" }
}
