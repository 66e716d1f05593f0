import Basics

/// How a `SlotTable` keeps its records. A copy shares them, and a change after it copies a part of
/// bounded size.
protocol RecordShelf<Record>: Sendable {
    associatedtype Record: ChainedRecord

    init()

    /// Places, empty ones included.
    var count: Int { get }

    /// What is at a place, nil if that is empty. Requires a place that is there.
    subscript(number: Int) -> Record? { get set }

    /// Requires a place that is there.
    func isEmpty(_ number: Int) -> Bool

    /// The next place.
    mutating func append(_ record: Record?)

    /// What a walk along its chain needs of a record; nil if the place is empty. Requires a place
    /// that is there.
    func link(_ number: Int) -> ChainLink<Record>?

    /// Changes a record's neighbours in its chain; nil leaves one as it is. Requires a record.
    mutating func relink(_ number: Int, previous: Slot<Record>?, next: Slot<Record>?)

    /// What `Optional<Record>` would write of a place. Requires a place that is there.
    func encode(_ number: Int, into writer: inout ByteWriter)

    /// Reads the next place: an `Optional<Record>`.
    mutating func load(from reader: inout ByteReader) throws(MalformedBytes)
}

extension RecordShelf {
    func link(_ number: Int) -> ChainLink<Record>? { self[number].map { ChainLink($0) } }

    mutating func relink(_ number: Int, previous: Slot<Record>?, next: Slot<Record>?) {
        precondition(!isEmpty(number), "an empty slot is in a chain")
        if let previous { self[number]!.previous = previous }
        if let next { self[number]!.next = next }
    }

    func encode(_ number: Int, into writer: inout ByteWriter) { writer.put(self[number]) }

    mutating func load(from reader: inout ByteReader) throws(MalformedBytes) {
        append(try reader.get())
    }
}

/// Records as they are, in chunks of arrays.
struct ArrayShelf<Record: ChainedRecord>: RecordShelf {
    private static var chunkSize: Int { 128 }

    private var chunks: [[Record?]] = []
    private(set) var count = 0

    init() {}

    subscript(number: Int) -> Record? {
        @inline(__always)
        get { chunks[number / Self.chunkSize][number % Self.chunkSize] }
        @inline(__always)
        _modify { yield &chunks[number / Self.chunkSize][number % Self.chunkSize] }
    }

    func isEmpty(_ number: Int) -> Bool { self[number] == nil }

    mutating func append(_ record: Record?) {
        if count == chunks.count * Self.chunkSize {
            var chunk: [Record?] = []
            chunk.reserveCapacity(Self.chunkSize)
            chunks.append(chunk)
        }
        chunks[chunks.count - 1].append(record)
        count += 1
    }
}
