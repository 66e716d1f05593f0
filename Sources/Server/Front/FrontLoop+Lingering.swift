import Basics
import HTTP
import Linux

/// The end of connections. One that was refused while its client was still sending can't just be
/// closed: what arrives at a closed socket is answered by a reset, and that may throw away the
/// refusal before the client has read it (RFC 9112, 9.6). So the answer's end is said first, and
/// what still comes is read and dropped until the client closes, for a while and for so many
/// bytes.
extension FrontLoop {
    /// Ends a connection on which everything is answered and written.
    mutating func end(_ connection: FrontConnection) {
        // Who has said that nothing more follows can't be reset by what follows.
        let mayBeSending = connection.isRefused && !connection.hasEnded
        guard mayBeSending, !isDraining else { return close(connection) }
        connection.socket.finishWriting()
        connection.stage = .lingering
        connection.input.removeAll()
        connection.deadline = now + services.settings.lingerDeadline
        watch(connection)
    }

    /// Reads one buffer of what nobody wants. Not more at a time: others wait for the thread.
    mutating func drop(_ connection: FrontConnection) {
        do throws(SystemError) {
            let room = connection.input.room(upTo: ReadBuffer.usualCapacity)
            switch try connection.socket.read(into: room) {
            case .bytes(let count):
                connection.droppedBytes += count
                if connection.droppedBytes >= FrontLimits.lingeringBytes { close(connection) }
            case .wouldBlock: break
            case .end: close(connection)
            }
        } catch {
            close(connection)
        }
    }

    /// Tells a client that there are too many. It isn't counted among them, and lingers for its
    /// answer only beside a few others: a crowd that is turned away must not become one that is
    /// let in.
    mutating func turnAway(_ socket: consuming StreamSocket) throws(SystemError) {
        metrics.refused.add()
        scratch.removeAll()
        metrics.note(router.refuse(ProblemDetails(.overloaded), date: date, to: &scratch))
        guard turnedAway < FrontLimits.turnedAwayConnections else {
            var answer = WriteBuffer()
            answer.append(scratch.bytes)
            _ = try? answer.flush(into: socket)
            return
        }
        let connection = connections.insert(
            socket, deadline: now + services.settings.lingerDeadline)
        turnedAway += 1
        connection.isTurnedAway = true
        connection.isRefused = true
        connection.stage = .finishing
        connection.output.append(scratch.bytes)
        try enroll(connection)
        flush(connection)
    }
}
