import Basics

/// What Raft knows of a snapshot: the last entry it covers, and the members at that point
/// (Ongaro 2014, §5.1).
public struct SnapshotMetadata: Hashable, Sendable {
    public var lastIndex: LogIndex
    public var lastTerm: Term
    /// Log time of the last entry covered.
    public var lastTime: Timestamp
    public var configuration: Configuration

    public init(
        lastIndex: LogIndex, lastTerm: Term, lastTime: Timestamp, configuration: Configuration
    ) {
        self.lastIndex = lastIndex
        self.lastTerm = lastTerm
        self.lastTime = lastTime
        self.configuration = configuration
    }

    public var position: LogPosition { LogPosition(term: lastTerm, index: lastIndex) }

    public func encode(into writer: inout ByteWriter) {
        writer.write(lastIndex.rawValue)
        writer.write(lastTerm.rawValue)
        writer.write(lastTime.milliseconds)
        configuration.encode(into: &writer)
    }

    public init(from reader: inout ByteReader) throws(MalformedBytes) {
        lastIndex = LogIndex(try reader.readUInt64())
        lastTerm = Term(try reader.readUInt64())
        lastTime = Timestamp(milliseconds: try reader.readInt64())
        configuration = try Configuration(from: &reader)
    }
}
