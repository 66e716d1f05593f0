/// The bytes of a request of etcd's gRPC interface, made once: only the stream's number differs.
struct EtcdRequest {
    private enum Message {
        /// `PutRequest` of a key of 32 bytes and a value of 24.
        static let put = framed(field(0x0a, key) + field(0x12, value))
        /// `RangeRequest` of that key, `serializable`.
        static let get = framed(field(0x0a, key) + [0x38, 1])

        private static let key = [UInt8](repeating: UInt8(ascii: "k"), count: 32)
        private static let value = [UInt8](repeating: UInt8(ascii: "v"), count: 24)

        private static func field(_ tag: UInt8, _ bytes: [UInt8]) -> [UInt8] {
            [tag, UInt8(bytes.count)] + bytes
        }

        /// Not compressed, and its length.
        private static func framed(_ body: [UInt8]) -> [UInt8] {
            [0] + UInt32(body.count).bytes + body
        }
    }

    /// What counts against the server's window.
    let bodyLength: Int
    private let first: Template
    private let later: Template

    init(_ work: EtcdWork, authority: String) {
        let body = work == .get ? Message.get : Message.put
        let path = "/etcdserverpb.KV/" + (work == .get ? "Range" : "Put")
        bodyLength = body.count
        first = Template(Self.firstFields(path, authority), body)
        later = Template(Self.laterFields, body)
    }

    /// Appends the request of one stream.
    func append(to bytes: inout [UInt8], stream: UInt32) {
        let template = stream == 1 ? first : later
        let start = bytes.count
        bytes.append(contentsOf: template.bytes)
        let number = stream.bigEndian
        bytes.withUnsafeMutableBytes { raw in
            for place in [start + 5, start + template.secondPlace] {
                raw.storeBytes(of: number, toByteOffset: place, as: UInt32.self)
            }
        }
    }

    private struct Template {
        var bytes: [UInt8]
        /// Where the stream's number stands in the second frame.
        var secondPlace: Int

        init(_ fields: [UInt8], _ body: [UInt8]) {
            let head = HTTP2Frame.bytes(.headers, flags: HTTP2Frame.endHeaders, fields)
            bytes = head + HTTP2Frame.bytes(.data, flags: HTTP2Frame.endStream, body)
            secondPlace = head.count + 5
        }
    }

    // MARK: - Header fields (RFC 7541)

    /// `:method: POST` and `:scheme: http` stand in the static table; the four others are put in
    /// the dynamic one, as etcd's own clients do it.
    private static func firstFields(_ path: String, _ authority: String) -> [UInt8] {
        [0x83, 0x86, 0x44] + text(path) + [0x41] + text(authority)
            + [0x5f] + text("application/grpc") + [0x40] + text("te") + text("trailers")
    }

    /// The same six, each by its place in a table: the last one put in is number 62.
    private static let laterFields: [UInt8] = [0x83, 0x86, 0xc1, 0xc0, 0xbf, 0xbe]

    private static func text(_ value: String) -> [UInt8] {
        precondition(value.utf8.count < 127, "a length of one byte")
        return [UInt8(value.utf8.count)] + Array(value.utf8)
    }
}
