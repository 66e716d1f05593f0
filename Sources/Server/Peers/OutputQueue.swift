import Linux

/// Bytes on their way out of one socket: what the kernel doesn't take at once waits here.
struct OutputQueue {
    private var bytes: [UInt8] = []
    private var start = 0

    var count: Int { bytes.count - start }
    var isEmpty: Bool { start == bytes.count }

    mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

    /// Writes until nothing is left or the kernel takes no more; true if nothing is left.
    mutating func flush(into socket: borrowing StreamSocket) throws(SystemError) -> Bool {
        while !isEmpty {
            guard let written = try write(into: socket) else {
                compact()
                return false
            }
            start += written
        }
        bytes.removeAll(keepingCapacity: bytes.capacity <= OutputQueue.keptCapacity)
        start = 0
        return true
    }

    private static let keptCapacity = 1 << 20

    /// How much the kernel took, or nil for nothing now.
    private func write(into socket: borrowing StreamSocket) throws(SystemError) -> Int? {
        var trouble: SystemError?
        let transfer = bytes.withUnsafeBytes { raw -> Transfer in
            do throws(SystemError) {
                return try socket.write(UnsafeRawBufferPointer(rebasing: raw[start...]))
            } catch {
                trouble = error
                return .wouldBlock
            }
        }
        if let trouble { throw trouble }
        guard case .bytes(let count) = transfer else { return nil }
        return count
    }

    /// Moves what is left to the front once the front is mostly written.
    private mutating func compact() {
        guard start > bytes.count / 2 else { return }
        bytes.removeFirst(start)
        start = 0
    }
}
