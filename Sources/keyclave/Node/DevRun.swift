import Foundation
import Linux
import Server

/// `keyclave dev`: a cluster of one node, formatted if need be.
struct DevRun {
    var invocation: Invocation
    var surroundings: Surroundings

    func run() throws -> ExitCode {
        guard let given = invocation.text("dir") else {
            let directory = FileManager.default.temporaryDirectory
                .appending(path: "keyclave-dev-\(ProcessInfo.processInfo.processIdentifier)")
            defer { try? FileManager.default.removeItem(at: directory) }
            return try run(in: directory.path)
        }
        return try run(in: surroundings.absolutePath(given))
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
            let code = try Daemon.run(configuration, secrets: [], version: Program.version) {
                announce($0, token.text, directory)
            }
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
        surroundings.print(
            """
            url             http://\(daemon.httpAddress)
            operator_token  \(token)

            """)
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
