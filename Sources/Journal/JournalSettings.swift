/// The journal's limits.
public struct JournalSettings: Hashable, Sendable {
    /// The size of a segment file in bytes: what compaction frees at once, and the room kept
    /// ahead.
    public var segmentBytes = 16 << 20
    /// The longest payload of a record, in bytes.
    public var maximumPayloadBytes = 2 << 20

    public init() {}

    public init(segmentBytes: Int, maximumPayloadBytes: Int) {
        self.segmentBytes = segmentBytes
        self.maximumPayloadBytes = maximumPayloadBytes
    }

    /// Throws unless a segment is a whole number of pages and takes a record of any allowed size.
    public func validate(for geometry: Geometry = .disk) throws(InvalidJournalSettings) {
        guard maximumPayloadBytes > 0, maximumPayloadBytes <= 1 << 30 else {
            throw InvalidJournalSettings("maximumPayloadBytes must be from 1 to 2^30")
        }
        guard segmentBytes <= 1 << 31, segmentBytes % geometry.pageBytes == 0 else {
            throw InvalidJournalSettings(
                "segmentBytes must be a multiple of \(geometry.pageBytes), 2 GiB at most")
        }
        guard BatchLayout.largest(for: maximumPayloadBytes, in: geometry) <= segmentBytes else {
            throw InvalidJournalSettings(
                "segmentBytes must exceed maximumPayloadBytes by two pages at least")
        }
    }
}

/// A setting that can't be, in words that name it.
public struct InvalidJournalSettings: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}
