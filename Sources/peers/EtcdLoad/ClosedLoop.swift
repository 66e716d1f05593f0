import Basics
import Foundation
import Linux

/// Clients that each send a request when they have the answer to the last.
///
/// They share connections, as those of etcd's own benchmark do; no more than a hundred, as its
/// documentation has it.
final class ClosedLoop {
    private static let mostConnections = 100

    private let line: EtcdLoadLine
    private let connections: [EtcdConnection]
    private let poller: Poller
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)

    init(_ line: EtcdLoadLine) throws {
        self.line = line
        let addresses = try EtcdLoad.addresses(of: line)
        if line.work == .get { try Self.putKey(addresses[0]) }
        connections = try (0..<min(line.clients, Self.mostConnections)).map { number in
            let address = addresses[number % addresses.count]
            return try EtcdConnection(to: address, line.work)
        }
        poller = try Poller(batch: connections.count)
    }

    /// What is read later.
    private static func putKey(_ address: SocketAddress) throws {
        let connection = try EtcdConnection(to: address, .put)
        let poller = try Poller(batch: 1)
        try poller.add(connection.socket.descriptor, .write, token: 0)
        connection.conversation.ask(Clocks.now())
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 14, alignment: 16)
        defer { buffer.deallocate() }
        var answers: [EtcdConversation.Answer] = []
        while answers.isEmpty {
            guard poller.wait(.seconds(5)) > 0 else { throw Trouble("etcd doesn't answer") }
            if poller.readiness(at: 0).readable {
                try connection.receive(buffer, &answers)
            }
            _ = try connection.flush()
            poller.change(connection.socket.descriptor, .read, token: 0)
        }
        guard answers[0].isSuccess else { throw Trouble("etcd took no key") }
    }

    deinit { buffer.deallocate() }

    func measure() throws -> EtcdLoadReport {
        for (number, connection) in connections.enumerated() {
            try poller.add(
                connection.socket.descriptor, [.read, .write], token: UInt64(number))
            let clients = stride(from: number, to: line.clients, by: connections.count)
            for _ in clients { connection.conversation.ask(Clocks.now()) }
        }
        var count = Count(
            begin: Clocks.now() + .seconds(Int64(line.warmUp)), seconds: line.seconds)
        while true {
            for index in 0..<poller.wait(.milliseconds(100)) {
                try serve(poller.readiness(at: index), &count)
            }
            guard count.goesOn(at: Clocks.now()) else { return count.report }
        }
    }

    private func serve(_ readiness: Readiness, _ count: inout Count) throws {
        let connection = connections[Int(readiness.token)]
        if readiness.readable || readiness.failed {
            count.answers.removeAll(keepingCapacity: true)
            try connection.receive(buffer, &count.answers)
            let now = Clocks.now()
            count.take(now)
            for _ in count.answers { connection.conversation.ask(now) }
        }
        let isWaiting = try !connection.flush()
        guard isWaiting != connection.watchesWriting else { return }
        connection.watchesWriting = isWaiting
        poller.change(
            connection.socket.descriptor, isWaiting ? [.read, .write] : .read,
            token: readiness.token)
    }
}

extension ClosedLoop {
    /// What was answered in the time that is measured.
    private struct Count {
        let begin: Instant
        let seconds: Int
        /// What the last reading brought; kept for its room.
        var answers: [EtcdConversation.Answer] = []
        private var latencies: [Int64] = []
        private var errors = 0
        /// Of the processor, by `begin` and by the end.
        private var usedBefore: Double?

        init(begin: Instant, seconds: Int) {
            self.begin = begin
            self.seconds = seconds
            latencies.reserveCapacity(1 << 20)
        }

        private var end: Instant { begin + .seconds(Int64(seconds)) }

        mutating func take(_ now: Instant) {
            guard now <= end else { return }
            for answer in answers where answer.began >= begin {
                if answer.isSuccess {
                    latencies.append((now - answer.began).nanoseconds)
                } else {
                    errors += 1
                }
            }
        }

        mutating func goesOn(at now: Instant) -> Bool {
            if usedBefore == nil, now >= begin { usedBefore = EtcdLoad.processorSeconds }
            return now < end
        }

        var report: EtcdLoadReport {
            let used = EtcdLoad.processorSeconds - (usedBefore ?? 0)
            let ordered = latencies.sorted()
            func percentile(_ share: Double) -> Double? {
                guard !ordered.isEmpty else { return nil }
                let place = min(ordered.count - 1, Int(share * Double(ordered.count)))
                return Double(ordered[place] / 1_000)
            }
            return EtcdLoadReport(
                answers: ordered.count, perSecond: Double(ordered.count) / Double(seconds),
                p50Us: percentile(0.5), p99Us: percentile(0.99), errors: errors,
                loaderCpu: used / Double(seconds))
        }
    }
}
