import Basics
import HTTP
import Journal
import Keyring
import KeyclaveClient
import Linux
import Server

/// `keyclave restore`.
struct RestoreRun {
    var invocation: Invocation
    var surroundings: Surroundings

    func run() throws -> ExitCode {
        let configuration = try ConfigurationFile.read(
            invocation.required("config"), in: surroundings)
        let given = try clusterID()
        let target = try FormatTarget(configuration.dataDirectory)
        guard try target.isEmpty() else {
            throw LocalError(
                message: "\(configuration.dataDirectory) isn't empty. A backup is restored into a "
                    + "new cluster, never over what is there")
        }
        // Everything is read and checked before the first file is made.
        var backup = try read()
        let token = try operatorToken()
        let binding = RestoredClusterID(
            backup: backup.contents.digest, members: configuration.members,
            operatorToken: token?.digest)
        let cluster =
            given ?? binding.draw(at: Clocks.wall(), salt: Entropy.bytes(2))
        guard binding.isCommitted(cluster) else {
            throw LocalError(
                message:
                    "\(cluster) isn't the id of a cluster restored from this backup with these "
                    + "members and this operator token: all nodes must be given the same")
        }
        guard cluster.bytes != backup.contents.clusterID else {
            throw LocalError(message: "a restored cluster is another one: it needs another id")
        }
        try begin(&backup, with: token)
        let identity = Journal.Identity(
            clusterID: cluster.bytes, node: configuration.node,
            members: configuration.members.map {
                IdentityMember(node: $0.id, address: "\($0.peer)", clientAddress: "\($0.http)")
            },
            incarnation: Formation.incarnation(Entropy.bytes(8)),
            genesis: backup.contents.genesis(at: cluster.time).encode())
        let whole = backup
        try WaitingLine(surroundings).during("writing") {
            try target.write { try whole.write(identity, into: $0) }
        }
        try show(cluster, configuration, whole)
        return .done
    }

    private func read() throws -> BackupFile {
        var progress = Progress("checked", surroundings)
        let path = surroundings.absolutePath(invocation.required("file"))
        let file = try BackupFile.read(path) {
            progress.tell($0 >> 20, of: $1 >> 20, unit: "MiB")
        }
        guard file.contents.header != nil else {
            throw LocalError(
                message: "\(file.path) is a snapshot file, which doesn't say what version of this "
                    + "program it is of: “keyclave backup” makes what can be restored")
        }
        return file
    }

    private func begin(
        _ backup: inout BackupFile, with token: BackupFile.NewOperator?
    ) throws(LocalError) {
        do throws(BackupFile.Refusal) {
            try backup.beginAnew(with: token)
        } catch {
            throw LocalError(message: error.description)
        }
    }

    private func clusterID() throws(UsageError) -> ClusterID? {
        guard let text = invocation.text("cluster-id") else { return nil }
        guard let id = ClusterID(text) else {
            throw UsageError(
                words: invocation.words,
                message: "--cluster-id must be a UUID of version 7, not “\(text)”")
        }
        return id
    }

    private func operatorToken() throws -> BackupFile.NewOperator? {
        guard let file = invocation.text("operator-token-file") else { return nil }
        let text = try OperatorToken(file: surroundings.absolutePath(file)).text
        // The same id on every node that is given the same token, as when a cluster is formed.
        let genesis = Formation(
            cluster: .next(), settings: .standard, operatorToken: text
        ).genesis
        return BackupFile.NewOperator(
            id: genesis.operatorToken, digest: genesis.operatorDigest,
            suffix: genesis.operatorSuffix)
    }

    private func show(
        _ cluster: ClusterID, _ configuration: NodeConfiguration, _ backup: BackupFile
    ) throws(LocalError) {
        let answer = JSONValue.object([
            .init("cluster_id", .string("\(cluster)")),
            .init("node", .string("\(configuration.node)")),
            .init("index", .number(backup.contents.last.index.rawValue)),
            .init("log_time", .string(RFC3339.text(backup.contents.time))),
        ])
        try surroundings.print(
            invocation.required("output") == "json"
                ? answer.prettyText + "\n" : TableText(columns: []).text(of: answer))
        let others = configuration.members.count > 1
        surroundings.tell(
            "\(configuration.dataDirectory) holds what the backup holds. "
                + (others
                    ? "Every other node of this cluster needs the same file and "
                        + "--cluster-id \(cluster).\n" : "\n"))
    }
}
