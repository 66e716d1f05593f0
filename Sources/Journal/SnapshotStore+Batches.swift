import Basics

extension SnapshotStore {
    /// What waits, for one file at a time; nil while a batch is in flight or nothing waits.
    public mutating func nextBatch() -> DiskBatch? {
        guard inFlight == nil else { return nil }
        if !isOpen || !garbage.isEmpty {
            let first: [DiskOperation] = isOpen ? [] : [.syncDirectory]
            return issue(first + garbage.map { .delete($0) }, .housekeeping(garbage.count))
        }
        // A follower that waits for its state comes first.
        if let stream = receiving?.stream, let (rest, operations, file) = drain(stream) {
            receiving?.stream = rest
            if rest.finished != nil { receiving = nil }
            return issue(operations, .receiving(file))
        }
        if let stream = writing?.stream, let (rest, operations, file) = drain(stream) {
            writing?.stream = rest
            if rest.finished != nil { writing = nil }
            return issue(operations, .writing(file))
        }
        return nil
    }

    /// The performer has done all of a batch.
    public mutating func completed(_ id: DiskBatch.ID) -> [SnapshotEvent] {
        switch takeInFlight(id) {
        case .housekeeping(let count):
            garbage.removeFirst(count)
            isOpen = true
            return []
        case .writing(let file):
            guard let file else { return [] }
            replaceCurrent(file)
            return [.written(file.description)]
        case .receiving(let file):
            guard let file else { return [] }
            replaceCurrent(file)
            return [.installed(file.description)]
        }
    }

    /// The performer failed at one operation of a batch and did none of those behind it. If room
    /// ran out, both the snapshot being written and the one being received are given up, and what
    /// they took is freed: `isWriting` is false, and the next range received is answered with the
    /// offset 0. Nothing is lost.
    public mutating func failed(_ id: DiskBatch.ID, _ failure: DiskFailure) -> FailureConsequence {
        let what = takeInFlight(id)
        if case .broken(let reason) = failure { return .fatal(reason) }
        if case .housekeeping = what { return .fatal("no space left to delete a file") }
        abandon()
        rejectReceived()
        garbage += [FileName.incompleteSnapshot, FileName.receivedSnapshot]
        return .full
    }

    private mutating func takeInFlight(_ id: DiskBatch.ID) -> InFlight {
        guard let (expected, what) = inFlight, expected == id else {
            preconditionFailure("the batch isn't in flight")
        }
        inFlight = nil
        return what
    }

    private mutating func issue(_ operations: [DiskOperation], _ what: InFlight) -> DiskBatch {
        batches += 1
        let id = DiskBatch.ID(lane: .snapshots, number: batches)
        inFlight = (id, what)
        return DiskBatch(id: id, operations: operations)
    }

    /// The operations that wait for a file and, if it is complete, those that put it in place.
    private func drain(_ stream: Stream) -> (Stream, [DiskOperation], SnapshotFile?)? {
        guard !stream.operations.isEmpty || stream.finished != nil else { return nil }
        var rest = stream
        var operations = rest.operations
        rest.operations = []
        rest.waitingBytes = 0
        guard let description = stream.finished else { return (rest, operations, nil) }
        if let current, current.description.last.index >= description.last.index {
            // Overtaken by one that reaches as far.
            return (rest, [.delete(stream.temporaryName)], nil)
        }
        let name = SnapshotName(last: description.last).description
        operations += [
            .sync(stream.temporaryName), .rename(from: stream.temporaryName, to: name),
            .syncDirectory,
        ]
        #if MUTANTS
        if PlantedBug.isOn(.snapshotUnsynced) {
            operations.removeAll { if case .sync = $0 { true } else { false } }
        }
        #endif
        return (
            rest, operations,
            SnapshotFile(description: description, name: name, byteCount: stream.byteCount)
        )
    }

    private mutating func replaceCurrent(_ file: SnapshotFile) {
        garbage += (lost + (current.map { [$0.name] } ?? [])).filter { $0 != file.name }
        lost = []
        current = file
    }
}
