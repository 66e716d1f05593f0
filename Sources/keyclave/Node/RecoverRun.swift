import Basics
import Glibc
import HTTP
import Journal
import Keyring
import Linux
import Server

/// `keyclave recover`.
struct RecoverRun {
    var invocation: Invocation
    var surroundings: Surroundings

    func run() throws -> ExitCode {
        let configuration = try ConfigurationFile.read(
            invocation.required("config"), in: surroundings)
        guard configuration.members.count == 1 else {
            throw LocalError(
                message: "\(invocation.required("config")): the new cluster begins with this node "
                    + "alone: members must list it and nobody else")
        }
        let lost = try LostCluster(
            at: surroundings.absolutePath(invocation.required("from")))
        let former = lost.contents.configuration.former.map(\.id)
        guard !former.contains(configuration.node) else {
            throw LocalError(
                message: "\(configuration.node) was removed from the old cluster: choose an id "
                    + "that was never used")
        }
        let target = try FormatTarget(configuration.dataDirectory)
        guard try target.isEmpty() else {
            throw LocalError(message: "\(configuration.dataDirectory) isn't empty")
        }
        let oldID = ClusterID(stored: lost.identity.clusterID)
        tell(of: lost, oldID)
        guard let confirmed = invocation.text("confirm") else {
            surroundings.tell(
                "Nothing was done. To go on: stop all other nodes of this cluster for good, and "
                    + "add --confirm \(oldID)\n")
            return .refused
        }
        guard ClusterID(confirmed) == oldID else {
            throw UsageError(
                words: invocation.words,
                message: "--confirm must be \(oldID), the lost cluster's id")
        }
        return try recover(lost, configuration, target)
    }

    private func recover(
        _ lost: LostCluster, _ configuration: NodeConfiguration,
        _ target: borrowing FormatTarget
    ) throws -> ExitCode {
        // Whoever had heard from the old leader just now has ceased to answer by then.
        surroundings.tell("Waiting \(lost.contents.wait.milliseconds) ms …\n")
        Self.sleep(lost.contents.wait)
        let newID = ClusterID.next()
        var identity = Formation.joiner(
            newID, of: configuration,
            incarnation: Formation.incarnation(Entropy.bytes(8)))
        identity.genesis = lost.identity.genesis
        try target.write { try lost.write(identity, into: $0) }
        try surroundings.print("cluster_id  \(newID)\nnode        \(configuration.node)\n")
        surroundings.tell(
            "\(configuration.dataDirectory) holds a cluster of one. Run the node, then format "
                + "others with --join --cluster-id \(newID), under ids never used before, and "
                + "add them.\n")
        return .done
    }

    private func tell(of lost: LostCluster, _ id: ClusterID) {
        let contents = lost.contents
        let members = contents.configuration.members.map(\.id.description)
        surroundings.tell(
            """
            \(id), as \(lost.identity.node) had it:
              last entry   \(contents.last.index) of term \(contents.last.term), at \
            \(RFC3339.text(contents.time))
              members      \(members.joined(separator: " "))
              accounts     \(contents.accountCount)
              keys         \(contents.keyCount)
            Whatever was answered later than that entry is lost. The last entries may be changes \
            that nobody was told of.

            """)
    }

    private static func sleep(_ duration: Duration) {
        let milliseconds = duration.milliseconds
        var left = timespec(
            tv_sec: Int(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
        var rest = timespec()
        while nanosleep(&left, &rest) != 0 { left = rest }
    }
}
