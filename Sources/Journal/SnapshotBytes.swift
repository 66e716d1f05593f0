import Basics

/// A snapshot file that lies on a disk, read piece by piece: it may be larger than the memory that
/// is to be had for it.
public protocol SnapshotBytes: Sendable {
    var name: String { get }

    /// The bytes from `offset` on, as many as are read at once; none at the end.
    func piece(from offset: Int) throws(UnreadableBytes) -> ArraySlice<UInt8>
}

/// The disk didn't give the bytes of a file.
public struct UnreadableBytes: Error, Hashable, Sendable {
    /// In words for a log line.
    public var reason: String

    public init(_ reason: String) { self.reason = reason }
}

extension StoredFile: SnapshotBytes {
    public func piece(from offset: Int) -> ArraySlice<UInt8> { bytes[offset...] }
}

/// What the state of a snapshot is made into while the file is still being checked.
public protocol SnapshotContents: Sendable {
    init()

    /// Takes the next chunk of the state, whose checksum holds. That of the file may not: then this
    /// value is dropped, whatever was made of it.
    mutating func take(_ chunk: ArraySlice<UInt8>)
}

/// Nothing is made of it: the file is only checked.
struct NoContents: SnapshotContents {
    mutating func take(_ chunk: ArraySlice<UInt8>) {}
}
