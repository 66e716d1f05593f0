import Server

/// `keyclave dev`.
struct DevRun {
    var invocation: Invocation
    var surroundings: Surroundings

    func run() throws -> ExitCode {
        throw LocalError(message: "this build has no server")
    }
}
