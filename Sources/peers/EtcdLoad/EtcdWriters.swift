import Basics
import Foundation
import Linux

/// Somebody who puts through each node every 10 ms, whatever became of the put before: one that is
/// lost with a leader is answered after seconds only, and nobody should wait for it.
final class EtcdWriters {
    private static let beat = Basics.Duration.milliseconds(10)
    /// Before a node that didn't answer is tried again.
    private static let rest = Basics.Duration.milliseconds(2)
    /// More that are on their way tell nothing.
    private static let mostUnderway = 1_000
    /// A shorter time without a success is no outage: a slow disk makes it, too.
    private static let shortestOutage = Basics.Duration.milliseconds(50)

    private struct Writer {
        var address: SocketAddress
        var connection: EtcdConnection?
        var due = Instant.zero
    }

    private var writers: [Writer]
    private let poller: Poller
    private let signals: SignalQueue
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    private var report = FailoverReport(writes: 0, outages: [])
    private var lastSuccess: Instant?

    init(_ line: EtcdLoadLine) throws {
        // Before the first write: whoever interrupts wants the report.
        signals = try SignalQueue([.interrupt])
        writers = try EtcdLoad.addresses(of: line).map { Writer(address: $0) }
        poller = try Poller(batch: writers.count)
    }

    deinit { buffer.deallocate() }

    /// Until it is interrupted.
    func watch() -> FailoverReport {
        while signals.next() == nil {
            for number in writers.indices { write(number, Clocks.now()) }
            for index in 0..<poller.wait(.milliseconds(2)) {
                read(Int(poller.readiness(at: index).token), Clocks.now())
            }
        }
        return report
    }

    private func write(_ number: Int, _ now: Instant) {
        guard now >= writers[number].due else { return }
        do {
            let connection = try writers[number].connection ?? open(number)
            writers[number].connection = connection
            if connection.conversation.count < Self.mostUnderway {
                connection.conversation.ask(now)
            }
            writers[number].due = now + Self.beat
            // A connection that isn't made yet takes it at a later beat.
            _ = try connection.flush()
        } catch {
            giveUp(number, now)
        }
    }

    private func open(_ number: Int) throws -> EtcdConnection {
        let address = writers[number].address
        let connection = try EtcdConnection(to: address, .put)
        try poller.add(connection.socket.descriptor, .read, token: UInt64(number))
        return connection
    }

    private func read(_ number: Int, _ now: Instant) {
        guard let connection = writers[number].connection else { return }
        var answers: [EtcdConversation.Answer] = []
        do {
            try connection.receive(buffer, &answers)
            _ = try connection.flush()
        } catch {
            giveUp(number, now)
        }
        let successes = answers.filter(\.isSuccess).count
        if successes > 0 { note(successes, now) }
    }

    private func giveUp(_ number: Int, _ now: Instant) {
        writers[number].connection = nil
        writers[number].due = now + Self.rest
    }

    private func note(_ successes: Int, _ now: Instant) {
        report.writes += successes
        defer { lastSuccess = now }
        guard let lastSuccess, now - lastSuccess >= Self.shortestOutage else { return }
        let length = (now - lastSuccess).milliseconds
        report.outages.append(
            FailoverReport.Outage(
                beganAtMs: Double(Clocks.wall().milliseconds - length),
                withoutWritesMs: Double(length), nodes: []))
    }
}
