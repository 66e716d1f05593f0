import Basics

/// The snapshots of a directory: the newest that is whole, and what else lies there.
struct SnapshotSearch {
    var found: RecoveredSnapshot?
    /// Newer than the one found, and bad: newest first.
    var lost: [SnapshotName] = []
    /// Older than the one found, and what was never completed.
    var obsolete: [String] = []

    /// `contents` become those of the one found.
    init<Contents: SnapshotContents>(
        _ files: [any SnapshotBytes], of identity: Identity, into contents: inout Contents?,
        with workers: some Workers
    ) throws(RecoveryRefusal) {
        let named = files.compactMap { file in SnapshotName(file.name).map { ($0, file) } }
            .sorted { $0.0.last > $1.0.last }
        for (name, file) in named {
            if found != nil {
                obsolete.append(name.description)
                continue
            }
            let reading = try SnapshotReading<Contents>(
                of: file, clusterID: identity.clusterID, with: workers)
            guard let reading, reading.description.last == name.last else {
                lost.append(name)
                continue
            }
            contents = reading.contents
            found = RecoveredSnapshot(
                description: reading.description, name: name.description,
                byteCount: reading.byteCount)
        }
        obsolete += files.map(\.name).filter {
            $0 == FileName.incompleteSnapshot || $0 == FileName.receivedSnapshot
        }
    }
}
