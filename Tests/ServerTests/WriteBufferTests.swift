import Linux
import Testing

@testable import Server

struct WriteBufferTests {
    private static func wait(_ descriptor: borrowing Descriptor, _ interest: Interest) throws {
        let poller = try Poller(batch: 1)
        try poller.add(descriptor, interest, token: 0)
        #expect(poller.wait(.seconds(10)) == 1)
    }

    /// A buffer, the socket that it goes into, and who reads at the other end: each byte follows
    /// from its place.
    private struct Line: ~Copyable {
        static let portion = 32 << 10
        private static let pattern = (0..<portion + 251).map { UInt8($0 % 251) }

        private let near: StreamSocket
        private let far: StreamSocket
        private var buffer = WriteBuffer()
        private(set) var put = 0
        private(set) var taken = 0

        init() throws {
            let listener = try ListeningSocket(at: .loopback())
            let dialled = try StreamSocket.connect(to: listener.address)
            try WriteBufferTests.wait(dialled.descriptor, .write)
            try dialled.connectionOutcome()
            try WriteBufferTests.wait(listener.descriptor, .read)
            guard let accepted = try listener.accept() else { fatalError("nothing to accept") }
            near = dialled
            far = accepted
        }

        var count: Int { buffer.count }
        var capacity: Int { buffer.capacity }

        mutating func append() {
            let start = put % 251
            buffer.append(Array(Self.pattern[start..<start + Self.portion]))
            put += Self.portion
        }

        mutating func flush() throws -> Bool { try buffer.flush(into: near) }

        /// Reads as much as was appended at once, or less; false if it isn't what was.
        mutating func read() throws -> Bool {
            try WriteBufferTests.wait(far.descriptor, .read)
            var bytes = [UInt8](repeating: 0, count: Self.portion)
            let transfer = bytes.withUnsafeMutableBytes { try? far.read(into: $0) }
            guard case .bytes(let some) = transfer else { return false }
            let start = taken % 251
            taken += some
            return bytes[..<some] == Self.pattern[start..<start + some]
        }
    }

    @Test func whatNeverGetsEmptyDoesNotGrow() throws {
        var line = try Line()
        var areRight = true
        // A client that reads as slowly as answers come. For a while the kernel takes more.
        var lastEmpty = 0
        while line.put < lastEmpty + (8 << 20) {
            while line.count < FrontLimits.queuedBytes { line.append() }
            if try line.flush() { lastEmpty = line.put }
            areRight = try line.read() && areRight
            #expect(line.capacity <= 4 * FrontLimits.queuedBytes)
        }
        while line.taken < line.put {
            _ = try line.flush()
            areRight = try line.read() && areRight
        }
        #expect(areRight && line.count == 0)
    }
}
