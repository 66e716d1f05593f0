import Basics
import Glibc
import Linux

/// A TCP connection to the loopback that sends any bytes, blocking, with a deadline.
final class Connection {
    /// The other side is gone: it refused, reset or closed before what was waited for.
    struct Lost: Error, CustomStringConvertible {
        var reason: String
        var description: String { "connection lost: \(reason)" }
    }

    private let socket: StreamSocket
    private let deadline: Deadline

    /// Everything on the connection must have happened within `duration`.
    init(port: UInt16, within duration: Duration = .seconds(20)) throws {
        deadline = .after(duration)
        do throws(SystemError) {
            socket = try StreamSocket.connect(to: .loopback(port: port))
        } catch {
            throw Lost(reason: "\(error)")
        }
        try wait(for: POLLOUT)
        do throws(SystemError) {
            try socket.connectionOutcome()
        } catch {
            throw Lost(reason: "\(error)")
        }
    }

    func send(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            let transfer = try losing {
                bytes.withUnsafeBytes { raw -> Result<Transfer, SystemError> in
                    let rest = UnsafeRawBufferPointer(rebasing: raw[done...])
                    do throws(SystemError) {
                        return .success(try socket.write(rest))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            if case .bytes(let count) = transfer { done += count } else { try wait(for: POLLOUT) }
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// What has arrived, at least a byte; nil once the other side has sent all it will.
    func receive() throws -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let transfer = try losing {
                chunk.withUnsafeMutableBytes { raw -> Result<Transfer, SystemError> in
                    do throws(SystemError) {
                        return .success(try socket.read(into: raw))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            switch transfer {
            case .bytes(let count): return Array(chunk[..<count])
            case .end: return nil
            case .wouldBlock: try wait(for: POLLIN)
            }
        }
    }

    /// Reads until the other side closes or resets; what it sent by then.
    func receiveAll() throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            do {
                guard let some = try receive() else { return all }
                all += some
            } catch is Lost {
                return all
            }
        }
    }

    func finishWriting() { socket.finishWriting() }

    private func losing(_ body: () -> Result<Transfer, SystemError>) throws -> Transfer {
        switch body() {
        case .success(let transfer): return transfer
        case .failure(let error): throw Lost(reason: "\(error)")
        }
    }

    private func wait(for events: Int32) throws {
        var watched = pollfd(fd: socket.descriptor.number, events: Int16(events), revents: 0)
        guard poll(&watched, 1, deadline.milliseconds) > 0 else {
            throw TimedOut(what: "a connection")
        }
    }
}
