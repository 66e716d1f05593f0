import Replica

/// A front thread's mark on a request it handed to the node: which thread, which of its
/// connections, and which request of that place's.
///
/// A place is used again by other connections, but its count of requests goes on: a late reply to
/// a connection that is gone finds no request of its number.
struct FrontTicket: Hashable, Sendable {
    /// Which front thread; below 256.
    var front: Int
    /// The place of the connection in that thread's table; below 2^24.
    var place: Int
    /// The request's number at that place, wrapping.
    var number: UInt32

    static let fronts = 1 << 8
    static let places = 1 << 24

    init(front: Int, place: Int, number: UInt32) {
        precondition(front < FrontTicket.fronts && place < FrontTicket.places, "ticket too wide")
        self.front = front
        self.place = place
        self.number = number
    }

    init(_ ticket: RequestTicket) {
        front = Int(ticket.rawValue >> 56)
        place = Int(ticket.rawValue >> 32 & 0xFF_FFFF)
        number = UInt32(truncatingIfNeeded: ticket.rawValue)
    }

    var ticket: RequestTicket {
        RequestTicket(UInt64(front) << 56 | UInt64(place) << 32 | UInt64(number))
    }
}

/// What the replica thread and the daemon tell a front thread.
enum FrontLetter: Sendable {
    case reply(RequestTicket, ClientReply)
    /// From the snapshot thread.
    case backup(RequestTicket, BackupReply)
    /// Accept nothing more, answer what was asked, close, and end.
    case drain
}
