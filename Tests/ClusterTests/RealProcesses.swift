import Testing

/// Everything that starts real nodes, one test after the other: two clusters at once would only
/// starve each other of processor time.
@Suite(.serialized) struct RealProcesses {}
