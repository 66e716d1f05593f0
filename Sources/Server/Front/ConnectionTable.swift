import Basics
import Linux

/// The connections of one front thread, by place. Places are used again; the count of requests at
/// a place goes on, so that a late reply finds no later connection's request.
struct ConnectionTable {
    private var slots: [FrontConnection?] = []
    private var free: [Int] = []
    /// The number that the next connection at a place begins with.
    private var nextNumbers: [UInt32] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    subscript(place: Int) -> FrontConnection? { place < slots.count ? slots[place] : nil }

    /// True unless the connection has been removed.
    func holds(_ connection: FrontConnection) -> Bool { self[connection.place] === connection }

    mutating func insert(
        _ socket: consuming StreamSocket, deadline: Instant
    ) -> FrontConnection {
        if free.isEmpty {
            free.append(slots.count)
            slots.append(nil)
            nextNumbers.append(0)
        }
        let place = free.removeLast()
        let connection = FrontConnection(
            place: place, socket: socket, firstNumber: nextNumbers[place], deadline: deadline)
        slots[place] = connection
        count += 1
        return connection
    }

    /// The socket closes when the last reference to the connection goes.
    mutating func remove(_ connection: FrontConnection) {
        precondition(holds(connection), "removed twice")
        nextNumbers[connection.place] = connection.nextNumber
        slots[connection.place] = nil
        free.append(connection.place)
        count -= 1
    }

    /// Every place there is, taken or not: iterating over numbers lets connections go meanwhile.
    var places: Range<Int> { 0..<slots.count }
}
