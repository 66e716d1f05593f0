import Basics
import Linux

extension KeysRow {
    /// What is done with the keys that one load has made.
    struct Work {
        /// Of charges.
        static let clients = 64

        var bench: Bench
        var cluster: Keyclave
        /// What names the keys.
        var handle: String

        private var seconds: Int { bench.options.seconds }

        private func words(_ work: String, clients: Int, rate: Int? = nil) -> [String] {
            [
                work, "--loaded", handle, "-c", "\(clients)", "--seconds", "\(seconds)",
                "--warm-up", "\(bench.options.warmUp)",
            ] + (rate.map { ["--rate", "\($0)"] } ?? [])
        }

        /// All of the keys in random order, at one node.
        func validations() throws -> Figures {
            let words = words("validate", clients: Validations.connections)
            return try whole(cluster.bench(words, at: 0).figures)
        }

        func charges() throws -> Figures {
            try whole(cluster.bench(words("charge", clients: Self.clients)).figures)
        }

        /// At a rate, so that waiting isn't hidden, and with some charges, so that there is always
        /// something for a snapshot to take up. If they are wanted, the node that validates writes
        /// one snapshot after the other meanwhile; says how many.
        func steadyValidations(
            rate: Int, withSnapshots: Bool
        ) throws -> (Figures, snapshots: Int) {
            let charging = try cluster.beginBench(words("charge", clients: 1, rate: 100), at: 0)
            defer { charging.abandon() }
            let validating = try cluster.beginBench(
                words("validate", clients: Validations.connections, rate: rate), at: 0)
            defer { validating.abandon() }
            // One with nothing to take up is the one before.
            var places: Set<UInt64> = []
            while withSnapshots, validating.isRunning {
                places.insert(try cluster.writeSnapshot(at: 0))
                try Patience.pause(.milliseconds(5))
            }
            let limit = Duration.seconds(Int64(seconds + bench.options.warmUp) + 60)
            let said = try validating.finish(within: limit).output
            let figures = try JSONText.value(BenchReport.self, in: said).figures
            return (try whole(figures), places.count)
        }

        /// Loaded keys are good: an error would be one of this program.
        private func whole(_ figures: Figures) throws(Trouble) -> Figures {
            guard figures.errors == 0 else {
                throw Trouble("loaded keys had \(figures.errors.grouped) errors")
            }
            return figures
        }

        /// How long a follower takes from its start until it is ready, and its snapshot's MiB.
        func restart() throws -> (seconds: Double, size: Double) {
            let leader = try Patience.wait(for: "a leader", until: cluster.leader)
            let follower = cluster.nodes.indices.first { $0 != leader } ?? 0
            try cluster.writeSnapshot(at: follower)
            let size = try cluster.newestSnapshotSize(ofNode: follower)
            cluster.stopNode(follower)
            let begin = Clocks.now()
            try cluster.startNode(follower)
            try cluster.waitUntilReady(follower, within: .seconds(600))
            let took = Clocks.now() - begin
            return (Double(took.nanoseconds) / 1e9, size / Double(1 << 20))
        }
    }
}
