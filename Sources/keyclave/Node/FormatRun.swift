struct FormatRun {
    var invocation: Invocation
    var surroundings: Surroundings
    func run() throws -> ExitCode { .done }
}
