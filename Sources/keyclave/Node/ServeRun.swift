import Linux
import Server

/// `keyclave serve`.
struct ServeRun {
    static let secretVariable = "KEYCLAVE_CLUSTER_SECRET"

    var invocation: Invocation
    var surroundings: Surroundings

    func run() throws -> ExitCode {
        let configuration = try ConfigurationFile.read(
            invocation.required("config"), in: surroundings)
        let secrets = try Self.secrets(configuration, surroundings)
        do throws(StartFailure) {
            let code = try Daemon.run(
                configuration, secrets: secrets, version: Program.version,
                rereadSecrets: { try Self.secrets(configuration, surroundings) })
            return ExitCode(rawValue: code) ?? .localError
        } catch {
            throw LocalError(message: "\(configuration.node) can't start: \(error)")
        }
    }

    /// The cluster's secret and, while it is being changed, a second one: from a file that
    /// nobody else may read, the one to dial with first, or, without a file, from the environment.
    /// Never from an argument, which every user of the machine can see.
    static func secrets(
        _ configuration: NodeConfiguration, _ surroundings: Surroundings
    ) throws -> [[UInt8]] {
        let files = [configuration.clusterSecretFile, configuration.previousClusterSecretFile]
        if configuration.clusterSecretFile == nil {
            guard let secret = surroundings.environment[secretVariable], !secret.isEmpty else {
                return []
            }
            return [Array(secret.utf8)]
        }
        let secrets = try files.compactMap(\.self).flatMap { try SecretFile(at: $0).secrets }
        guard secrets.count <= 2 else {
            throw LocalError(message: "there are \(secrets.count) cluster secrets, and two at most")
        }
        return secrets.map { Array($0.utf8) }
    }
}
