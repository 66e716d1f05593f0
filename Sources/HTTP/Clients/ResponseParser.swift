/// Reads the answers on a client's connection, one after the other.
///
/// It keeps what it is given until an answer is whole, so it is for clients, not for servers.
public struct ResponseParser: Sendable {
    private enum Body {
        case none
        case length(Int)
        case chunked
        case untilClose
    }

    public let bodyLimit: Int
    private var received: [UInt8] = []
    /// No head ends before this place.
    private var searched = 0

    public init(bodyLimit: Int = 16 << 20) { self.bodyLimit = bodyLimit }

    /// Bytes behind the last answer, which nobody asked for if no request is out.
    public var hasLeftovers: Bool { !received.isEmpty }

    public mutating func append(_ bytes: some Sequence<UInt8>) {
        received.append(contentsOf: bytes)
    }

    /// The next answer, once all of it was appended. The answer to HEAD has no body whatever its
    /// length says; `atEnd` says that the server has closed the connection.
    public mutating func next(
        toHead: Bool = false, atEnd: Bool = false
    ) throws(ResponseRefusal) -> Response? {
        while let headEnd = try findHeadEnd() {
            var response = try head(received[..<headEnd])
            if response.status < 200 {
                take(headEnd)
                continue
            }
            let kind = try bodyKind(of: response, toHead: toHead)
            guard let end = try readBody(kind, from: headEnd, into: &response, atEnd: atEnd) else {
                if atEnd { throw .truncated }
                return nil
            }
            take(end)
            return response
        }
        if atEnd, !received.isEmpty { throw .truncated }
        return nil
    }

    private mutating func take(_ count: Int) {
        received.removeFirst(count)
        searched = 0
    }

    /// Where the body begins.
    private mutating func findHeadEnd() throws(ResponseRefusal) -> Int? {
        let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        var start = searched
        while start + 4 <= received.count {
            if received[start] == 0x0D, received[start..<start + 4].elementsEqual(end) {
                return start + 4
            }
            start += 1
        }
        searched = max(0, start)
        if received.count > HTTPLimits.headBytes { throw .tooLarge }
        return nil
    }

    private func head(_ bytes: ArraySlice<UInt8>) throws(ResponseRefusal) -> Response {
        var lines = bytes.dropLast(4).split(separator: 0x0A, omittingEmptySubsequences: false)[...]
        guard let first = lines.popFirst(),
            let text = String(validating: first, as: UTF8.self), text.hasPrefix("HTTP/1.")
        else { throw .malformedStatusLine }
        let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, words[1].utf8.count == 3, let status = UInt16(words[1]),
            (100..<600).contains(status)
        else { throw .malformedStatusLine }
        var response = Response(
            status: status, fields: [], body: [], keepsAlive: words[0] == "HTTP/1.1")
        for line in lines { response.fields.append(try field(line)) }
        for field in response.fields where field.name == "connection" {
            if field.value.lowercased().contains("close") { response.keepsAlive = false }
        }
        return response
    }

    private func field(_ line: ArraySlice<UInt8>) throws(ResponseRefusal) -> Response.Field {
        let line = line.last == 0x0D ? line.dropLast() : line
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].allSatisfy(ByteClass.token.contains)
        else { throw .malformedField }
        let isBlank = { (byte: UInt8) in byte == ASCII.space || byte == ASCII.tab }
        var value = line[(colon + 1)...].drop(while: isBlank)
        while let last = value.last, isBlank(last) { value.removeLast() }
        return Response.Field(
            name: String(decoding: line[..<colon], as: UTF8.self).lowercased(),
            value: String(decoding: value, as: UTF8.self))
    }

    /// RFC 9112, 6.3.
    private func bodyKind(
        of response: Response, toHead: Bool
    ) throws(ResponseRefusal) -> Body {
        if toHead || response.status == 204 || response.status == 304 { return .none }
        if let coding = response.field("transfer-encoding") {
            guard coding.lowercased() == "chunked" else { throw .malformedLength }
            return .chunked
        }
        let lengths = response.fields.filter { $0.name == "content-length" }
        guard let first = lengths.first else { return .untilClose }
        guard lengths.allSatisfy({ $0.value == first.value }), first.value.utf8.allSatisfy(isDigit),
            let length = Int(first.value)
        else { throw .malformedLength }
        guard length <= bodyLimit else { throw .tooLarge }
        return .length(length)
    }

    /// Where the answer ends; nil if more is needed.
    private func readBody(
        _ kind: Body, from start: Int, into response: inout Response, atEnd: Bool
    ) throws(ResponseRefusal) -> Int? {
        switch kind {
        case .none: return start
        case .length(let count):
            guard received.count - start >= count else { return nil }
            response.body = Array(received[start..<start + count])
            return start + count
        case .chunked: return try readChunks(from: start, into: &response)
        case .untilClose:
            guard received.count - start <= bodyLimit else { throw .tooLarge }
            guard atEnd else { return nil }
            response.body = Array(received[start...])
            response.keepsAlive = false
            return received.count
        }
    }

    private func readChunks(
        from start: Int, into response: inout Response
    ) throws(ResponseRefusal) -> Int? {
        var position = start
        while let line = try line(at: position) {
            let digits = line.prefix { hexDigitValue($0) != nil }
            guard (1...8).contains(digits.count),
                let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw .malformedChunk }
            position = line.endIndex + 2
            guard size > 0 else { return try skipTrailers(from: position) }
            guard size <= bodyLimit - response.body.count else { throw .tooLarge }
            guard received.count >= position + size + 2 else { return nil }
            response.body.append(contentsOf: received[position..<position + size])
            position += size
            guard received[position] == 0x0D, received[position + 1] == 0x0A else {
                throw .malformedChunk
            }
            position += 2
        }
        return nil
    }

    private func skipTrailers(from start: Int) throws(ResponseRefusal) -> Int? {
        var position = start
        while let line = try line(at: position) {
            position = line.endIndex + 2
            if line.isEmpty { return position }
        }
        return nil
    }

    /// The line at a place, without its end.
    private func line(at start: Int) throws(ResponseRefusal) -> ArraySlice<UInt8>? {
        guard start <= received.count,
            let end = received[start...].firstIndex(of: ASCII.lineFeed)
        else {
            if received.count - start > HTTPLimits.fieldBytes { throw .tooLarge }
            return nil
        }
        guard end > start, received[end - 1] == ASCII.carriageReturn else {
            throw .malformedChunk
        }
        return received[start..<end - 1]
    }
}
