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
        let delay = drawDiskDelay(machine)
        schedule(.batchEnd(machine.id, life: machine.life, batch.id), after: delay)
        guard let part = machine.crashesAmid, part.isWritten(by: batch) else { return }
        machine.crashesAmid = nil
        let moment = faultRandom.between(.zero, delay)
        schedule(.powerCut(machine.id, life: machine.life), after: moment)
    }

    /// The power goes, and comes back by itself unless a script says when.
    func cutPower(of machine: Machine, life: Int) {
        guard machine.life == life else { return }
        crash(machine, losingPower: true)
        guard onScript == nil else { return }
        let pause = faultRandom.between(.milliseconds(50), .seconds(2))
        schedule(.restart(machine.id), after: pause)
    }

    func endBatch(
        _ id: DiskBatch.ID, _ machine: Machine, life: Int, _ event: Event
    ) throws(Violation) {
        guard machine.life == life, var batches = machine.batches[id.lane] else { return }
        guard machine.hanging == nil else { return machine.hanging!.append(event) }
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
        guard var bytes = machine.disk.read(read) else {
            throw Violation(
                kind: .safety, law: "what is read is there",
                detail: "\(machine.id): \(read.count) bytes of \(read.name) at \(read.offset)",
                time: now)
        }
        if machine.misreadsNext, !bytes.isEmpty {
            machine.misreadsNext = false
            observer.coverage.misreads += 1
            let bit = Int(faultRandom.below(UInt64(bytes.count * 8)))
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        }
        let answer = Event.input(machine.id, life: machine.life, .diskRead(read, bytes))
        guard machine.hanging == nil else { return machine.hanging!.append(answer) }
        schedule(answer, after: drawDiskDelay(machine))
    }

    /// Nothing that was asked of the disk ends any more.
    func hangDisk(_ machine: Machine) {
        if machine.hanging == nil { machine.hanging = [] }
    }

    /// The disk goes on where it stood still.
    func freeDisk(_ machine: Machine) {
        guard let waiting = machine.hanging else { return }
        machine.hanging = nil
        for event in waiting { schedule(event, after: drawDiskDelay(machine)) }
    }

    /// What a process that begins reads of its directory.
    func readDirectory(of machine: Machine) -> [StoredFile] {
        var files = machine.disk.files
        guard machine.misreadsNext else { return files }
        machine.misreadsNext = false
        let whole = files.indices.filter {
            !files[$0].bytes.isEmpty && !machine.damagedFiles.contains(files[$0].name)
        }
        guard !whole.isEmpty else { return files }
        observer.coverage.misreads += 1
        let file = whole[Int(faultRandom.below(UInt64(whole.count)))]
        // The process can't tell it from rot, and treats the file accordingly.
        machine.rottenFiles.append(files[file].name)
        // Mostly one of those that were written: most of a journal's file is zeroes.
        let written = files[file].bytes.indices.filter { files[file].bytes[$0] != 0 }
        let anywhere = Int(faultRandom.below(UInt64(files[file].bytes.count)))
        let isWritten = faultRandom.chance(3, in: 4) && !written.isEmpty
        let byte =
            isWritten ? written[Int(faultRandom.below(UInt64(written.count)))] : anywhere
        files[file].bytes[byte] ^= 1 << UInt8(faultRandom.below(8))
        return files
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

    /// Turns a bit among the last that the journal synced, so that a batch is bad whose header is
    /// good.
    func rotTail(_ machine: Machine) {
        let segments = machine.disk.durableFiles.map(\.name).filter { $0.hasPrefix("segment-") }
        guard let name = segments.last(where: { !machine.disk.lastSyncedBytes(of: $0).isEmpty }),
            !machine.damagedFiles.contains(name)
        else { return }
        machine.rottenFiles.append(name)
        let written = machine.disk.lastSyncedBytes(of: name)
        let byte = written[Int(faultRandom.below(UInt64(written.count)))]
        machine.disk.flipBit(byte * 8 + Int(faultRandom.below(8)), of: name)
    }

    /// The next write of a file that wasn't damaged before goes elsewhere in it.
    func misdirect(_ machine: Machine) {
        machine.disk.misdirectNextWrite(
            sparing: machine.damagedFiles, by: faultRandom.next())
    }
}

extension WrittenPart {
    fileprivate func isWritten(by batch: DiskBatch) -> Bool {
        batch.operations.contains { operation in
            guard case .write(let name, _, _) = operation else { return false }
            return self == .anything || name == "hard-state"
        }
    }
}
