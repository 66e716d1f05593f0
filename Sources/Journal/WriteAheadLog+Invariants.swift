import Basics

extension WriteAheadLog {
    /// What holds before and after every call.
    func checkInvariants() {
        for (left, right) in zip(segments, segments.dropFirst()) {
            precondition(left.name.sequence < right.name.sequence, "segments out of order")
        }
        if let newest = spare ?? segments.last?.name {
            precondition(newest.sequence < nextSequence, "a segment's number would be used again")
        }
        if let spare, let last = segments.last {
            precondition(last.name.sequence < spare.sequence, "the spare segment is an old one")
        }
        precondition(tail.position % identity.geometry.sectorBytes == 0, "a sector is shared")
        if !tail.isSealed {
            precondition(tail.position <= segments.last?.name.capacity ?? 0, "beyond the segment")
        }
        precondition(!retriesForRoom || isFull, "room is looked for and there is some")
        precondition(!restartsAtOnce || restartAfter != nil, "a restart from nowhere")
        if let first = waiting.first {
            precondition(first.index <= (restartAfter ?? written).index.next, "a gap waits")
            precondition(waiting[waiting.count - 1].position == last, "the log's end is wrong")
        } else {
            precondition(last == restartAfter ?? written, "the log's end is wrong")
        }
        // Only what a later record or a snapshot supersedes may be cut.
        precondition(covered <= last.index, "the snapshot reaches beyond the log")
    }
}
