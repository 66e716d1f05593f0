import Basics
import Journal
import Keyring
@_spi(Simulation) import Replica

// Machines and the processes on them.
extension World {
    /// Makes the machines and their formatted directories.
    func makeMachines() {
        let ids = (1...options.nodes).map { NodeID(UInt32($0)) }
        for id in ids { makeMachine(id, members: ids, genesis: genesis.encode()) }
        for number in 0..<options.joiners {
            let id = NodeID(UInt32(options.nodes + number + 1))
            makeMachine(id, members: [id], genesis: [])
        }
    }

    /// A machine without a genesis waits to join.
    private func makeMachine(_ id: NodeID, members: [NodeID], genesis: [UInt8]) {
        let identity = Journal.Identity(
            clusterID: Array(repeating: 7, count: Journal.Identity.clusterIDCount), node: id,
            members: members.map { IdentityMember(node: $0, address: "\($0)") },
            incarnation: entropyRandom.next(), genesis: genesis)
        // Monotonic clocks of different machines have nothing in common.
        let origin = Instant.zero + entropyRandom.between(.zero, .seconds(1_000_000))
        machines.append(
            Machine(
                identity: identity, clock: MachineClock(origin: origin),
                settings: Self.journalSettings, hasJoined: !genesis.isEmpty))
    }

    static var journalSettings: JournalSettings {
        JournalSettings(segmentBytes: 1 << 16, maximumPayloadBytes: 16 << 10)
    }

    private var nodeSettings: NodeSettings {
        var settings = NodeSettings()
        settings.snapshotLogBytes = options.snapshotLogBytes
        settings.raft.retainedLogBytes = options.snapshotLogBytes / 4
        settings.raft.maxEntryBytes = 16 << 10
        settings.raft.snapshotChunkBytes = 4 << 10
        return settings
    }

    /// Starts the process of a machine that has none, from what its disk holds. A directory that
    /// was damaged may be refused: the node is then lost.
    func start(_ machine: Machine) throws(Violation) {
        guard machine.process == nil, machine.loss == nil, machine.hasJoined else { return }
        machine.life += 1
        machine.timer = .never
        machine.batches = [:]
        machine.isStopping = false
        machine.mayFail = false
        machine.crashesAfterEffects = nil
        do {
            var start = NodeStart(
                directory: try NodeRecovery(of: readDirectory(of: machine)), settings: nodeSettings,
                journalSettings: Self.journalSettings, secrets: machine.secrets,
                entropy: Digest(
                    (0..<Digest.count).map { _ in UInt8(entropyRandom.below(256)) }))
            if !options.authenticatesFrames { start.frameCodes = .checksums }
            machine.process = NodeProcess(
                try Node(start, clock: machine.clock.reading(at: now)))
        } catch {
            guard machine.isDamaged else {
                throw Violation(
                    kind: .safety, law: "a crash leaves a directory that can be recovered",
                    detail: "\(machine.id): \(error)", time: now)
            }
            machine.loss = "\(error)"
            observer.coverage.lostNodes += 1
            trace?.note(.lost(machine.id, "\(error)"), at: now)
            return
        }
        trace?.note(.started(machine.id), at: now)
        if let process = machine.process {
            try observer.observeStart(of: process, isDamaged: machine.isDamaged, at: now)
        }
        try step(machine, .timePassed)
    }

    /// Ends the process at once; if the power goes, the disk keeps any part of what wasn't synced.
    func crash(_ machine: Machine, losingPower: Bool) {
        guard machine.isUp else { return }
        trace?.note(.ended(machine.id, losingPower: losingPower), at: now)
        machine.process = nil
        machine.life += 1
        machine.backlog = nil
        machine.requests = []
        // What a batch under way had already written is lost or kept like all un-synced writes.
        for lane in [DiskLane.journal, .snapshots] {
            guard let batch = machine.batches[lane]?.first else { continue }
            let performed = Int(diskRandom.below(UInt64(batch.operations.count + 1)))
            _ = try? machine.disk.perform(Array(batch.operations.prefix(performed)))
        }
        machine.batches = [:]
        if machine.hanging != nil { machine.hanging = [] }
        if losingPower { cutPower(machine) }
        for link in network.links(of: machine.id) {
            guard let peer = network.peer(of: machine.id, on: link) else { continue }
            network.close(link, at: machine.id)
            schedule(.linkEnd(link, to: peer), after: drawDelay())
        }
        observer.forget(machine.id)
        loseTickets(of: machine)
        // A stop that was asked for before the quiet; its supervisor starts it again.
        if isHealed { schedule(.restart(machine.id), after: .milliseconds(100)) }
    }

    private func cutPower(_ machine: Machine) {
        let kind = Int(diskRandom.below(UInt64(observer.coverage.tornWrites.count)))
        let tearing = InMemoryDisk.Tearing(
            unitBytes: observer.coverage.tornWrites[kind].unit,
            cutsUnits: diskRandom.chance(1, in: 4))
        let torn = machine.disk.cutPower(tearing: tearing, using: &diskRandom)
        observer.coverage.tornWrites[kind].count += torn
    }

    func pause(_ machine: Machine) {
        if machine.isUp, machine.backlog == nil { machine.backlog = [] }
    }

    /// What waited in the buffers comes first, in the order in which it arrived.
    func resume(_ machine: Machine) throws(Violation) {
        guard let backlog = machine.backlog else { return }
        machine.backlog = nil
        machine.wentOn = now
        for event in backlog { try perform(event) }
        if machine.isUp { try step(machine, .timePassed) }
    }

    func stop(_ machine: Machine) throws(Violation) {
        guard machine.isUp, !machine.isStopping else { return }
        machine.isStopping = true
        schedule(.stopDeadline(machine.id, life: machine.life), after: .seconds(15))
        let stop = Event.input(machine.id, life: machine.life, .stopRequested)
        try give(.stopRequested, to: machine, stop)
    }

    /// The directory is gone, and with it the memory of the node's votes.
    func wipe(_ machine: Machine) {
        crash(machine, losingPower: true)
        machine.disk = InMemoryDisk()
        machine.loss = "its directory is gone"
        observer.noteWipe(of: machine.id)
    }

    /// Against all advice, an operator formats the empty directory under the id of the lost node.
    func reformat(_ machine: Machine) throws(Violation) {
        guard !machine.isUp, machine.loss != nil, isKnown(machine) else { return }
        var identity = machine.identity
        identity.incarnation = entropyRandom.next()
        machine.disk = InMemoryDisk()
        machine.format(identity, settings: Self.journalSettings)
        machine.loss = nil
        try start(machine)
        machine.loss = "it was formatted anew"
    }

    /// Whether every other node will refuse the machine under another incarnation. One that never
    /// had contact with the cluster can't tell it from a founder of whom nothing was heard yet, and
    /// nothing is promised to who formats a directory anew before that; a script may try.
    private func isKnown(_ machine: Machine) -> Bool {
        guard onScript == nil else { return true }
        return machines.allSatisfy { other in
            other === machine || !other.hasJoined
                || other.process?.knowsIncarnation(of: machine.id) == true
        }
    }
}
