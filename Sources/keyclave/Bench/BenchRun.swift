struct BenchRun {
    enum Work { case validate, charge }
    var work: Work
    var invocation: Invocation
    var surroundings: Surroundings
    func run() throws -> ExitCode { .done }
}
