/// How a `SlotTable` keeps its records. A copy shares them, and a change after it copies a part of
/// bounded size.
protocol RecordShelf<Record>: Sendable {
    associatedtype Record

    init()

    /// Places, empty ones included.
    var count: Int { get }

    /// What is at a place, nil if that is empty. Requires a place that is there.
    subscript(number: Int) -> Record? { get set }

    /// Requires a place that is there.
    func isEmpty(_ number: Int) -> Bool

    /// The next place.
    mutating func append(_ record: Record?)
}

/// Records as they are, in chunks of arrays.
struct ArrayShelf<Record: Sendable>: RecordShelf {
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
