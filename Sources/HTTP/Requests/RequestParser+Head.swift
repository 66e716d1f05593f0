extension RequestParser {
    /// Passes over an empty line before the request, as some clients send one after a body.
    mutating func skipBlankLine(
        _ bytes: UnsafeRawBufferPointer
    ) throws(RequestRefusal) -> Bool {
        guard position < bytes.count else { return false }
        let first = bytes[position]
        guard first == ASCII.carriageReturn else {
            if first == ASCII.lineFeed { throw .bareLineFeed }
            // Seen at once, so that another protocol's greeting isn't waited on for a line end.
            guard ByteClass.token.contains(first) else { throw .malformedRequestLine }
            scanned = position
            state = .requestLine
            return true
        }
        guard position + 1 < bytes.count else {
            // Not idle: a part of a request has come.
            scanned = position + 1
            return false
        }
        guard bytes[position + 1] == ASCII.lineFeed else { throw .malformedRequestLine }
        blankLines += 1
        guard blankLines <= HTTPLimits.blankLines else { throw .tooManyBlankLines }
        position += 2
        scanned = position
        return true
    }

    mutating func readRequestLine(
        _ bytes: UnsafeRawBufferPointer
    ) throws(RequestRefusal) -> Bool {
        guard
            let line = try takeLine(
                bytes, limit: HTTPLimits.startLineBytes, tooLong: .requestLineTooLong)
        else { return false }
        var end = line.lowerBound
        while end < line.upperBound, ByteClass.token.contains(bytes[end]) { end += 1 }
        let methodCount = end - line.lowerBound
        guard methodCount > 0, methodCount <= HTTPLimits.methodBytes,
            end < line.upperBound, bytes[end] == ASCII.space
        else { throw .malformedRequestLine }
        head.methodName = ByteRange(line.lowerBound..<end)
        head.method = Method(head.methodName.slice(of: bytes))

        let targetStart = end + 1
        end = targetStart
        while end < line.upperBound, ByteClass.target.contains(bytes[end]) { end += 1 }
        guard end > targetStart, end < line.upperBound, bytes[end] == ASCII.space else {
            throw .malformedRequestLine
        }
        head.target = ByteRange(targetStart..<end)
        try readVersion(UnsafeRawBufferPointer(rebasing: bytes[end + 1..<line.upperBound]))
        try splitTarget(bytes)
        fieldsStart = position
        state = .fields
        return true
    }

    /// `HTTP/1.1`; later versions with the same major number are read as 1.1 (RFC 9110, 2.5).
    private mutating func readVersion(_ text: UnsafeRawBufferPointer) throws(RequestRefusal) {
        guard text.count == 8, UnsafeRawBufferPointer(rebasing: text[..<5]).equals("HTTP/"),
            isDigit(text[5]), text[6] == UInt8(ascii: "."), isDigit(text[7])
        else { throw .malformedRequestLine }
        guard text[5] == UInt8(ascii: "1") else { throw .unsupportedVersion }
        head.isVersion11 = text[7] != UInt8(ascii: "0")
    }

    /// The four forms of RFC 9112, 3.2: a path, a whole address as to a proxy, `*` for OPTIONS;
    /// the fourth belongs to CONNECT, which isn't served.
    private mutating func splitTarget(_ bytes: UnsafeRawBufferPointer) throws(RequestRefusal) {
        var start = head.target.lowerBound
        let end = head.target.upperBound
        if bytes[start] != UInt8(ascii: "/") {
            if head.target.count == 1, bytes[start] == UInt8(ascii: "*"), head.method == .options {
                head.path = head.target
                return
            }
            start = try skipAuthority(bytes)
        }
        var pathEnd = start
        while pathEnd < end, bytes[pathEnd] != UInt8(ascii: "?") { pathEnd += 1 }
        head.path = ByteRange(start..<pathEnd)
        if pathEnd < end { head.query = ByteRange(pathEnd + 1..<end) }
    }

    /// Where the path of `http://host/path` begins.
    private func skipAuthority(_ bytes: UnsafeRawBufferPointer) throws(RequestRefusal) -> Int {
        let target = head.target.slice(of: bytes)
        var start = 0
        for scheme: StaticString in ["http://", "https://"] {
            let count = scheme.utf8CodeUnitCount
            guard target.count > count else { continue }
            if UnsafeRawBufferPointer(rebasing: target[..<count]).equals(foldedTo: scheme) {
                start = count
            }
        }
        guard start > 0 else { throw .malformedRequestLine }
        var end = start
        while end < target.count, ByteClass.host.contains(target[end]) { end += 1 }
        guard end > start, end < target.count, target[end] == UInt8(ascii: "/") else {
            throw .malformedRequestLine
        }
        return head.target.lowerBound + end
    }

    mutating func readField(_ bytes: UnsafeRawBufferPointer) throws(RequestRefusal) -> Bool {
        let lineStart = position
        let room = HTTPLimits.fieldBytes - (position - fieldsStart)
        guard let line = try takeLine(bytes, limit: room - 2, tooLong: .fieldsTooLarge) else {
            return false
        }
        if line.isEmpty {
            head.fields = ByteRange(fieldsStart..<lineStart)
            head.byteCount = position
            try finishHead(bytes)
            return true
        }
        fieldCount += 1
        guard fieldCount <= HTTPLimits.fieldCount else { throw .fieldsTooLarge }
        let colon = try checkFieldLine(bytes, line)
        try recognise(
            UnsafeRawBufferPointer(rebasing: bytes[line.lowerBound..<colon]),
            ByteRange(bytes.withoutWhiteSpace(in: colon + 1..<line.upperBound)), bytes)
        return true
    }

    /// The place of the colon in a well-formed field line.
    func checkFieldLine(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
    ) throws(RequestRefusal) -> Int {
        let first = bytes[line.lowerBound]
        if first == ASCII.space || first == ASCII.tab { throw .foldedField }
        var colon = line.lowerBound
        while colon < line.upperBound, ByteClass.token.contains(bytes[colon]) { colon += 1 }
        guard colon < line.upperBound, colon > line.lowerBound else { throw .malformedField }
        let stop = bytes[colon]
        if stop == ASCII.space || stop == ASCII.tab { throw .spaceBeforeColon }
        guard stop == UInt8(ascii: ":"),
            !bytes.hasForbiddenValueByte(in: colon + 1..<line.upperBound)
        else { throw .malformedField }
        return colon
    }

    private mutating func finishHead(_ bytes: UnsafeRawBufferPointer) throws(RequestRefusal) {
        if head.isVersion11, !head.host.isPresent { throw .missingHost }
        if isChunked, !head.isVersion11 || lengthFieldSeen != nil { throw .ambiguousLength }
        head.keepsAlive = head.isVersion11 && !closeAsked
        // HTTP/1.0 has no interim answers.
        if !head.isVersion11 { head.expectsContinue = false }
        bodyLimit = bodyLimits.limit(of: head.path.slice(of: bytes))
        if isChunked {
            head.body = .chunked
            state = .chunkSize
            return
        }
        guard let length = lengthFieldSeen, length > 0 else {
            head.expectsContinue = false
            state = .complete
            return
        }
        guard length <= UInt64(bodyLimit) else { throw .contentTooLarge }
        head.body = .length(Int(length))
        state = .plainBody
    }
}
