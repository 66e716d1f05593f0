extension TestCluster {
    /// Runs the command that takes one node one step nearer to the secret in the file `new`, on
    /// what would be that node's machine.
    func rotateSecret(
        of node: TestNode, to new: String, _ more: [String] = []
    ) throws -> CommandRun {
        try CommandRun(
            [
                "cluster", "rotate-secret", "--config", node.files.configuration,
                "--new-secret-file", new,
            ] + more, by: self)
    }

    /// The same on every node three times over, which is all that it takes. The first run makes
    /// the secret, which is carried to the others.
    func rotateSecrets(to new: String) throws -> [CommandRun] {
        try (1...3).flatMap { _ in try nodes.map { try rotateSecret(of: $0, to: new) } }
    }
}
