/// What only some of the records of a table have, in places of their own: number 0 is none. A copy
/// shares everything, and a change after it copies one chunk.
///
/// Which number a row gets is no part of the replicated state: only the row itself is encoded.
struct SideTable<Row: Sendable>: Sendable {
    private static var chunkSize: Int { 128 }

    private var chunks: [[Row]] = []
    private var free = ChunkedQueue<UInt32>()
    private var placed = 0

    /// Rows in use.
    var count: Int { placed - free.count }

    subscript(number: UInt32) -> Row {
        @inline(__always)
        get {
            let place = Int(number) - 1
            return chunks[place / Self.chunkSize][place % Self.chunkSize]
        }
        @inline(__always)
        _modify {
            let place = Int(number) - 1
            yield &chunks[place / Self.chunkSize][place % Self.chunkSize]
        }
    }

    /// Gives the row's number.
    mutating func insert(_ row: Row) -> UInt32 {
        if let number = free.popFirst() {
            self[number] = row
            return number
        }
        if placed == chunks.count * Self.chunkSize {
            var chunk: [Row] = []
            chunk.reserveCapacity(Self.chunkSize)
            chunks.append(chunk)
        }
        chunks[chunks.count - 1].append(row)
        placed += 1
        return UInt32(placed)
    }

    /// Frees a number. The row's value stays until it is used again.
    mutating func remove(_ number: UInt32) { free.append(number) }

    /// The row of a number that changes, comes or goes: nil is no row and number 0.
    mutating func replace(_ number: UInt32, by row: Row?) -> UInt32 {
        guard let row else {
            if number != 0 { remove(number) }
            return 0
        }
        guard number != 0 else { return insert(row) }
        self[number] = row
        return number
    }
}
