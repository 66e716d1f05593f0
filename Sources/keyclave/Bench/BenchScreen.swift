import Glibc
import HTTP
import KeyclaveClient

/// What a measurement shows on the way and at its end.
struct BenchScreen {
    var invocation: Invocation
    var surroundings: Surroundings

    private var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// On a terminal one line that changes, in a file one line a second.
    func show(_ line: String) {
        guard !invocation.has("quiet") else { return }
        surroundings.tell(isTerminal ? "\r\u{1B}[K" + line : line + "\n")
    }

    func end(with report: JSONValue) throws(LocalError) {
        if isTerminal, !invocation.has("quiet") { surroundings.tell("\n") }
        if invocation.has("json") || invocation.required("output") == "json" {
            try surroundings.print(report.prettyText + "\n")
        } else {
            try surroundings.print(TableText(columns: []).text(of: report))
        }
    }
}
