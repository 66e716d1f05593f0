import Basics
import Consensus
import Keyring
import Replica

/// A run of the cluster from one seed: faults first, then quiet, then the account.
///
/// The same seed and options give the same run, event for event, in every build and process.
public struct Simulation {
    /// What a run came to.
    public struct Report: Sendable {
        public var seed: UInt64
        public var violation: Violation?
        public var coverage: Coverage
        /// Events performed and virtual time passed.
        public var events: Int
        public var virtualTime: Duration
        /// The digest of the committed log and the last state: equal in equal runs.
        public var digest: Digest
    }

    public static func run(seed: UInt64, options: SimulationOptions? = nil) -> Report {
        var random = SeededGenerator(seed: seed)
        let drawn = options ?? SimulationOptions(drawnFrom: &random)
        let world = World(seed: seed, options: drawn)
        var violation: Violation?
        do {
            try world.runAll()
        } catch {
            violation = error
        }
        var coverage = world.observer.coverage
        coverage.committed = world.observer.log.count
        return Report(
            seed: seed, violation: violation, coverage: coverage, events: world.events,
            virtualTime: world.now - .zero, digest: world.digest())
    }
}

extension World {
    fileprivate func runAll() throws(Violation) {
        for machine in machines { try start(machine) }
        startClients()
        scheduleFaults()
        try run(until: .zero + options.safetyPhase)
        heal()
        try run(until: .zero + options.safetyPhase + options.livenessPhase)
        try checkConvergence()
        var replay = LogReplay(of: observer.reads, at: now)
        try replay.replay(observer.log)
        for told in observer.acknowledgements { try replay.verify(told) }
        for machine in machines {
            if let node = machine.node { try replay.compare(with: node) }
        }
    }

    /// After the quiet: one leader, every errand done, one state.
    private func checkConvergence() throws(Violation) {
        let leaders = machines.filter { $0.node?.inspection.role == .leader }
        guard leaders.count == 1 else {
            throw unsettled("one leader", "\(leaders.count) lead")
        }
        for client in clients where client.errand != nil {
            throw unsettled("every errand ends", "client \(client.number): \(client.errand!)")
        }
        let states = machines.compactMap { $0.node }
        guard states.count == machines.count else { throw unsettled("all are up", "") }
        for node in states {
            guard node.inspection.appliedIndex == states[0].inspection.appliedIndex,
                node.stateDigest() == states[0].stateDigest()
            else {
                throw unsettled(
                    "all reach one state",
                    "\(states.map { "\($0.id) \($0.inspection)" }.joined(separator: ", "))")
            }
            guard node.inspection.standing == .whole else {
                throw unsettled("all are whole", "\(node.id): \(node.inspection.standing)")
            }
        }
    }

    private func unsettled(_ law: String, _ detail: String) -> Violation {
        Violation(kind: .liveness, law: law, detail: detail, time: now)
    }

    fileprivate func digest() -> Digest {
        var hash = SHA256()
        for entry in observer.log {
            var writer = ByteWriter()
            writer.write(entry.term.rawValue)
            writer.write(entry.time.milliseconds)
            writer.writeBytes(entry.payload)
            hash.update(writer.bytes)
        }
        var writer = ByteWriter()
        writer.write(UInt64(events))
        hash.update(writer.bytes)
        for machine in machines {
            if let digest = machine.node?.stateDigest() { hash.update(digest) }
        }
        return hash.finish()
    }
}
