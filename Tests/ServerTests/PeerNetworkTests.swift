import Basics
import Linux
import Replica
import Testing

@testable import Server

/// What a network told its node, in short.
private func text(_ input: NodeInput) -> String {
    switch input {
    case .linkDialed(_, let peer): "dialed \(peer)"
    case .dialFailed(let peer): "failed \(peer)"
    case .linkAccepted: "accepted"
    case .bytesReceived(_, let bytes): "bytes \(bytes.count)"
    case .linkClosed: "closed"
    default: "other"
    }
}

struct PeerNetworkTests {
    /// One side: its network, and what it told.
    final class Side {
        let mailbox: Mailbox<ReplicaLetter>
        let network: PeerNetwork
        var told: [NodeInput] = []

        init() throws {
            mailbox = try Mailbox()
            network = try PeerNetwork(
                listener: try ListeningSocket(at: .loopback()), mailbox: mailbox,
                log: Log(node: NodeID(1), threshold: .error))
        }

        /// Turns until `isDone`; each wait is ended by something that happens.
        func turn(until isDone: ([NodeInput]) -> Bool) {
            let limit = Clocks.now() + .seconds(20)
            while !isDone(told), Clocks.now() < limit {
                _ = network.wait(.milliseconds(20)) { told.append($0) }
                network.checkDeadlines(Clocks.now()) { told.append($0) }
                network.flush { told.append($0) }
            }
        }

        var link: LinkID? {
            for input in told {
                switch input {
                case .linkDialed(let link, _), .linkAccepted(let link): return link
                default: continue
                }
            }
            return nil
        }

        func received() -> [UInt8] {
            told.flatMap { input -> [UInt8] in
                if case .bytesReceived(_, let bytes) = input { bytes } else { [] }
            }
        }
    }

    private func connected() throws -> (Side, Side) {
        let near = try Side()
        let far = try Side()
        near.network.dial(NodeID(2), [far.network.address]) { near.told.append($0) }
        near.turn { !$0.isEmpty }
        far.turn { !$0.isEmpty }
        #expect(near.told.map(text) == ["dialed n2"])
        #expect(far.told.map(text) == ["accepted"])
        return (near, far)
    }

    @Test func bytesArriveInOrderHoweverManyTheyAre() throws {
        let (near, far) = try connected()
        let link = try #require(near.link)
        let sent = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 * 31 >> 3) }
        for start in stride(from: 0, to: sent.count, by: 700_000) {
            near.network.send(Array(sent[start..<min(start + 700_000, sent.count)]), on: link)
        }
        near.network.flush { near.told.append($0) }
        let limit = Clocks.now() + .seconds(20)
        var count = 0
        while count < sent.count, Clocks.now() < limit {
            _ = far.network.wait(.zero) {
                if case .bytesReceived(_, let bytes) = $0 { count += bytes.count }
                far.told.append($0)
            }
            _ = near.network.wait(.zero) { near.told.append($0) }
        }
        #expect(far.received() == sent)
        #expect(near.told.count == 1)
    }

    @Test func theOtherSideHearsOfAClosedLinkAndThisOneDoesNot() throws {
        let (near, far) = try connected()
        near.network.close(try #require(near.link))
        far.turn { $0.count == 2 }
        #expect(far.told.map(text) == ["accepted", "closed"])
        _ = near.network.wait(.zero) { near.told.append($0) }
        #expect(near.told.count == 1)
        // What is sent on a link that is gone is dropped.
        far.network.send([1], on: try #require(far.link))
        far.network.flush { far.told.append($0) }
        #expect(far.told.count == 2)
    }

    @Test func aDialThatFailsIsReportedOnce() throws {
        let side = try Side()
        let nowhere = try ListeningSocket(at: .loopback()).address
        side.network.dial(NodeID(3), [nowhere]) { side.told.append($0) }
        side.turn { !$0.isEmpty }
        #expect(side.told.map(text) == ["failed n3"])
        side.network.dial(NodeID(4), []) { side.told.append($0) }
        #expect(side.told.map(text) == ["failed n3", "failed n4"])
        #expect(side.network.nextDeadline == .never)
    }

    @Test func aLetterEndsTheWait() throws {
        let side = try Side()
        #expect(side.network.wait(.zero) { _ in } == false)
        side.mailbox.send(.end)
        #expect(side.network.wait(nil) { _ in } == true)
        #expect(side.told.isEmpty)
    }
}
