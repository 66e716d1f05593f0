import Replica
import Testing

@testable import Server

struct FrontTicketTests {
    @Test(arguments: [(0, 0, 0), (255, 0xFF_FFFF, UInt32.max), (3, 70_000, 9)])
    func aTicketComesBackAsItWas(front: Int, place: Int, number: UInt32) {
        let ticket = FrontTicket(front: front, place: place, number: number)
        #expect(FrontTicket(ticket.ticket) == ticket)
        #expect(FrontTicket(ticket.ticket).front == front)
        #expect(FrontTicket(ticket.ticket).place == place)
        #expect(FrontTicket(ticket.ticket).number == number)
    }
}
