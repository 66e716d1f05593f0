import Linux

/// The socket of one conversation with etcd.
final class EtcdConnection {
    let socket: StreamSocket
    var conversation: EtcdConversation
    /// Somebody waits until it may be written to: at first for the connection itself.
    var watchesWriting = true

    init(to address: SocketAddress, _ work: EtcdWork) throws(SystemError) {
        conversation = EtcdConversation(EtcdRequest(work, authority: address.description))
        socket = try StreamSocket.connect(to: address)
    }

    /// Writes what there is; true if all of it went.
    func flush() throws -> Bool {
        while !conversation.output.isEmpty {
            let result = try conversation.output.withUnsafeBytes { try socket.write($0) }
            guard case .bytes(let count) = result else { return false }
            conversation.drop(count)
        }
        return true
    }

    /// Reads what has come, and appends what was answered to `answers`.
    func receive(
        _ buffer: UnsafeMutableRawBufferPointer, _ answers: inout [EtcdConversation.Answer]
    ) throws {
        switch try socket.read(into: buffer) {
        case .wouldBlock: return
        case .end: throw Trouble("etcd closed a connection")
        case .bytes(let count):
            try conversation.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), &answers)
        }
    }
}
