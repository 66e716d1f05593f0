import Linux

/// Answers on their way to a client. Its memory is kept from one request to the next, so that
/// writing an answer allocates nothing.
struct WriteBuffer {
    private var bytes: [UInt8] = []
    private var start = 0

    /// Kept when empty; what a large listing took is given back.
    private static let keptCapacity = 32 << 10

    init() { bytes.reserveCapacity(2048) }

    var count: Int { bytes.count - start }
    var isEmpty: Bool { start == bytes.count }

    mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

    /// Writes until nothing is left or the kernel takes no more; true if nothing is left.
    mutating func flush(into socket: borrowing StreamSocket) throws(SystemError) -> Bool {
        while !isEmpty {
            var trouble: SystemError?
            var transfer = Transfer.wouldBlock
            bytes.withUnsafeBytes { raw in
                do throws(SystemError) {
                    transfer = try socket.write(UnsafeRawBufferPointer(rebasing: raw[start...]))
                } catch {
                    trouble = error
                }
            }
            if let trouble { throw trouble }
            guard case .bytes(let written) = transfer else { return false }
            start += written
        }
        start = 0
        bytes.removeAll(keepingCapacity: bytes.capacity <= WriteBuffer.keptCapacity)
        return true
    }
}
