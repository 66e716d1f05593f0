/// One command line of the program, run to its end.
struct CommandRun: CustomStringConvertible {
    var end: ProcessEnd
    var output: String
    var messages: String
    var json: JSONValue { (try? JSONValue(parsing: Array(output.utf8))) ?? .null }
    /// Everything that was said.
    var text: String { output + messages }
    var description: String { "\(end)\n\(output)\n\(messages)" }

    /// Runs it as the cluster's operator, with `input` on standard input.
    init(
        _ words: [String], by cluster: TestCluster, _ environment: [String: String] = [:],
        input: String? = nil
    ) throws {
        let directory = cluster.directory
        let (output, messages) = (directory + "/run.out", directory + "/run.err")
        Files.remove(output)
        Files.remove(messages)
        var arguments = [Program.path] + words
        if let input {
            try Files.write(input, to: directory + "/run.in")
            arguments =
                [
                    "/bin/sh", "-c", #"in="$1"; shift; exec "$@" <"$in""#, "sh",
                    directory + "/run.in",
                ] + arguments
        }
        end = try ChildProcess(
            arguments[0], Array(arguments.dropFirst()),
            environment: CommandRun.environment(of: cluster).merging(environment) { $1 },
            output: messages,
            standardOutput: output
        ).wait(within: .seconds(60))
        self.output = Files.text(of: output)
        self.messages = Files.text(of: messages)
    }

    static func environment(of cluster: TestCluster) -> [String: String] {
        Program.environment.merging([
            "KEYCLAVE_ENDPOINTS": cluster.nodes.map { "http://127.0.0.1:\($0.httpPort)" }
                .joined(separator: ","),
            "KEYCLAVE_TOKEN_FILE": cluster.directory + "/operator.token",
        ]) { $1 }
    }
}
