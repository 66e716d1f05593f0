import Basics
import Replica

// Memory and disk stay bounded, however long a cluster runs. The factors are some two times what
// hundreds of runs have shown, disks that hang or are full for minutes included.
extension World {
    /// Looked at after every so manieth event.
    private static let footprintStride = 32
    /// Of the log bytes between two snapshots: what may wait to be covered by the next.
    private static let logFactor = 12
    /// The same of the journal's files, in which a short batch takes a whole sector, and segments
    /// beside.
    private static let journalFactor = 24
    private static let segments = 8
    /// Snapshots that a directory may hold at a time: the present one, one being written, one
    /// being received, one to be deleted.
    private static let snapshots = 4
    /// What a node may ask for itself, without a client.
    private static let ownRequests = 4

    func checkFootprint(_ machine: Machine) throws(Violation) {
        guard events.isMultiple(of: Self.footprintStride), let node = machine.process?.node
        else { return }
        let footprint = node.footprint
        observer.largestSnapshot = max(observer.largestSnapshot, footprint.snapshotBytes)
        let asked = tickets.values.count { $0.holder == machine.id }
        try keep(
            footprint.waitingRequests, within: asked + Self.ownRequests,
            "a node waits for no more than was asked of it", machine)
        try keep(
            footprint.logBytes, within: options.snapshotLogBytes * Self.logFactor,
            "the log behind the newest snapshot stays bounded", machine)
        let journal =
            options.snapshotLogBytes * Self.journalFactor
            + Self.journalSettings.segmentBytes * Self.segments
        try keep(
            footprint.journalBytes, within: journal, "the journal's files stay bounded", machine)
        let used = machine.disk.usedBytes
        let bound = journal + observer.largestSnapshot * Self.snapshots
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
            let waiting = machine.process?.node.footprint.waitingRequests ?? 0
            guard waiting <= Self.ownRequests else {
                throw unsettled("every request is answered", "\(machine.id): \(waiting) wait")
            }
        }
    }
}
