import Basics

/// What a snapshot covers, known without reading its state.
public struct SnapshotDescription: Hashable, Sendable {
    /// The last entry applied to the state.
    public var last: JournalPosition
    /// Log time of that entry.
    public var lastTime: Timestamp
    /// The members at that entry; opaque here.
    public var configuration: [UInt8]

    public init(last: JournalPosition, lastTime: Timestamp, configuration: [UInt8]) {
        self.last = last
        self.lastTime = lastTime
        self.configuration = configuration
    }

    /// The last entry that the snapshot file of this name covers; nil if no snapshot is named so.
    public static func last(ofFileNamed name: String) -> JournalPosition? {
        SnapshotName(name)?.last
    }
}
