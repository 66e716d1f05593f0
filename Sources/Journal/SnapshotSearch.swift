import Basics

/// The snapshots of a directory: the newest that is whole, and what else lies there.
struct SnapshotSearch {
    var found: RecoveredSnapshot?
    /// Newer than the one found, and bad: newest first.
    var lost: [SnapshotName] = []
    /// Older than the one found, and what was never completed.
    var obsolete: [String] = []

    init(_ files: [StoredFile], of identity: Identity) throws(RecoveryRefusal) {
        let named = files.compactMap { file in SnapshotName(file.name).map { ($0, file.bytes) } }
            .sorted { $0.0.last > $1.0.last }
        for (name, bytes) in named {
            if found != nil {
                obsolete.append(name.description)
                continue
            }
            do {
                let reader = try SnapshotReader(bytes, clusterID: identity.clusterID)
                guard reader.description.last == name.last else {
                    lost.append(name)
                    continue
                }
                found = RecoveredSnapshot(
                    description: reader.description, name: name.description,
                    byteCount: bytes.count, chunks: reader.chunks)
            } catch .newerFormat(let version) {
                throw .newerFormat(file: name.description, version: version)
            } catch {
                lost.append(name)
            }
        }
        obsolete += files.map(\.name).filter {
            $0 == FileName.incompleteSnapshot || $0 == FileName.receivedSnapshot
        }
    }
}
