import Basics
import Replica

// Memory and disk stay bounded, and nobody waits for ever, however long a cluster runs. The bounds
// are some two times what hundreds of runs have shown, disks that hang or are full for minutes
// included.
extension World {
    /// Looked at after every so manieth event.
    private static let footprintStride = 32
    /// What a node may ask for itself, without a client.
    private static let ownRequests = 4
    /// All deadlines of a request together, on the slowest clock.
    private static let patience = Duration.seconds(20)
    /// Of the log bytes between two snapshots: what may wait to be covered by the next, while a
    /// follower is catching up from the last.
    private static let logFactor = 12
    /// What an entry takes in the journal at most, beside its bytes: a batch of its own between
    /// two headers, written once more after a truncation.
    private static let entryBytes = 4 << 10
    private static let segments = 16
    /// Snapshots that a directory may hold at a time: the present one, one being written, one
    /// being received, one to be deleted.
    private static let snapshots = 4

    func checkFootprint(_ machine: Machine) throws(Violation) {
        guard events.isMultiple(of: Self.footprintStride), let process = machine.process
        else { return }
        let footprint = process.footprint
        try checkWaiting(footprint, machine)
        try keep(
            footprint.logBytes, within: options.snapshotLogBytes * Self.logFactor,
            "the log behind the newest snapshot stays bounded", machine)
        try checkDisk(footprint, machine)
    }

    private func checkWaiting(
        _ footprint: NodeFootprint, _ machine: Machine
    ) throws(Violation) {
        var asked = 0
        for (_, ticket) in tickets where ticket.holder == machine.id {
            asked += 1
            let since = max(ticket.asked, machine.wentOn)
            try keep(
                Int((now - since).milliseconds), within: Int(Self.patience.milliseconds),
                "every request is answered by its deadline, in ms", machine)
        }
        try keep(
            footprint.waitingRequests, within: asked + Self.ownRequests,
            "a node waits for no more than was asked of it", machine)
    }

    /// What a new snapshot covers goes when the disk gets to it: so by what the log has been at
    /// its longest, and not by what it is.
    private func checkDisk(
        _ footprint: NodeFootprint, _ machine: Machine
    ) throws(Violation) {
        observer.largestSnapshot = max(observer.largestSnapshot, footprint.snapshotBytes)
        observer.largestLog = max(
            observer.largestLog, footprint.logBytes + footprint.logEntries * Self.entryBytes)
        let journal = observer.largestLog + Self.journalSettings.segmentBytes * Self.segments
        try keep(
            footprint.journalBytes, within: journal,
            "the journal holds little more than no snapshot covers", machine)
        let used = machine.disk.usedBytes
        let bound = 2 * journal + observer.largestSnapshot * Self.snapshots
        guard used > bound else { return }
        let files = machine.disk.files.map { "\($0.name) \($0.bytes.count)" }
        try keep(
            used, within: bound, "the disk holds a small multiple of the state", machine,
            ": " + files.joined(separator: ", "))
    }

    private func keep(
        _ value: Int, within bound: Int, _ law: String, _ machine: Machine,
        _ detail: String = ""
    ) throws(Violation) {
        guard value > bound else { return }
        throw Violation(
            kind: .safety, law: law,
            detail: "\(machine.id): \(value), at most \(bound)\(detail)", time: now)
    }

    /// In the quiet everything that waits is answered, or comes to its deadline.
    func checkNobodyWaits() throws(Violation) {
        for machine in core {
            let waiting = machine.process?.footprint.waitingRequests ?? 0
            guard waiting <= Self.ownRequests else {
                throw unsettled("every request is answered", "\(machine.id): \(waiting) wait")
            }
        }
    }
}
