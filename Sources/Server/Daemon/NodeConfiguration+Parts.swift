import Basics
import Linux
import Replica

/// What each part of the server takes from a node's configuration.
extension NodeConfiguration {
    var logThreshold: Log.Level {
        switch logLevel {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }

    /// Where the other members listen for this one.
    var peers: [NodeID: HostPort] {
        var peers: [NodeID: HostPort] = [:]
        for member in members where member.id != node { peers[member.id] = member.peer }
        return peers
    }

    var nodeSettings: NodeSettings {
        var settings = NodeSettings()
        settings.raft.heartbeatInterval = heartbeatInterval
        settings.raft.electionTimeoutMinimum = electionTimeoutMinimum
        settings.raft.electionTimeoutMaximum = electionTimeoutMaximum
        // What else a leader's time-outs are measured by: a disk that hangs costs the leadership
        // as soon as a leader that is silent would have lost it.
        settings.raft.storageStallTimeout = electionTimeoutMaximum
        settings.raft.transferDeadline = electionTimeoutMaximum
        settings.raft.retryInterval = heartbeatInterval * 3
        settings.raft.clockFreshness = max(settings.raft.clockFreshness, heartbeatInterval * 2)
        settings.changeDeadline = requestDeadline
        settings.readDeadline = min(settings.readDeadline, requestDeadline)
        settings.snapshotLogBytes = snapshotThreshold
        return settings
    }

    func frontSettings(version: String) -> FrontSettings {
        FrontSettings(
            router: Router.Settings(
                node: node, acceptsKeyInQuery: allowsKeyInQuery, version: version),
            // What is left is for files, peers and the threads' own descriptors.
            connectionLimit: min(connectionLimit, ProcessControl.raiseDescriptorLimit() - 128),
            headDeadline: headDeadline, idleDeadline: idleTimeout, drainDeadline: drainDeadline)
    }
}

extension DiskConfiguration {
    init(of configuration: NodeConfiguration) throws(SystemError) {
        self.init(path: configuration.dataDirectory)
        #if SHADOW_DISK
        // A build for tests of durability: beside the data directory lies what a power cut would
        // have left of it.
        shadow = try ShadowDisk(at: "\(path).shadow", copying: path)
        syncs = !ShadowDisk.environmentForbidsSyncs
        #endif
    }
}

extension HostPort {
    /// The first address behind it. Throws if there is none.
    func first() throws(SystemError) -> SocketAddress {
        guard let address = try resolve().first else {
            throw SystemError(call: "getaddrinfo", code: 0, subject: description)
        }
        return address
    }
}
