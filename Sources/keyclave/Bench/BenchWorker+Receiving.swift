import Basics
import Linux

extension BenchWorker {
    mutating func serve(_ connection: BenchConnection, _ readiness: Readiness) {
        switch connection.life {
        case .resting: return
        case .connecting:
            do throws(SystemError) {
                try connection.link?.socket.connectionOutcome()
            } catch {
                return fail(connection, Clocks.now())
            }
            connection.life = .open
            connection.watchesWriting = true
            watch(connection, writing: false)
            if plan.rate == nil { fill(connection, Clocks.now()) }
        case .open:
            if readiness.readable || readiness.failed { read(connection) }
            if readiness.writable, case .open = connection.life { flush(connection) }
        }
    }

    private mutating func read(_ connection: BenchConnection) {
        let result = buffer.withUnsafeMutableBytes { try? connection.link?.socket.read(into: $0) }
        switch result {
        case .bytes(let count): take(count, connection)
        case .wouldBlock: return
        case .end, nil: fail(connection, Clocks.now())
        }
    }

    /// Takes the answers out of what was read, behind what had been left over.
    private mutating func take(_ count: Int, _ connection: BenchConnection) {
        if !connection.input.isEmpty {
            connection.input.append(contentsOf: buffer[..<count])
        }
        let now = Clocks.now()
        var position = 0
        while true {
            let found =
                connection.input.isEmpty
                ? buffer.withUnsafeBytes {
                    Self.next(in: .init(rebasing: $0[..<count]), from: position, plan, connection)
                }
                : connection.input.withUnsafeBytes {
                    Self.next(in: $0, from: position, plan, connection)
                }
            switch found.scanned {
            case .unreadable: return fail(connection, now)
            case .incomplete:
                keepRest(from: position, count, connection)
                if plan.rate == nil { fill(connection, now) }
                return
            case .answer(let status, let body):
                position = body.upperBound
                guard let asked = connection.underway.popFirst() else {
                    return fail(connection, now)
                }
                note(asked, status, found.granted, now, connection)
            }
        }
    }

    /// The next answer, and how much it grants of what the oldest request asked for.
    private static func next(
        in bytes: UnsafeRawBufferPointer, from position: Int, _ plan: BenchPlan,
        _ connection: BenchConnection
    ) -> (scanned: AnswerScanner.Found, granted: Int) {
        let found = AnswerScanner.next(in: bytes, from: position)
        guard case .answer(let status, let body) = found,
            let asked = connection.underway.first
        else { return (found, 0) }
        let granted = AnswerScanner.granted(
            asked.deed, batch: plan.batch, status: status,
            body: UnsafeRawBufferPointer(rebasing: bytes[body]))
        return (found, granted)
    }

    private func keepRest(from position: Int, _ count: Int, _ connection: BenchConnection) {
        if connection.input.isEmpty {
            connection.input.append(contentsOf: buffer[position..<count])
        } else {
            connection.input.removeFirst(position)
        }
    }
}
