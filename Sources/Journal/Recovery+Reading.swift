import Basics

extension Recovery {
    /// Reads a directory: every file in it. Those whose names aren't ours are ignored.
    ///
    /// | found | decision |
    /// |---|---|
    /// | nothing of ours | refused: empty |
    /// | no identity file, and nothing but what `format` writes | refused: partly formatted |
    /// | no identity file, and data | refused: identity damaged |
    /// | no readable hard state, or one older than the log | corrupt: hard state |
    /// | the log is bad below a named offset | corrupt: log |
    /// | the log begins behind what any readable snapshot covers | corrupt: snapshot |
    /// | the newest snapshot is bad and the log doesn't hold its last entry | corrupt: snapshot |
    /// | the log doesn't hold the newest snapshot's last entry | the log is dropped: it restarts |
    /// | the log's last batch is bad under a standing header | in doubt |
    /// | anything else behind the last good batch | torn: cut |
    ///
    /// Snapshots may stand among `files`, or in `snapshots` if they are to be read piece by piece.
    public init(
        of files: [StoredFile], snapshots: [any SnapshotBytes] = []
    ) throws(RecoveryRefusal) {
        var nothing: NoContents?
        try self.init(of: files, snapshots: snapshots, into: &nothing, with: OneWorker())
    }

    /// Reads a directory, and of the snapshot that is found makes contents beside. They are nil
    /// exactly if `snapshot` is.
    public init<Contents: SnapshotContents>(
        of files: [StoredFile], snapshots: [any SnapshotBytes], into contents: inout Contents?,
        with workers: some Workers
    ) throws(RecoveryRefusal) {
        let pieced =
            files.filter { FileName.isSnapshot($0.name) }
            + snapshots.filter { FileName.isSnapshot($0.name) }
        let files = files.filter {
            FileName.isOurs($0.name) && !FileName.isSnapshot($0.name)
        }
        let identity = try Recovery.identity(in: files, beside: pieced.map(\.name))
        let snapshots = try SnapshotSearch(
            pieced, of: identity, into: &contents, with: workers)
        let images = files.compactMap { file in SegmentName(file.name).map { ($0, file.bytes) } }
            .sorted { $0.0.sequence < $1.0.sequence }
            .map { SegmentImage($0, bytes: $1, of: identity) }
        let scan = LogScan(images, covered: snapshots.found?.description.last.index ?? .zero)
        let hardState = HardStateSlots.read(
            files.first { $0.name == FileName.hardState }?.bytes, of: identity)
        self.init(identity, hardState, snapshots, scan, images.map(\.name))
    }

    private static func identity(
        in files: [StoredFile], beside snapshots: [String]
    ) throws(RecoveryRefusal) -> Identity {
        if let file = files.first(where: { $0.name == FileName.identity }) {
            return try Identity(decoding: file.bytes)
        }
        guard !files.isEmpty || !snapshots.isEmpty else { throw .empty }
        let isThereSnapshot = snapshots.contains { SnapshotName($0) != nil }
        guard !isThereSnapshot, !files.contains(where: holdsData) else {
            throw .identityDamaged("the file is missing, and there is data")
        }
        throw .partlyFormatted
    }

    /// Whether a file holds more than `format` puts into it. The identity, and with it the
    /// geometry, isn't known: so headers of any incarnation, at multiples of the smallest sector.
    private static func holdsData(_ file: StoredFile) -> Bool {
        let positions = stride(from: 0, to: file.bytes.count, by: Geometry.smallestSectorBytes)
        if SegmentName(file.name) != nil {
            return positions.contains { position in
                BatchHeader.standing(at: position, of: file.bytes).map { $0.0.offset > 0 } ?? false
            }
        }
        return file.name == FileName.hardState
            && positions.contains { position in
                HardStateSlots.copy(at: position, of: file.bytes).map { $0.sequence > 1 } ?? false
            }
    }

    private init(
        _ identity: Identity, _ reading: HardStateSlots.Reading, _ snapshots: SnapshotSearch,
        _ scan: LogScan, _ names: [SegmentName]
    ) {
        self.identity = identity
        snapshot = snapshots.found
        obsoleteSnapshots = snapshots.obsolete
        lostSnapshots = snapshots.lost.map(\.description)
        let covered = snapshots.found?.description.last
        let joint = Joint(scan, snapshots)
        records = joint.corruption == nil && !joint.drops ? joint.records : []
        log = LogContinuation(scan, names, joint, covered: covered ?? .start, identity)
        blemishes = scan.blemishes + joint.notes
        var corruption = joint.corruption
        if corruption == nil, log.isDamaged {
            corruption = Corruption(
                part: .log, file: names.last?.description ?? "segment", offset: 0,
                detail: "a loss found by an earlier recovery isn't repaired yet",
                reached: log.doubt ?? .start)
        }
        switch reading {
        case .found(let state, let slots, let blemished):
            hardState = state
            log.slots = slots
            if blemished { blemishes.append("\(FileName.hardState): one copy of the newest") }
            if scan.reached.term > state.term {
                corruption = Corruption(
                    part: .hardState, file: FileName.hardState, offset: 0,
                    detail: "the hard state is of term \(state.term), the log of later ones",
                    reached: scan.reached)
            }
        case .corrupt(let offset, let detail):
            hardState = .initial
            corruption = Corruption(
                part: .hardState, file: FileName.hardState, offset: offset, detail: detail,
                reached: scan.reached)
        }
        // A snapshot may overtake the hard state on its way to disk. No vote left in that term. It
        // must be on disk before the first record is: the log would be of a later term.
        if let covered, covered.term > hardState.term {
            hardState.term = covered.term
            hardState.votedFor = nil
            log.raisedState = hardState
        }
        verdict = Recovery.verdict(corruption, doubt: log.doubt, scan.finding)
    }

    private static func verdict(
        _ corruption: Corruption?, doubt: JournalPosition?, _ finding: LogScan.Finding
    ) -> Verdict {
        if let corruption { return .corrupt(corruption) }
        if let doubt { return .inDoubt(doubt) }
        if case .torn(let tail) = finding { return .torn(tail) }
        return .whole
    }
}

/// How snapshot and log go together.
struct Joint {
    var corruption: Corruption?
    /// The log doesn't hold the entry that the snapshot ends with: it is of another branch, or
    /// ends before it (the snapshot came from the leader, or overtook the log's own write).
    var drops = false
    /// What the log holds behind the snapshot.
    var records: [JournalRecord] = []
    var notes: [String] = []

    init(_ scan: LogScan, _ snapshots: SnapshotSearch) {
        if case .corrupt(let file, let offset, let detail) = scan.finding {
            corruption = Corruption(
                part: .log, file: file, offset: offset, detail: detail, reached: scan.reached)
            return
        }
        let covered = snapshots.found?.description.last ?? .start
        let first = scan.first ?? scan.last.index.next
        let reached = snapshots.lost.map(\.last).reduce(scan.reached, max)
        guard first <= covered.index.next else {
            let file = snapshots.lost.first?.description ?? scan.segments.first?.name.description
            corruption = Corruption(
                part: .snapshot, file: file ?? "snapshot", offset: 0,
                detail: "the log begins at index \(first), and no readable snapshot goes that far",
                reached: reached)
            return
        }
        for lost in snapshots.lost where !scan.isDamaged {
            guard scan.records.first(where: { $0.index == lost.last.index })?.position == lost.last
            else {
                corruption = Corruption(
                    part: .snapshot, file: lost.description, offset: 0,
                    detail: "the snapshot is bad, and the log doesn't hold its last entry",
                    reached: reached)
                return
            }
            notes.append("\(lost): not readable, an older snapshot and the log make up for it")
        }
        drops = !Joint.holds(covered, scan, first: first)
        records = scan.records.filter { $0.index > covered.index }
    }

    private static func holds(
        _ covered: JournalPosition, _ scan: LogScan, first: LogIndex
    ) -> Bool {
        if scan.restartedAfter?.index == covered.index, scan.records.first?.index != covered.index {
            return scan.restartedAfter == covered
        }
        // Cut right behind the snapshot: there is nothing left to compare.
        if first == covered.index.next { return true }
        return scan.records.first { $0.index == covered.index }?.position == covered
    }
}

extension LogContinuation {
    init(
        _ scan: LogScan, _ names: [SegmentName], _ joint: Joint, covered: JournalPosition,
        _ identity: Identity
    ) {
        slots = HardStateSlots(
            incarnation: identity.incarnation, geometry: identity.geometry, sequence: 0)
        position = scan.position
        offset = scan.offset
        checksum = scan.checksum
        spare = scan.spare
        nextSequence = (names.last?.sequence ?? 0) + 1
        superfluous = scan.superfluous
        evidence = scan.evidence
        segments = scan.segments
        isSealed = scan.finding != .whole
        isDamaged = scan.isDamaged
        last = joint.drops ? covered : scan.last
        doubt = scan.doubt
        if case .inDoubt(let position) = scan.finding { doubt = max(position, doubt ?? .start) }
        restartAfter = joint.drops ? covered : nil
        restartsAtOnce = joint.drops
        if let corruption = joint.corruption {
            // Nothing is touched: the files stay as they are until the loss is repaired.
            isSealed = true
            isDamaged = true
            spare = nil
            superfluous = []
            evidence = []
            segments = names.map { RetainedSegment($0, first: nil) }
            offset = max(scan.offset, scan.furthestOffset)
            last = covered
            doubt = corruption.reached
            restartAfter = covered
            restartsAtOnce = false
        } else if isDamaged {
            keepAll(of: names)
        }
        if !isDamaged, let position = doubt, position <= last { doubt = nil }
    }

    /// Keeps the segments that would be given up, until the loss in them is repaired. One of them
    /// may stand behind the last good one: that one is then not written to again.
    private mutating func keepAll(of names: [SegmentName]) {
        let kept = Set(segments.map(\.name))
        let newest = segments.last?.name
        segments += names.filter { !kept.contains($0) && $0 != spare }
            .map { RetainedSegment($0, first: nil) }
        segments.sort { $0.name.sequence < $1.name.sequence }
        if segments.last?.name != newest { isSealed = true }
        superfluous = []
        if let blank = spare, let last = segments.last, blank.sequence < last.name.sequence {
            spare = nil
            superfluous = [blank.description]
        }
    }
}
