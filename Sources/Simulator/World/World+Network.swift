import Basics
import Replica

// Connections and what passes on them.
extension World {
    func drawDelay() -> Duration {
        let delay = networkRandom.between(options.shortestDelay, options.longestDelay)
        guard !isHealed, networkRandom.chance(options.stragglersPerMille, in: 1000) else {
            return delay
        }
        return delay * Int64(networkRandom.below(50) + 1)
    }

    func send(_ bytes: [UInt8], on link: LinkID, from sender: NodeID) {
        guard network.isOpen(link, at: sender), !network.isBroken(link),
            let peer = network.peer(of: sender, on: link)
        else { return }
        let direction = Network.Direction(from: sender, to: peer)
        trace?.noteSent(bytes, direction, at: now)
        if !isHealed, networkRandom.chance(options.resetsPerMille, in: 1000) {
            observer.coverage.count(.reset)
            return reset(link)
        }
        guard network.waiting(on: link, from: sender) <= options.linkCapacity else {
            observer.coverage.overflows += 1
            return reset(link)
        }
        guard !network.isCut(direction) else {
            network.hold(bytes, on: link, from: sender, at: now)
            // The sender's kernel may give up.
            if networkRandom.chance(1, in: 64) { reset(link) }
            return
        }
        deliver(bytes, on: link, direction, sent: now)
    }

    private func deliver(
        _ bytes: [UInt8], on link: LinkID, _ direction: Network.Direction, sent: Instant
    ) {
        let delay = drawDelay() + network.lag(direction)
        let arrival = network.arrival(
            of: bytes.count, on: link, direction, now: now, delay: delay)
        var bytes = bytes
        if network.takeCorruption(direction), !bytes.isEmpty {
            let bit = Int(faultRandom.below(UInt64(bytes.count * 8)))
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        }
        if networkRandom.chance(1, in: 256) { network.record(bytes, direction) }
        queue.schedule(.arrival(link, to: direction.to, bytes, sent: sent), at: arrival)
    }

    func arrive(
        _ bytes: [UInt8], on link: LinkID, at id: NodeID, sent: Instant, _ event: Event
    ) throws(Violation) {
        guard network.isOpen(link, at: id) else { return }
        hash.mix(bytes)
        // A process that stands still leaves them in its buffers.
        if !machine(id).isPaused, let peer = network.peer(of: id, on: link) {
            let direction = Network.Direction(from: peer, to: id)
            network.noteArrival(of: bytes.count, on: link, direction, sent: sent)
            trace?.noteArrival(of: bytes, direction, sent: sent, at: now)
        }
        try give(.bytesReceived(link, bytes), to: machine(id), event)
    }

    /// What the direction held back goes on, or its connections have broken meanwhile.
    func mend(_ direction: Network.Direction) {
        guard network.isCut(direction) else { return }
        network.mend(direction)
        for (link, held) in network.takeHeld(direction) {
            guard !network.isBroken(link), networkRandom.chance(1, in: 2) else {
                reset(link)
                continue
            }
            for (sent, bytes) in held { deliver(bytes, on: link, direction, sent: sent) }
        }
    }

    /// The direction is as wide as ever; what was too much for it has broken the connection.
    func widen(_ direction: Network.Direction) {
        network.setWidth(direction, nil)
        for link in network.links(direction, busyAt: now + .seconds(1)) { reset(link) }
    }

    /// Ends the connection at both ends, each noticing in its own time.
    func reset(_ link: LinkID) {
        guard !network.isBroken(link), let (dialer, acceptor) = network.ends(of: link) else {
            return
        }
        schedule(.linkEnd(link, to: dialer), after: drawDelay())
        schedule(.linkEnd(link, to: acceptor), after: drawDelay())
        network.break(link)
    }

    /// Bytes of an earlier time arrive once more.
    func replay(_ direction: Network.Direction) {
        guard let link = network.link(direction), let bytes = network.takeRecording(direction)
        else { return }
        network.noteCopy(of: bytes.count, on: link, from: direction.from)
        schedule(.arrival(link, to: direction.to, bytes, sent: now), after: drawDelay())
    }

    /// The node has closed its end.
    func end(_ link: LinkID, by id: NodeID) {
        guard let peer = network.peer(of: id, on: link) else { return }
        network.close(link, at: id)
        schedule(.linkEnd(link, to: peer), after: drawDelay())
    }

    func endLink(_ link: LinkID, at id: NodeID, _ event: Event) throws(Violation) {
        let machine = machine(id)
        guard network.isOpen(link, at: id) else { return }
        guard !machine.isPaused else { return machine.backlog!.append(event) }
        network.close(link, at: id)
        try step(machine, .linkClosed(link))
    }

    func dial(from dialer: NodeID, to peer: NodeID, life: Int) throws(Violation) {
        let machine = machine(dialer)
        guard machine.life == life else { return }
        let target = self.machine(peer)
        let there = Network.Direction(from: dialer, to: peer)
        let back = Network.Direction(from: peer, to: dialer)
        guard target.isUp, !network.isCut(there), !network.isCut(back) else {
            // A refusal comes at once, silence at the end of a time-out.
            let wait = target.isUp ? networkRandom.between(.milliseconds(100), .seconds(2)) : .zero
            return schedule(
                .input(dialer, life: life, .dialFailed(to: peer)), after: drawDelay() + wait)
        }
        let link = network.connect(dialer: dialer, acceptor: peer, at: now)
        let accepted = Event.input(peer, life: target.life, .linkAccepted(link))
        try give(.linkAccepted(link), to: target, accepted)
        let dialed = Event.input(dialer, life: life, .linkDialed(link, to: peer))
        try give(.linkDialed(link, to: peer), to: machine, dialed)
    }
}
