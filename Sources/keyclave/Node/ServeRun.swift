import Server

/// `keyclave serve`.
struct ServeRun {
    var invocation: Invocation
    var surroundings: Surroundings

    func run() throws -> ExitCode {
        let configuration = try ConfigurationFile.read(
            invocation.required("config"), in: surroundings)
        _ = configuration
        throw LocalError(message: "this build has no server")
    }
}
