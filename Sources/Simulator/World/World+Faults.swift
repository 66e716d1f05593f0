import Basics

// What goes wrong, and what is set right.
extension World {
    func schedulePlan() {
        for (number, fault) in plan.enumerated() {
            queue.schedule(.fault(number), at: fault.at)
        }
    }

    func strike(_ fault: Fault) throws(Violation) {
        trace?.note(.fault(fault), at: now)
        switch fault {
        case .cut(let from, let to):
            network.cut(Network.Direction(from: from, to: to))
        case .mend(let from, let to):
            mend(Network.Direction(from: from, to: to))
        case .mendAll:
            mendAll()
        case .clog(let from, let to, let lag):
            network.setLag(Network.Direction(from: from, to: to), lag)
        case .narrow(let from, let to, let rate):
            network.setWidth(Network.Direction(from: from, to: to), rate)
        case .widen(let from, let to):
            widen(Network.Direction(from: from, to: to))
        case .reset(let id):
            for link in network.links(of: id) { reset(link) }
        case .corrupt(let from, let to):
            network.corruptNext(Network.Direction(from: from, to: to))
        case .replay(let from, let to):
            replay(Network.Direction(from: from, to: to))
        case .crash, .crashAmidEffects, .crashAmidWrite, .restart, .pause, .resume, .stop, .wipe,
            .reformat:
            try strikeProcess(fault)
        case .join(let id): try join(machine(id))
        case .add(let id): wish(.add(id, address: "\(id)", clientAddress: ""))
        case .promote(let id): wish(.promote(id))
        case .remove(let id): wishAway(id)
        case .slowDisk, .hangDisk, .freeDisk, .fillDisk, .makeRoom, .failDisk, .rot, .rotTail,
            .misread, .misdirect:
            strikeDisk(fault)
        case .shiftWallClock(let id, let offset):
            machine(id).clock.wallOffset = offset
        case .driftClock(let id, let rate):
            machine(id).clock.setRate(partsPerMillion: rate, at: now)
            resetTimer(machine(id))
        }
    }

    private func strikeProcess(_ fault: Fault) throws(Violation) {
        switch fault {
        case .crash(let id, let losingPower): crash(machine(id), losingPower: losingPower)
        case .crashAmidEffects(let id, let count): machine(id).crashesAfterEffects = count
        case .crashAmidWrite(let id, let part): machine(id).crashesAmid = part
        case .restart(let id):
            machine(id).crashesAmid = nil
            try start(machine(id))
        case .pause(let id): pause(machine(id))
        case .resume(let id): try resume(machine(id))
        case .stop(let id): try stop(machine(id))
        case .wipe(let id): wipe(machine(id))
        case .reformat(let id): try reformat(machine(id))
        default: preconditionFailure("no fault of a process")
        }
    }

    private func strikeDisk(_ fault: Fault) {
        switch fault {
        case .slowDisk(let id, let lag):
            machine(id).diskLag = lag
        case .hangDisk(let id):
            hangDisk(machine(id))
        case .freeDisk(let id):
            freeDisk(machine(id))
        case .fillDisk(let id):
            let machine = machine(id)
            machine.disk.capacity = machine.disk.usedBytes
        case .makeRoom(let id):
            machine(id).disk.capacity = .max
        case .failDisk(let id):
            machine(id).failsNextBatch = true
        case .rot(let id):
            rot(machine(id))
        case .rotTail(let id):
            rotTail(machine(id))
        case .misread(let id):
            machine(id).misreadsNext = true
        case .misdirect(let id):
            misdirect(machine(id))
        default:
            preconditionFailure("no fault of a disk")
        }
    }

    private func mendAll() {
        for from in machines {
            for to in machines where from.id != to.id {
                mend(Network.Direction(from: from.id, to: to.id))
            }
        }
    }

    /// The end of the safety phase: the core works from here on, the rest may stay broken.
    func heal() throws(Violation) {
        isHealed = true
        // A node that isn't a member may become one yet, by what is under way.
        let well = machines.filter { $0.loss == nil && $0.id != options.brokenForEver }
        for machine in well {
            for other in well where other.id != machine.id {
                let direction = Network.Direction(from: machine.id, to: other.id)
                mend(direction)
                network.setLag(direction, .zero)
                widen(direction)
            }
            machine.disk.capacity = .max
            machine.diskLag = .zero
            machine.clock.wallOffset = .zero
            machine.clock.setRate(partsPerMillion: 0, at: now)
            machine.crashesAfterEffects = nil
            machine.crashesAmid = nil
            machine.failsNextBatch = false
            machine.misreadsNext = false
            freeDisk(machine)
            try resume(machine)
            try start(machine)
            if machine.isUp { resetTimer(machine) }
        }
    }

    /// The machines that must do the cluster's work in the liveness phase: those of all members
    /// that aren't lost, but for one that the plan leaves broken.
    var core: [Machine] {
        let members = observer.configuration
        return machines.filter {
            $0.loss == nil && $0.id != options.brokenForEver && members.contains($0.id)
        }
    }
}
