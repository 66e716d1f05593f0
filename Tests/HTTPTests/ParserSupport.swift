import HTTP

/// What a parser makes of a request, in a form that two parsers can be compared by.
enum Reading: Equatable {
    case incomplete
    case refused(RequestRefusal)
    case complete(Request)

    struct Request: Equatable {
        var method: String
        var target: String
        var path: String
        var query: String?
        var keepsAlive: Bool
        var fields: [String]
        var body: [UInt8]
        var byteCount: Int
    }
}

extension Reading {
    /// What `RequestParser` makes of the bytes, given in pieces that end at the places named.
    static func parsed(
        _ bytes: [UInt8], piecesEndingAt ends: [Int] = [],
        limits: RequestParser.BodyLimits = .init()
    ) -> Reading {
        var parser = RequestParser(bodyLimits: limits)
        var progress = RequestParser.Progress.incomplete
        for end in ends + [bytes.count] {
            progress = bytes.withUnsafeBytes { buffer in
                parser.parse(UnsafeRawBufferPointer(rebasing: buffer[..<end]))
            }
            if progress == .complete { break }
        }
        switch progress {
        case .incomplete, .expectsContinue: return .incomplete
        case .refused(let refusal): return .refused(refusal)
        case .complete: return .complete(Request(parser, bytes))
        }
    }
}

extension Reading.Request {
    init(_ parser: borrowing RequestParser, _ bytes: [UInt8]) {
        let head = parser.head
        method = head.methodName.text(in: bytes) ?? ""
        target = head.target.text(in: bytes) ?? ""
        path = head.path.text(in: bytes) ?? ""
        query = head.query.text(in: bytes)
        keepsAlive = head.keepsAlive
        var fields: [String] = []
        bytes.withUnsafeBytes { buffer in
            head.forEachField(in: buffer) { name, value in
                let value = String(decoding: bytes[value.indices], as: UTF8.self)
                fields.append("\(name.text(in: bytes) ?? "")=\(value)")
            }
        }
        self.fields = fields
        body = bytes.withUnsafeBytes { parser.withBody(in: $0) { Array($0) } }
        byteCount = parser.byteCount
    }
}
