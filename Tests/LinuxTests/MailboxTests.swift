import Basics
import Testing

@testable import Linux

struct MailboxTests {
    @Test func lettersArriveInOrderAsOneBatch() throws {
        let mailbox = try Mailbox<Int>()
        mailbox.send(1)
        mailbox.send(2)
        var more = [3, 4]
        mailbox.send(contentsOf: &more)
        #expect(more.isEmpty)
        var received: [Int] = []
        mailbox.receive(into: &received)
        #expect(received == [1, 2, 3, 4])
        received.removeAll()
        mailbox.receive(into: &received)
        #expect(received.isEmpty)
    }

    @Test func aBatchSignalsOnceAndTheNextOneAgain() throws {
        let mailbox = try Mailbox<Int>()
        var none: [Int] = []
        mailbox.send(contentsOf: &none)
        #expect(mailbox.wakeup.reset() == false)
        mailbox.send(1)
        #expect(mailbox.wakeup.reset() == true)
        mailbox.send(2)
        #expect(mailbox.wakeup.reset() == false)
        var received: [Int] = []
        mailbox.receive(into: &received)
        #expect(received == [1, 2])
        mailbox.send(3)
        #expect(mailbox.wakeup.reset() == true)
    }

    @Test func memoryGoesBackAndForth() throws {
        let mailbox = try Mailbox<Int>()
        var received: [Int] = []
        received.reserveCapacity(100)
        let address = received.withUnsafeBufferPointer { $0.baseAddress }
        mailbox.receive(into: &received)
        for letter in 0..<100 { mailbox.send(letter) }
        mailbox.receive(into: &received)
        #expect(received == Array(0..<100))
        #expect(received.withUnsafeBufferPointer { $0.baseAddress } == address)
    }

    @Test func nothingIsLostBetweenManySendersAndOneReceiver() throws {
        let mailbox = try Mailbox<Int>()
        let senders = 4
        let each = 5_000
        let threads = try (0..<senders).map { sender in
            try Thread(name: "sender-\(sender)") {
                var batch: [Int] = []
                for number in 0..<each {
                    if number % 3 == 0 {
                        batch.append(sender * each + number)
                        mailbox.send(contentsOf: &batch)
                    } else {
                        mailbox.send(sender * each + number)
                    }
                }
            }
        }
        var next = (0..<senders).map { $0 * each }
        var count = 0
        var received: [Int] = []
        while count < senders * each {
            mailbox.wait(into: &received)
            for letter in received {
                #expect(letter == next[letter / each])
                next[letter / each] = letter + 1
            }
            count += received.count
            received.removeAll(keepingCapacity: true)
        }
        for thread in threads { thread.join() }
        #expect(count == senders * each)
    }
}
