import Basics
import Journal
import Keyring
import Replica

// Crashes, restarts, cuts and clocks.
extension World {
    /// Makes the machines and their formatted directories, and starts all of them.
    func formatMachines() {
        let ids = (1...options.nodes).map { NodeID(UInt32($0)) }
        for id in ids {
            let identity = Journal.Identity(
                clusterID: Array(repeating: 7, count: Journal.Identity.clusterIDCount), node: id,
                members: ids.map { IdentityMember(node: $0, address: "\($0)") },
                incarnation: UInt64(id.rawValue) &* 0x9E37_79B9, genesis: Workload.genesis)
            let machine = Machine(id: id)
            machine.format(identity, settings: Self.journalSettings)
            machines.append(machine)
        }
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

    /// Starts the process of a machine that has none, from what its disk holds.
    func start(_ machine: Machine) throws(Violation) {
        guard machine.node == nil else { return }
        machine.life += 1
        machine.timer = .never
        machine.batches = [:]
        do {
            let start = NodeStart(
                recovery: try Recovery(of: machine.disk.files), settings: nodeSettings,
                journalSettings: Self.journalSettings, secrets: [Self.secret],
                entropy: Digest((0..<Digest.count).map { _ in UInt8(random.below(256)) }))
            machine.node = try Node(start, clock: clock(of: machine))
        } catch {
            throw Violation(
                kind: .safety, law: "a crash leaves a directory that can be recovered",
                detail: "\(machine.id): \(error)", time: now)
        }
        if let node = machine.node { try observer.observeStart(of: node, at: now) }
        try step(machine, .timePassed)
    }

    /// Ends the process at once; the disk keeps any part of what wasn't synced.
    func crash(_ machine: Machine) {
        guard machine.isUp else { return }
        machine.node = nil
        machine.life += 1
        // What a batch under way had already written is lost or kept like all un-synced writes.
        for lane in [DiskLane.journal, .snapshots] {
            guard let batch = machine.batches[lane]?.first else { continue }
            let performed = Int(random.below(UInt64(batch.operations.count + 1)))
            _ = try? machine.disk.perform(Array(batch.operations.prefix(performed)))
        }
        machine.batches = [:]
        cutPower(machine)
        for link in network.links(of: machine.id) {
            guard let peer = network.peer(of: machine.id, on: link) else { continue }
            network.close(link, at: machine.id)
            schedule(.linkEnd(link, to: peer), after: drawDelay())
        }
        observer.forget(machine.id)
        loseTickets(of: machine)
    }

    /// What wasn't synced survives in any part; now and then only the process dies, and the
    /// kernel's cache with all of it survives.
    private func cutPower(_ machine: Machine) {
        guard random.chance(3, in: 4) else { return }
        let units = [512, 4096]
        let tearing = InMemoryDisk.Tearing(
            unitBytes: units[Int(random.below(2))], cutsUnits: random.chance(1, in: 4))
        machine.disk.cutPower(tearing: tearing, using: &random)
    }

    func scheduleFaults() {
        for (fault, mean) in [
            (Fault.crash, options.crashes), (.partition, options.partitions),
            (.wallClockJump, options.wallClockJumps),
        ] {
            guard let mean else { continue }
            schedule(.fault(fault), after: random.between(.zero, mean + mean))
        }
    }

    func strike(_ fault: Fault) {
        guard !isHealed else { return }
        observer.count(fault)
        switch fault {
        case .crash:
            strikeCrash()
        case .partition:
            strikePartition()
        case .wallClockJump:
            let machine = machines[Int(random.below(UInt64(machines.count)))]
            let jump = random.between(.seconds(-30), .seconds(30))
            machine.wallOffset = jump
        }
        let mean =
            switch fault {
            case .crash: options.crashes
            case .partition: options.partitions
            case .wallClockJump: options.wallClockJumps
            }
        if let mean { schedule(.fault(fault), after: random.between(.zero, mean + mean)) }
    }

    /// One machine, or now and then all of them at once.
    private func strikeCrash() {
        let all = random.chance(1, in: 8)
        let chosen = Int(random.below(UInt64(machines.count)))
        for (position, machine) in machines.enumerated() where all || position == chosen {
            guard machine.isUp else { continue }
            crash(machine)
            // Now and then long enough for the others to cut their logs meanwhile.
            let longest = random.chance(1, in: 3) ? Duration.seconds(10) : .seconds(2)
            schedule(.restart(machine.id), after: random.between(.milliseconds(1), longest))
        }
    }

    /// Cuts a node off, one direction between two, or heals everything.
    private func strikePartition() {
        network.heal()
        let ids = machines.map(\.id)
        let chosen = ids[Int(random.below(UInt64(ids.count)))]
        switch random.below(4) {
        case 0:
            return
        case 1:
            let other = ids[Int(random.below(UInt64(ids.count)))]
            if other != chosen { network.cut(from: chosen, to: other) }
        default:
            for other in ids where other != chosen {
                network.cut(from: chosen, to: other)
                network.cut(from: other, to: chosen)
            }
        }
    }

    /// The end of the safety phase: everything works from here on.
    func heal() {
        isHealed = true
        network.heal()
        for machine in machines {
            machine.wallOffset = .zero
            if !machine.isUp { schedule(.restart(machine.id), after: .milliseconds(10)) }
        }
    }
}
