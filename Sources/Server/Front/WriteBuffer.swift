import Basics
import HTTP
import Linux

/// Answers on their way to a client. Its memory is kept from one request to the next, so that
/// writing an answer allocates nothing.
struct WriteBuffer: ~Copyable {
    private var bytes = ByteBuffer(capacity: 2048)
    private var start = 0

    /// Kept when empty; what a large listing took is given back.
    private static let keptCapacity = 32 << 10

    var count: Int { bytes.count - start }
    var capacity: Int { bytes.capacity }
    var isEmpty: Bool { start == bytes.count }

    mutating func append(_ more: [UInt8]) { more.withUnsafeBytes { bytes.append(raw: $0) } }
    mutating func append(_ answers: borrowing ResponseWriter) { answers.append(to: &bytes) }

    /// Writes until nothing is left or the kernel takes no more; true if nothing is left.
    mutating func flush(into socket: borrowing StreamSocket) throws(SystemError) -> Bool {
        while !isEmpty {
            let rest = UnsafeRawBufferPointer(rebasing: bytes.bytes[start...])
            guard case .bytes(let written) = try socket.write(rest) else {
                compact()
                return false
            }
            start += written
        }
        start = 0
        bytes.removeAll(keepingAtMost: WriteBuffer.keptCapacity)
        return true
    }

    /// Moves what is left to the front once that is the smaller part: a client that is always
    /// slow never lets it get empty, and it must not grow by all that was ever written.
    private mutating func compact() {
        guard start > bytes.count / 2 else { return }
        bytes.removeFirst(start)
        start = 0
    }
}
