import Basics
import Journal
import Keyring
import Linux
import Server

/// `keyclave format`.
struct FormatRun {
    var invocation: Invocation
    var surroundings: Surroundings

    func run() throws -> ExitCode {
        let configuration = try ConfigurationFile.read(
            invocation.required("config"), in: surroundings)
        let cluster = try clusterID()
        let settings = try self.settings()
        try checkJoin()
        let target = try FormatTarget(configuration.dataDirectory)
        guard try target.isEmpty() else {
            throw LocalError(
                message: "\(configuration.dataDirectory) isn't empty. A node's data is never "
                    + "formatted over: choose another directory, or remove this one yourself if "
                    + "nothing in it is wanted")
        }
        let incarnation = Formation.incarnation(Entropy.bytes(8))
        if invocation.has("join") {
            try target.write(
                Formation.joiner(cluster, of: configuration, incarnation: incarnation))
        } else {
            let formation = Formation(
                cluster: cluster, settings: settings, operatorToken: try operatorToken())
            try target.write(formation.identity(of: configuration, incarnation: incarnation))
        }
        try show(cluster, configuration)
        return .done
    }

    private func operatorToken() throws -> String {
        guard let file = invocation.text("operator-token-file") else {
            throw wrong("--operator-token-file is required without --join")
        }
        return try OperatorToken(file: surroundings.absolutePath(file)).text
    }

    /// A node that joins brings nothing of its own.
    private func checkJoin() throws {
        guard invocation.has("join") else { return }
        guard invocation.text("cluster-id") != nil else {
            throw wrong("--join needs --cluster-id, as “keyclave cluster status” shows it")
        }
        for name in ["operator-token-file", "set"] where !invocation.texts(name).isEmpty {
            throw wrong("--\(name) is for the first nodes of a cluster, not with --join")
        }
    }

    private func clusterID() throws -> ClusterID {
        guard let text = invocation.text("cluster-id") else { return ClusterID.next() }
        guard let id = ClusterID(text) else {
            throw UsageError(
                words: invocation.words,
                message: "--cluster-id must be a UUID of version 7, not “\(text)”")
        }
        return id
    }

    /// The standard, changed by every `--set NAME=VALUE`.
    private func settings() throws -> ClusterSettings {
        var settings = ClusterSettings.standard
        for text in invocation.texts("set") {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw wrong("--set must be NAME=VALUE, not “\(text)”") }
            guard let setting = Keyring.Setting.allCases.first(where: { $0.name == parts[0] })
            else {
                let names = Keyring.Setting.allCases.map(\.name)
                let hint = Suggestion.nearest(to: parts[0], among: names).map {
                    "; did you mean \($0)?"
                }
                throw wrong("there is no replicated setting “\(parts[0])”" + (hint ?? ""))
            }
            guard let value = UInt32(parts[1]), setting.bounds.contains(value) else {
                let bounds = setting.bounds
                throw wrong(
                    "\(setting.name) must be from \(bounds.lowerBound) to \(bounds.upperBound)")
            }
            settings[keyPath: setting.path] = value
        }
        if let name = settings.firstViolation {
            throw wrong("\(name) contradicts the other settings")
        }
        return settings
    }

    private func wrong(_ message: String) -> UsageError {
        UsageError(words: invocation.words, message: message)
    }

    private func show(
        _ cluster: ClusterID, _ configuration: NodeConfiguration
    ) throws(LocalError) {
        if invocation.required("output") == "json" {
            try surroundings.print(
                """
                {
                  "cluster_id": "\(cluster)",
                  "node": "\(configuration.node)"
                }

                """)
        } else {
            try surroundings.print("cluster_id  \(cluster)\nnode        \(configuration.node)\n")
        }
        guard !invocation.has("join") else {
            let member = configuration.members.first { $0.id == configuration.node }
            let places = member.map { " --address \($0.peer) --http \($0.http)" } ?? ""
            return surroundings.tell(
                "\(configuration.dataDirectory) is formatted. Run the node, then “keyclave cluster "
                    + "add \(configuration.node)\(places)”.\n")
        }
        surroundings.tell(
            "\(configuration.dataDirectory) is formatted. Every other node of this cluster needs "
                + "--cluster-id \(cluster) and the same operator token.\n")
    }
}
