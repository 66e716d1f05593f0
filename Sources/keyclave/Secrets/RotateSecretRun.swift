import Basics
import HTTP
import KeyclaveClient
import Linux
import Server

/// `keyclave cluster rotate-secret`: takes the next step of a change of the cluster secret on this
/// machine, if it is this machine's turn, and says whose turn it is.
///
/// The secrets are in files of this machine alone; the node is asked for fingerprints, and told to
/// read its file again. No secret is ever sent to anybody.
struct RotateSecretRun {
    var invocation: Invocation
    var surroundings: Surroundings

    /// A node takes a changed file at once, and its peers dial it anew within this.
    private static let patience = Duration.seconds(10)

    /// What the node says of itself and the others.
    private struct View {
        var own: [String]
        var others: [SecretRotation.Other]
    }

    func run() throws -> ExitCode {
        let configuration = try ConfigurationFile.read(
            invocation.required("config"), in: surroundings)
        var file = try secretFile(of: configuration)
        var view = try look(configuration)
        try checkAbsent(view, configuration)
        let newPath = surroundings.absolutePath(invocation.required("new-secret-file"))
        let new = try newSecret(newPath, file, view)
        var rotation = rotation(file, new, view)
        if view.own != file.fingerprints {
            // An earlier run was cut short after it had written the file.
            view = try reload(configuration, file)
            rotation = self.rotation(file, new, view)
        } else if rotation.step == .complete {
            throw Self.nothingToChange(newPath, new)
        }
        let step = rotation.step
        if let next = Self.contents(after: step, file, new) {
            file = SecretFile(at: file.path, holding: next)
            try file.write()
            view = try reload(configuration, file)
            rotation = self.rotation(file, new, view)
        }
        try show(configuration, view, new)
        return try tell(of: step, rotation, configuration, newPath)
    }

    private func rotation(
        _ file: SecretFile, _ new: String, _ view: View
    ) -> SecretRotation {
        SecretRotation(
            own: file.fingerprints, new: SecretFile.fingerprint(new), others: view.others,
            absent: invocation.texts("absent"))
    }

    private static func contents(
        after step: SecretRotation.Step, _ file: SecretFile, _ new: String
    ) -> [String]? {
        switch step {
        case .accept: [file.secrets[0], new]
        case .present: [new, file.secrets[0]]
        case .retire: [new]
        case .wait, .complete, .refused: nil
        }
    }

    // MARK: - Files

    private func secretFile(of configuration: NodeConfiguration) throws -> SecretFile {
        guard let path = configuration.clusterSecretFile else {
            throw LocalError(
                message: "\(configuration.node) has its secret from the environment, which can't "
                    + "change while it runs: give it a cluster_secret_file and restart it first")
        }
        guard configuration.previousClusterSecretFile == nil else {
            throw LocalError(
                message: "\(configuration.node) is configured with previous_cluster_secret_file, "
                    + "and here both secrets stand in \(path): remove the setting and restart the "
                    + "node first")
        }
        return try SecretFile(at: path)
    }

    /// Draws it if nobody has one yet, which is known only if everybody is heard.
    private func newSecret(_ path: String, _ file: SecretFile, _ view: View) throws -> String {
        let isUnderWay = SecretRotation.isUnderWay(file.fingerprints, view.others)
        guard try SecretFile.isThere(path) else {
            if isUnderWay { throw Self.noCopy(path) }
            let silent = SecretRotation.silent(view.others, absent: invocation.texts("absent"))
            guard silent.isEmpty else { throw Self.unheard(silent, path) }
            guard let made = try SecretFile.make(at: path) else { throw Self.noCopy(path) }
            surroundings.tell(
                "\(path) holds a new secret. Copy it to the other machines by a way that nobody "
                    + "else can read.\n")
            return made.secrets[0]
        }
        let given = try SecretFile(at: path)
        guard given.secrets.count == 1 else {
            throw LocalError(message: "\(path) must hold the new secret alone")
        }
        return given.secrets[0]
    }

    // MARK: - What can't be gone on with

    /// A node that runs and isn't waited for would be locked out by the last step.
    private func checkAbsent(_ view: View, _ configuration: NodeConfiguration) throws {
        for id in invocation.texts("absent") {
            guard let other = view.others.first(where: { $0.id == id }) else {
                let names = view.others.map(\.id).joined(separator: ", ")
                throw UsageError(
                    words: invocation.words,
                    message: "--absent \(id): the other members are \(names)")
            }
            guard !other.isHeard else {
                throw LocalError(
                    message: "\(id) runs: its link to \(configuration.node) stands. --absent is "
                        + "for nodes that don't run")
            }
        }
    }

    private static func nothingToChange(_ path: String, _ new: String) -> LocalError {
        LocalError(
            message: "nothing was changed: the secret in \(path) "
                + "(\(SecretFile.fingerprint(new))) is the one that is in force already. Either "
                + "the change to it is complete, or the file is a leftover of an earlier one. "
                + "Remove it here and on every other machine; the next run then begins a change")
    }

    private static func noCopy(_ path: String) -> LocalError {
        LocalError(
            message: "a change is under way, and \(path) isn't there: copy it from a machine that "
                + "has it. If this node accepts the new secret alone already, nothing is left to "
                + "do here")
    }

    /// Two machines that each draw a secret wait for one another for ever.
    private static func unheard(_ silent: [String], _ path: String) -> LocalError {
        LocalError(
            message: "no secret was drawn: \(silent.joined(separator: ", ")) can't be heard, and a "
                + "change may have been begun there. If so, copy the new secret from there to "
                + "\(path); name a node that doesn't run by --absent")
    }

    // MARK: - The node

    private func client(_ configuration: NodeConfiguration) throws -> Client {
        var settings = ClientSettings()
        settings.deadline = Self.patience
        return Client(
            endpoints: [Endpoint(address: configuration.httpListen)], settings: settings)
    }

    private func look(_ configuration: NodeConfiguration) throws -> View {
        let answer = try client(configuration).send(
            ClientRequest(
                method: .get, path: "/v1/cluster",
                authorization: try Session.token(of: invocation), isSafe: true)
        ).json()
        guard let own = answer?["secrets"]?.array, let members = answer?["members"]?.array,
            answer?["node"]?.string == "\(configuration.node)"
        else {
            throw LocalError(
                message: "\(configuration.httpListen) isn't \(configuration.node), or of an older "
                    + "version")
        }
        let others = members.compactMap { member -> SecretRotation.Other? in
            guard let id = member["id"]?.string, id != "\(configuration.node)" else { return nil }
            return SecretRotation.Other(
                id: id, accepted: member["secrets"]?.array?.compactMap(\.string) ?? [],
                presented: member["secret_from"]?.string, linked: member["secret_to"]?.string)
        }
        return View(own: own.compactMap(\.string), others: others)
    }

    /// Makes the node read its file, and waits until it goes by it and its links stand again.
    private func reload(_ configuration: NodeConfiguration, _ file: SecretFile) throws -> View {
        try WaitingLine(surroundings).during("waiting for the links of \(configuration.node)") {
            _ = try client(configuration).send(
                ClientRequest(
                    method: .post, path: "/v1/cluster/reload-secrets",
                    authorization: try Session.token(of: invocation), isSafe: true))
            let deadline = Clocks.now() + Self.patience
            while true {
                let view = try look(configuration)
                if isDone(view, file) { return view }
                guard Clocks.now() < deadline else {
                    if view.own == file.fingerprints { return view }
                    throw LocalError(
                        message: "\(configuration.node) doesn't go by \(file.path): see its log")
                }
                _ = try Wakeup().wait(.milliseconds(50))
            }
        }
    }

    private func isDone(_ view: View, _ file: SecretFile) -> Bool {
        let absent = invocation.texts("absent")
        return view.own == file.fingerprints
            && view.others.allSatisfy {
                absent.contains($0.id) || $0.linked == file.fingerprints[0]
            }
    }

    // MARK: - What is said

    private func show(
        _ configuration: NodeConfiguration, _ view: View, _ new: String
    ) throws(LocalError) {
        let rows =
            [
                JSONValue.object([
                    .init("node", .string("\(configuration.node)")),
                    .init("presents", view.own.first.map { .string($0) } ?? .null),
                    .init("accepts", .array(view.own.map { .string($0) })),
                ])
            ]
            + view.others.map { other in
                let accepted =
                    other.accepted.isEmpty
                    ? [other.presented].compactMap(\.self) : other.accepted
                return JSONValue.object([
                    .init("node", .string(other.id)),
                    .init("presents", other.presented.map { .string($0) } ?? .null),
                    .init("accepts", .array(accepted.map { .string($0) })),
                ])
            }
        // The same on every machine, or two changes are under way.
        let answer = JSONValue.object([
            .init("items", .array(rows)),
            .init("new_secret", .string(SecretFile.fingerprint(new))), .init("next", .null),
        ])
        try surroundings.print(
            invocation.required("output") == "json"
                ? answer.prettyText + "\n" : TableText(columns: []).text(of: answer))
    }

    private func tell(
        of step: SecretRotation.Step, _ rotation: SecretRotation,
        _ configuration: NodeConfiguration, _ newPath: String
    ) throws(LocalError) -> ExitCode {
        let node = configuration.node
        switch step {
        case .accept: surroundings.tell("\(node) accepts the new secret beside the old one.\n")
        case .present: surroundings.tell("\(node) presents the new secret now.\n")
        case .retire:
            surroundings.tell(
                "\(node) accepts the new secret alone. Nothing is left to do on this machine: "
                    + "remove \(newPath) here.\n")
        case .wait, .complete: break
        case .refused:
            throw LocalError(
                message: "the file of \(node) holds two secrets, and neither is the one in "
                    + "\(newPath): another change is under way")
        }
        switch rotation.step {
        case .wait(let nodes):
            if case .wait = step, rotation.own == [rotation.new] {
                surroundings.tell(
                    "\(node) accepts nothing but the secret in \(newPath) (\(rotation.new)): it "
                        + "is through. If the others change to another secret, that file is a "
                        + "leftover: replace it by a copy of theirs.\n")
            }
            surroundings.tell("Next: run this command on \(nodes.joined(separator: ", ")).\n")
            if case .wait = step { return .refused }
        case .accept, .present, .retire:
            surroundings.tell("Next: run this command here again, and then on the others.\n")
        case .complete:
            surroundings.tell(
                "The change is complete: nobody accepts the old secret. Remove \(newPath) on every "
                    + "machine: while a copy is left, no other change begins there.\n")
        case .refused: break
        }
        return .done
    }
}
