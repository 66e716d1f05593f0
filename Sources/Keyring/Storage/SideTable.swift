/// What only some of the records of a table have, in places of their own: number 0 is none. A copy
/// shares everything, and a change after it copies one chunk.
///
/// Which number a row gets is no part of the replicated state: only the row itself is encoded.
///
/// Law: every number that was given out is named once, by a record or among the free.
struct SideTable<Row: Sendable>: Sendable {
    private static var chunkSize: Int { 128 }

    private var chunks: [[Row]] = []
    private var free = ChunkedQueue<UInt32>()
    /// Numbers ever given out, the free ones included.
    private(set) var placed = 0

    /// Rows in use.
    var count: Int { placed - free.count }

    /// Requires a row in use; of number 0, or one never given out, the chunks know nothing.
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

    /// Frees a number. The row's value stays until it is used again. Requires a row in use: whether
    /// it is free already only ``isNamed(by:)`` sees, which looks through all that are.
    mutating func remove(_ number: UInt32) {
        precondition(number > 0 && number <= placed, "a row that isn't there is freed")
        precondition(count > 0, "more rows are freed than there are")
        free.append(number)
    }

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

    /// Whether each row in use is named once and nothing else is.
    func isNamed(by numbers: [UInt32]) -> Bool {
        var isSeen = [Bool](repeating: false, count: placed + 1)
        func see(_ number: UInt32) -> Bool {
            guard number > 0, number <= placed, !isSeen[Int(number)] else { return false }
            isSeen[Int(number)] = true
            return true
        }
        return numbers.count == count && numbers.allSatisfy(see)
            && (0..<free.count).allSatisfy { see(free[$0]) }
    }
}
