import Basics
import Journal
import Replica

// What the nodes want done.
extension World {
    func perform(_ effect: NodeEffect, _ machine: Machine) throws(Violation) {
        switch effect {
        case .dial(let peer):
            let delay = drawDelay()
            schedule(.dial(from: machine.id, to: peer, life: machine.life), after: delay)
        case .send(let link, let bytes):
            send(bytes, on: link, from: machine.id)
        case .close(let link):
            end(link, by: machine.id)
        case .disk(let batch):
            perform(batch, machine)
        case .read(let read):
            guard let bytes = machine.disk.read(read) else {
                throw Violation(
                    kind: .safety, law: "what is read is there",
                    detail: "\(machine.id): \(read)", time: now)
            }
            schedule(
                .input(machine.id, life: machine.life, .diskRead(read, bytes)),
                after: drawDiskDelay())
        case .encodeSnapshot(var encoding):
            encoding.advance()
            schedule(
                .input(machine.id, life: machine.life, .snapshotEncoded(encoding)),
                after: drawDiskDelay())
        case .reply(let ticket, let reply):
            guard let number = tickets.removeValue(forKey: ticket) else { return }
            try take(reply, client: number, ticket: ticket)
        case .report(let event):
            observer.count(event)
        case .stopped:
            break
        case .fatal(let reason):
            throw Violation(
                kind: .safety, law: "no node ends itself", detail: "\(machine.id): \(reason)",
                time: now)
        }
    }

    func drawDelay() -> Duration {
        let delay = random.between(options.shortestDelay, options.longestDelay)
        guard random.chance(options.stragglersPerMille, in: 1000) else { return delay }
        return delay * Int64(random.below(50) + 1)
    }

    func drawDiskDelay() -> Duration {
        let (shortest, longest) = options.diskDelay
        let delay = random.between(shortest, longest)
        guard !isHealed, random.chance(options.diskStallsPerMille, in: 1000) else { return delay }
        return delay * Int64(random.below(500) + 1)
    }

    // MARK: Connections

    private func send(_ bytes: [UInt8], on link: LinkID, from sender: NodeID) {
        guard network.isOpen(link, at: sender), !network.isMuted(link),
            let peer = network.peer(of: sender, on: link)
        else { return }
        // A cut swallows what is sent, and with it the connection: TCP gives up in the end.
        let isLost =
            network.isCut(from: sender, to: peer)
            || (!isHealed && random.chance(options.resetsPerMille, in: 1000))
        guard !isLost else {
            reset(link)
            return
        }
        let arrival = network.arrival(on: link, from: sender, now: now, delay: drawDelay())
        queue.schedule(.arrival(link, to: peer, bytes), at: arrival)
    }

    func arrive(_ bytes: [UInt8], on link: LinkID, at id: NodeID) throws(Violation) {
        guard network.isOpen(link, at: id) else { return }
        try step(machine(id), .bytesReceived(link, bytes))
    }

    /// Ends the connection at both ends, each noticing in its own time.
    func reset(_ link: LinkID) {
        guard let (dialer, acceptor) = network.ends(of: link) else { return }
        schedule(.linkEnd(link, to: dialer), after: drawDelay())
        schedule(.linkEnd(link, to: acceptor), after: drawDelay())
        network.mute(link)
    }

    private func end(_ link: LinkID, by id: NodeID) {
        guard let peer = network.peer(of: id, on: link) else { return }
        network.close(link, at: id)
        schedule(.linkEnd(link, to: peer), after: drawDelay())
    }

    func dial(from dialer: NodeID, to peer: NodeID, life: Int) throws(Violation) {
        let machine = machine(dialer)
        guard machine.life == life else { return }
        let isReachable =
            self.machine(peer).isUp && !network.isCut(from: dialer, to: peer)
            && !network.isCut(from: peer, to: dialer)
        guard isReachable else { return try step(machine, .dialFailed(to: peer)) }
        let link = network.connect(dialer: dialer, acceptor: peer, at: now)
        try step(self.machine(peer), .linkAccepted(link))
        try step(machine, .linkDialed(link, to: peer))
    }

    // MARK: Disks

    /// Batches of one lane are performed one after the other. What a batch wrote is on the disk
    /// only when its time is over; a crash before that keeps any part of it.
    private func perform(_ batch: DiskBatch, _ machine: Machine) {
        machine.batches[batch.id.lane, default: []].append(batch)
        if machine.batches[batch.id.lane]?.count == 1 { begin(batch, machine) }
    }

    private func begin(_ batch: DiskBatch, _ machine: Machine) {
        schedule(.batchEnd(machine.id, life: machine.life, batch.id), after: drawDiskDelay())
    }

    func endBatch(_ id: DiskBatch.ID, _ machine: Machine, life: Int) throws(Violation) {
        guard machine.life == life, var batches = machine.batches[id.lane] else { return }
        let batch = batches.removeFirst()
        precondition(batch.id == id, "batches ended out of order")
        machine.batches[id.lane] = batches
        do {
            try machine.disk.perform(batch.operations)
        } catch {
            return try step(machine, .diskFailed(id, error))
        }
        if let next = batches.first { begin(next, machine) }
        try step(machine, .diskDone(id))
    }
}
