import Basics
import Journal
import Replica

// What the disks do.
extension World {
    func drawDiskDelay(_ machine: Machine) -> Duration {
        let (shortest, longest) = options.diskDelay
        let delay = diskRandom.between(shortest, longest)
        guard !isHealed, diskRandom.chance(options.diskStallsPerMille, in: 1000) else {
            return delay + machine.diskLag
        }
        return delay * Int64(diskRandom.below(500) + 1) + machine.diskLag
    }

    /// Batches of one lane are performed one after the other. What a batch wrote is on the disk
    /// only when its time is over; a crash before that keeps any part of it.
    func take(_ batch: DiskBatch, _ machine: Machine) {
        machine.batches[batch.id.lane, default: []].append(batch)
        if machine.batches[batch.id.lane]?.count == 1 { begin(batch, machine) }
    }

    private func begin(_ batch: DiskBatch, _ machine: Machine) {
        schedule(
            .batchEnd(machine.id, life: machine.life, batch.id), after: drawDiskDelay(machine))
    }

    func endBatch(
        _ id: DiskBatch.ID, _ machine: Machine, life: Int, _ event: Event
    ) throws(Violation) {
        guard machine.life == life, var batches = machine.batches[id.lane] else { return }
        let batch = batches.removeFirst()
        precondition(batch.id == id, "batches ended out of order")
        machine.batches[id.lane] = batches
        if machine.failsNextBatch {
            machine.failsNextBatch = false
            machine.mayFail = true
            let performed = Int(diskRandom.below(UInt64(batch.operations.count + 1)))
            _ = try? machine.disk.perform(Array(batch.operations.prefix(performed)))
            let failure = NodeInput.diskFailed(id, .broken("planned"))
            return try give(failure, to: machine, .input(machine.id, life: life, failure))
        }
        do {
            try machine.disk.perform(batch.operations)
        } catch {
            let failure = NodeInput.diskFailed(id, error)
            return try give(failure, to: machine, .input(machine.id, life: life, failure))
        }
        if let next = batches.first { begin(next, machine) }
        try give(.diskDone(id), to: machine, .input(machine.id, life: life, .diskDone(id)))
    }

    func perform(_ read: DiskRead, _ machine: Machine) throws(Violation) {
        guard let bytes = machine.disk.read(read) else {
            throw Violation(
                kind: .safety, law: "what is read is there", detail: "\(machine.id): \(read)",
                time: now)
        }
        schedule(
            .input(machine.id, life: machine.life, .diskRead(read, bytes)),
            after: drawDiskDelay(machine))
    }

    /// Turns a bit of a file that wasn't damaged before: a majority can repair what one machine
    /// lost, and each part of a directory has at most one other copy on its own disk.
    func rot(_ machine: Machine) {
        let names = machine.disk.durableFiles.filter { !machine.damagedFiles.contains($0.name) }
        guard !names.isEmpty else { return }
        let file = names[Int(faultRandom.below(UInt64(names.count)))]
        guard file.bytes > 0 else { return }
        machine.rottenFiles.append(file.name)
        machine.disk.flipBit(Int(faultRandom.below(UInt64(file.bytes * 8))), of: file.name)
    }

    /// The next write of a file that wasn't damaged before goes elsewhere in it.
    func misdirect(_ machine: Machine) {
        machine.disk.misdirectNextWrite(
            sparing: machine.damagedFiles, by: faultRandom.next())
    }
}
