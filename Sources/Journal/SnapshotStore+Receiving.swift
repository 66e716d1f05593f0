import Basics

extension SnapshotStore {
    /// Takes bytes of a snapshot file that ends with the entry `last`, as the leader sends them.
    /// `offset` 0 begins anew. What is refused as malformed is given up.
    public mutating func receive(_ bytes: [UInt8], at offset: Int, of last: JournalPosition)
        throws(SnapshotRefusal) -> SnapshotProgress
    {
        if let current, last.index <= current.description.last.index { throw .outdated }
        if offset == 0 {
            let stream = Stream(FileName.receivedSnapshot)
            receiving = (stream, SnapshotScanner(clusterID: clusterID), last)
        }
        guard receiving != nil, receiving?.last == last, receiving?.stream.finished == nil,
            receiving?.stream.byteCount == offset
        else {
            let isSame = receiving?.last == last
            throw .notContiguous(expected: isSame ? receiving?.stream.byteCount ?? 0 : 0)
        }
        do throws(SnapshotRefusal) {
            let chunks = try receiving?.scanner.take(bytes[...]) ?? []
            if let description = receiving?.scanner.description, description.last != last {
                throw SnapshotRefusal.malformed("the snapshot ends at \(description.last)")
            }
            receiving?.stream.write(bytes)
            return SnapshotProgress(
                chunks: chunks.map { Array($0) }, received: offset + bytes.count)
        } catch {
            rejectReceived()
            throw error
        }
    }

    /// All bytes were received: throws unless they are a whole snapshot. `.installed` follows.
    public mutating func install() throws(SnapshotRefusal) -> SnapshotDescription {
        guard receiving?.scanner.isComplete == true,
            let description = receiving?.scanner.description
        else {
            rejectReceived()
            throw .malformed("the snapshot ends too early")
        }
        receiving?.stream.finished = description
        return description
    }

    /// Gives up the snapshot being received.
    public mutating func rejectReceived() {
        guard receiving != nil else { return }
        receiving = nil
        garbage.append(FileName.receivedSnapshot)
    }
}
