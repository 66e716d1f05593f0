import Basics
import HTTP
import Keyring
import Linux

extension NodeConfiguration {
    /// Reads a configuration file's text. Relative paths start at `directory`, an absolute path.
    ///
    /// Every setting is checked by the table of settings; an unknown one is refused, as are two of
    /// the same name, since a misspelt setting that silently keeps its default is found at the
    /// worst moment.
    public init(text: [UInt8], directory: String) throws(ConfigurationError) {
        let file: JSONValue
        do throws(JSONRefusal) {
            file = try JSONValue(text)
        } catch {
            // What isn't JSON at all isn't about the setting that it was found in.
            throw ConfigurationError(
                setting: error.isMalformed ? "" : error.path, reason: Self.words(of: error))
        }
        guard let members = file.members else {
            throw ConfigurationError(setting: "", reason: "the file must hold a JSON object")
        }
        for member in members { try Self.check(nameOf: member) }
        let values = SettingValues(members: members, directory: directory)
        try self.init(values)
        try checkRelations()
    }

    private static func words(of refusal: JSONRefusal) -> String {
        switch refusal.reason {
        case .duplicate: "is given twice"
        case .notWhole: "must be a whole number in plain digits"
        case .outOfRange: "is too large a number"
        default: refusal.detail.replacing("The body", with: "the file")
        }
    }

    private static func check(nameOf member: JSONValue.Member) throws(ConfigurationError) {
        let name = member.name
        let known = NodeSetting.all.map(\.name)
        if known.contains(name) { return }
        if Setting.allCases.contains(where: { $0.name == name }) {
            throw ConfigurationError(
                setting: name,
                reason: "is a setting of the whole cluster, the same on every node: set it with "
                    + "“keyclave settings set \(name) VALUE”, or when the cluster is formed with "
                    + "“keyclave format --set \(name)=VALUE”")
        }
        throw ConfigurationError(
            setting: name, reason: "isn't a setting; “keyclave help configuration” lists them")
    }

    private init(_ values: SettingValues) throws(ConfigurationError) {
        node = try values.node("node")
        dataDirectory = try values.required(try values.path("data_directory"), "data_directory")
        members = try values.members("members")
        clusterSecretFile = try values.path("cluster_secret_file")
        previousClusterSecretFile = try values.path("previous_cluster_secret_file")
        httpListen = try values.address("http_listen")
        peerListen = try values.address("peer_listen")
        let threads = try values.number("front_threads")
        // One processor is left to the kernel and to the log. On two of them, two threads that
        // answer sleep and wake each other so often that they answer a sixth less than one does.
        frontThreads = threads == 0 ? max(1, Thread.processorCount - 1) : threads
        connectionLimit = try values.number("max_connections")
        heartbeatInterval = try values.milliseconds("heartbeat_ms")
        electionTimeoutMinimum = try values.milliseconds("election_timeout_min_ms")
        electionTimeoutMaximum = try values.milliseconds("election_timeout_max_ms")
        requestDeadline = try values.milliseconds("request_deadline_ms")
        headDeadline = try values.milliseconds("head_deadline_ms")
        idleTimeout = try values.milliseconds("idle_timeout_ms")
        drainDeadline = try values.milliseconds("drain_deadline_ms")
        snapshotThreshold = try values.number("snapshot_after_bytes")
        logLevel = LogLevel(rawValue: try values.choice("log_level")) ?? .info
        allowsKeyInQuery = try values.flag("allow_query_key")
    }

    /// What no setting can tell by itself.
    private func checkRelations() throws(ConfigurationError) {
        guard members.contains(where: { $0.id == node }) else {
            throw ConfigurationError(setting: "node", reason: "\(node) isn't among the members")
        }
        guard heartbeatInterval * 3 <= electionTimeoutMinimum else {
            throw ConfigurationError(
                setting: "election_timeout_min_ms",
                reason: "must be at least three times heartbeat_ms, or one lost heartbeat "
                    + "starts an election")
        }
        guard electionTimeoutMinimum < electionTimeoutMaximum else {
            throw ConfigurationError(
                setting: "election_timeout_max_ms",
                reason: "must be above election_timeout_min_ms, or nodes stand at the same moment")
        }
        guard httpListen != peerListen else {
            throw ConfigurationError(setting: "peer_listen", reason: "is the same as http_listen")
        }
        if previousClusterSecretFile != nil, clusterSecretFile == nil {
            throw ConfigurationError(
                setting: "previous_cluster_secret_file", reason: "needs cluster_secret_file as well"
            )
        }
    }
}
