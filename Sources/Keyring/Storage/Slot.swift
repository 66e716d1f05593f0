import Basics

/// The place of a record in its table. The type says which table, so that a user's slot can't be
/// looked up among the keys.
struct Slot<R>: Hashable, Sendable {
    var number: UInt32

    init(_ number: UInt32) { self.number = number }

    /// No record: the end of a chain.
    static var none: Slot { Slot(.max) }
    var isNone: Bool { number == .max }
}

/// What a `SlotTable` holds. Each record is in one chain: a key in its user's, a user in their
/// account's, and so on, in the order of creation.
protocol ChainedRecord: Coded, Sendable {
    /// How its table keeps it.
    associatedtype Shelf: RecordShelf<Self> = ArrayShelf<Self>
    var previous: Slot<Self> { get set }
    var next: Slot<Self> { get set }
    /// The log index of the creation: ascends along a chain.
    var createdAt: LogIndex { get }
    /// Its id as a number: ascends among the records of a chain that one entry has made.
    var serial: UInt64 { get }
}

/// What a walk along a chain needs of a record.
struct ChainLink<R: ChainedRecord> {
    var previous: Slot<R>
    var next: Slot<R>
    var createdAt: LogIndex
    var serial: UInt64
}

extension ChainLink {
    init(_ record: R) {
        previous = record.previous
        next = record.next
        createdAt = record.createdAt
        serial = record.serial
    }
}

/// The two ends of a doubly linked list through the records of a table.
struct Chain<R: ChainedRecord>: Hashable, Sendable {
    var first = Slot<R>.none
    var last = Slot<R>.none
    var count: UInt32 = 0
}

extension Slot: Coded {
    func encode(into writer: inout ByteWriter) { writer.write(number) }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        self.init(try reader.readUInt32())
    }
}

extension Chain: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(first)
        writer.put(last)
        writer.put(count)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        first = try reader.get()
        last = try reader.get()
        count = try reader.get()
    }
}
