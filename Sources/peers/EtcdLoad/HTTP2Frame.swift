/// The frames of HTTP/2, as far as a client of etcd needs them (RFC 9113, section 6).
enum HTTP2Frame {
    enum Kind: UInt8 {
        case data = 0
        case headers = 1
        case resetStream = 3
        case settings = 4
        case ping = 6
        case goAway = 7
        case windowUpdate = 8
    }

    static let headLength = 9
    static let endStream: UInt8 = 1
    static let acknowledgement: UInt8 = 1
    static let endHeaders: UInt8 = 4
    /// What a window begins with, and the most that it may be.
    static let firstWindow = 65_535
    static let largestWindow = Int(Int32.max)

    /// What a frame begins with.
    struct Head: Hashable {
        var length: Int
        /// The kind's number: kinds that aren't known here are passed over.
        var kind: UInt8
        var flags: UInt8
        var stream: UInt32

        /// Nil if it isn't whole.
        init?(_ bytes: UnsafeRawBufferPointer, at place: Int) {
            guard bytes.count - place >= HTTP2Frame.headLength else { return nil }
            length = Int(bytes[place]) << 16 | Int(bytes[place + 1]) << 8 | Int(bytes[place + 2])
            kind = bytes[place + 3]
            flags = bytes[place + 4]
            stream = HTTP2Frame.number(bytes, at: place + 5) & 0x7FFF_FFFF
        }
    }

    static func bytes(
        _ kind: Kind, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []
    ) -> [UInt8] {
        let length = UInt32(payload.count).bytes
        return length[1...] + [kind.rawValue, flags] + stream.bytes + payload
    }

    /// Four bytes of a payload.
    static func number(_ bytes: UnsafeRawBufferPointer, at place: Int) -> UInt32 {
        UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
    }

    /// What a client begins with: that it takes answers of any length without saying so again.
    static var preface: [UInt8] {
        let initialWindowSize: [UInt8] = [0, 4] + UInt32(largestWindow).bytes
        return Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
            + bytes(.settings, initialWindowSize)
            + bytes(.windowUpdate, UInt32(largestWindow - firstWindow).bytes)
    }
}

extension UInt32 {
    /// In network byte order.
    var bytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
