import Glibc
import Linux
import Server

/// `keyclave dev`: a cluster of one node, formatted if need be.
struct DevRun {
    var invocation: Invocation
    var surroundings: Surroundings

    func run() throws -> ExitCode {
        if let given = invocation.text("dir") {
            return try run(in: surroundings.absolutePath(given))
        }
        let parent = surroundings.environment["TMPDIR"] ?? "/tmp"
        let directory = surroundings.absolutePath(
            parent + "/keyclave-dev-\(ProcessControl.identifier)")
        defer { Self.remove(directory) }
        return try run(in: directory)
    }

    /// Removes a temporary directory with everything that this command put there. What can't be
    /// removed stays: the system clears such places by itself.
    private static func remove(_ path: String) {
        for folder in [path + "/data", path] {
            if let directory = try? Directory(at: folder), let names = try? directory.names() {
                for name in names { try? directory.remove(name) }
            }
            rmdir(folder)
        }
    }

    private func run(in directory: String) throws -> ExitCode {
        _ = try Directory(creatingAt: directory)
        let configuration = try Self.configuration(
            directory: directory, port: Int(invocation.number("port") ?? 0))
        let token = try OperatorToken(file: directory + "/operator.token")
        let target = try FormatTarget(configuration.dataDirectory)
        if try target.isEmpty() {
            let formation = Formation(
                cluster: .next(), settings: .standard, operatorToken: token.text)
            try target.write(
                formation.identity(
                    of: configuration, incarnation: Formation.incarnation(Entropy.bytes(8))))
        }
        do throws(StartFailure) {
            let code = try Daemon.run(
                configuration, secrets: [], version: Program.version,
                announce: { announce($0, token.text, directory) })
            return ExitCode(rawValue: code) ?? .localError
        } catch {
            throw LocalError(message: "\(error)")
        }
    }

    /// Whatever can't be chosen is standard; only warnings are logged.
    static func configuration(directory: String, port: Int) throws -> NodeConfiguration {
        let http = "127.0.0.1:\(port)"
        let peer = "127.0.0.1:\(port + 100)"
        let text = """
            {"node": "n1", "data_directory": "data", "log_level": "warning",
            "http_listen": "\(http)", "peer_listen": "\(peer)",
            "members": [{"id": "n1", "peer": "\(peer)", "http": "\(http)"}]}
            """
        return try NodeConfiguration(text: Array(text.utf8), directory: directory)
    }

    private func announce(_ daemon: Daemon, _ token: String, _ directory: String) {
        do throws(LocalError) {
            try surroundings.print(
                """
                url             http://\(daemon.httpAddress)
                operator_token  \(token)

                """)
        } catch {
            // The node runs on: the message below tells the same.
            surroundings.tell("keyclave: \(error.message)\n")
        }
        surroundings.tell(
            """
            The data is in \(directory). In another terminal:

              export KEYCLAVE_ENDPOINTS=http://\(daemon.httpAddress)
              export KEYCLAVE_TOKEN=\(token)
              keyclave whoami

            Ctrl-C ends it.

            """)
    }
}
