import Basics

extension WriteAheadLog {
    /// Everything that waits, in one batch; nil while one is in flight or nothing can be done.
    public mutating func nextBatch() -> DiskBatch? {
        guard inFlight == nil else { return nil }
        defer { checkInvariants() }
        guard isOpen else { return open() }
        let preparesFirst = spare == nil && (!isFull || retriesForRoom)
        if preparesFirst, waitingState == nil { return prepareSegment() }
        if let batch = commit() { return batch }
        guard !garbage.isEmpty else { return nil }
        return issue(
            garbage.map { .delete($0) } + [.syncDirectory], .deletion(garbage.count))
    }

    /// The performer has done all of a batch.
    public mutating func completed(_ id: DiskBatch.ID) -> Durable {
        guard let (expected, what) = inFlight, expected == id else {
            preconditionFailure("the batch isn't in flight")
        }
        inFlight = nil
        defer { checkInvariants() }
        switch what {
        case .opening:
            isOpen = true
            return Durable(isOpen: true)
        case .preparation(let name, let deleted):
            garbage.removeFirst(deleted)
            spare = name
            let wasFull = isFull
            isFull = false
            retriesForRoom = false
            return Durable(roomIsBack: wasFull)
        case .deletion(let count):
            garbage.removeFirst(count)
            return Durable()
        case .commit(let state, let last, let opened):
            if let opened {
                segments[segments.count - 1].first = opened
                prune()
            }
            if last != nil { releaseEvidence() }
            return Durable(hardState: state, last: last)
        }
    }

    /// The performer failed at one operation of a batch and did none of those behind it.
    public mutating func failed(_ id: DiskBatch.ID, _ failure: DiskFailure) -> FailureConsequence {
        guard let (expected, what) = inFlight, expected == id else {
            preconditionFailure("the batch isn't in flight")
        }
        guard failure == .noSpace, case .preparation = what else {
            switch failure {
            case .noSpace: return .fatal("no space left in a file whose room was reserved")
            case .broken(let reason): return .fatal(reason)
            }
        }
        inFlight = nil
        isFull = true
        retriesForRoom = false
        // Whatever room was taken before it ran out.
        garbage.append(FileName.incompleteSegment)
        checkInvariants()
        return .full
    }

    private mutating func issue(_ operations: [DiskOperation], _ what: InFlight) -> DiskBatch {
        batches += 1
        let id = DiskBatch.ID(lane: .journal, number: batches)
        inFlight = (id, what)
        return DiskBatch(id: id, operations: operations)
    }

    /// Makes sure of what recovery read, and clears away what it found superfluous.
    private mutating func open() -> DiskBatch {
        var operations = segments.map { DiskOperation.sync($0.name.description) }
        operations += (spare.map { [$0] } ?? []).map { .sync($0.description) }
        operations += evidence.map { .sync($0) }
        operations += [.sync(FileName.hardState), .syncDirectory]
        operations += garbage.map { .delete($0) }
        operations.append(.syncDirectory)
        garbage = []
        return issue(operations, .opening)
    }

    /// The next segment is made under another name and synced before it is given its own, so that
    /// a file with a segment's name always has its whole size.
    private mutating func prepareSegment() -> DiskBatch {
        let name = SegmentName(sequence: nextSequence, capacity: settings.segmentBytes)
        nextSequence += 1
        let operations = garbage.map { DiskOperation.delete($0) }
        return issue(
            operations + [
                .create(FileName.incompleteSegment, bytes: name.capacity),
                .sync(FileName.incompleteSegment),
                .rename(from: FileName.incompleteSegment, to: name.description),
                .syncDirectory,
            ], .preparation(name, deleted: garbage.count))
    }

    /// Hard state and records, as far as there is room for them; nil if nothing waits.
    private mutating func commit() -> DiskBatch? {
        var operations: [DiskOperation] = []
        let state = waitingState
        if let state {
            operations += slots.save(state)
            waitingState = nil
        }
        var last: JournalPosition?
        var opened: LogIndex?
        if restartsAtOnce, let position = restartAfter {
            if let spare {
                operations += restart(after: position, in: spare)
                last = position
                opened = position.index.next
            }
        } else if let batch = writeWaiting() {
            operations += batch.operations
            last = batch.header.last
            opened = batch.opensSegment ? batch.header.first : nil
        }
        #if MUTANTS
        if PlantedBug.isOn(.syncSkipped) {
            operations.removeAll { if case .sync = $0 { true } else { false } }
        }
        #endif
        guard !operations.isEmpty else { return nil }
        return issue(operations, .commit(state, last, opened: opened))
    }

    private mutating func restart(after position: JournalPosition, in segment: SegmentName)
        -> [DiskOperation]
    {
        let bytes = BatchHeader.restart(
            after: position, doubt: doubt, isDamaged: isDamaged, offset: tail.offset,
            segment: segment, of: identity)
        let end = tail.offset + UInt64(bytes.count)
        segments.append(RetainedSegment(segment, first: nil))
        spare = nil
        tail = Tail(position: bytes.count, offset: end, checksum: 0, isSealed: false)
        restartAfter = nil
        restartsAtOnce = false
        written = position
        let name = segment.description
        return [.write(name, offset: 0, bytes: bytes), .sync(name)]
    }

    private struct RecordBatch {
        var operations: [DiskOperation]
        var header: BatchHeader
        var opensSegment: Bool
    }

    /// As many waiting records as the segment takes, or else the spare one.
    private mutating func writeWaiting() -> RecordBatch? {
        guard !waiting.isEmpty else { return nil }
        var count = fitting()
        if count == 0 {
            guard let spare else { return nil }
            segments.append(RetainedSegment(spare, first: nil))
            self.spare = nil
            tail.position = 0
            tail.isSealed = false
            count = fitting()
        }
        precondition(count > 0, "a record is larger than a segment")
        let records = waiting[..<count]
        var body = ByteWriter()
        var checksum = tail.checksum
        for record in records {
            checksum = RecordEncoding.append(record, to: &body, continuing: checksum)
        }
        let end = records[count - 1].position
        settleIfReached(end)
        let segment = segments[segments.count - 1].name
        let layout = BatchLayout(
            start: tail.position, bodyBytes: body.count, in: identity.geometry)
        let header = BatchHeader(
            restarts: false, isDamaged: isDamaged, incarnation: identity.incarnation,
            segment: segment.sequence, offset: tail.offset, bodyBytes: body.count,
            distance: layout.second - layout.start, first: records[0].index, last: end,
            doubt: doubt, previousChecksum: tail.checksum, bodyChecksum: checksum)
        tail.position = layout.end
        tail.offset += UInt64(layout.end - layout.start)
        tail.checksum = checksum
        waiting.removeFirst(count)
        written = end
        let bytes = header.framing(body.bytes, in: layout)
        let name = segment.description
        return RecordBatch(
            operations: [.write(name, offset: layout.start, bytes: bytes), .sync(name)],
            header: header, opensSegment: layout.start == 0)
    }

    /// How many of the waiting records fit into the rest of the last segment as one batch.
    private func fitting() -> Int {
        guard !tail.isSealed, let segment = segments.last else { return 0 }
        var bodyBytes = 0
        for (count, record) in waiting.enumerated() {
            bodyBytes += record.payload.count + RecordEncoding.overhead
            let layout = BatchLayout(
                start: tail.position, bodyBytes: bodyBytes, in: identity.geometry)
            if layout.end > segment.name.capacity { return count }
        }
        return waiting.count
    }
}
