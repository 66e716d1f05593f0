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
        let start = position
        // What a look at a whole line has left over isn't looked at so again.
        if scanned == position,
            let (method, target) = bytes.usualRequestLine(
                from: position, limit: HTTPLimits.startLineBytes),
            method - start <= HTTPLimits.methodBytes
        {
            take(through: target + 11)
            head.isVersion11 = true
            return try noteRequestLine(bytes, start, method, target)
        }
        guard
            let line = try takeLine(
                bytes, limit: HTTPLimits.startLineBytes, tooLong: .requestLineTooLong)
        else { return false }
        let method = bytes.end(
            of: .token, in: line, before: ASCII.space, usual: \.letters)
        guard method > start, method - start <= HTTPLimits.methodBytes,
            method < line.upperBound, bytes[method] == ASCII.space
        else { throw .malformedRequestLine }
        let target = bytes.end(
            of: .target, in: method + 1..<line.upperBound, before: ASCII.space,
            usual: \.usualInTargets)
        guard target > method + 1, target < line.upperBound, bytes[target] == ASCII.space else {
            throw .malformedRequestLine
        }
        try readVersion(UnsafeRawBufferPointer(rebasing: bytes[target + 1..<line.upperBound]))
        return try noteRequestLine(bytes, start, method, target)
    }

    private mutating func noteRequestLine(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ method: Int, _ target: Int
    ) throws(RequestRefusal) -> Bool {
        head.methodName = ByteRange(start..<method)
        head.method = Method(head.methodName.slice(of: bytes))
        head.target = ByteRange(method + 1..<target)
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
        let pathEnd = bytes.first(UInt8(ascii: "?"), in: start..<end) ?? end
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
        let start = position
        let limit = HTTPLimits.fieldBytes - (position - fieldsStart) - 2
        // What a look at a whole line has left over isn't looked at so again.
        if scanned == position, limit >= 0 {
            if bytes.isLineEnd(position) {
                take(through: position + 2)
                return try endFields(bytes, at: start)
            }
            if let (colon, end) = bytes.usualFieldLine(from: position, limit: limit) {
                take(through: end + 2)
                try countField()
                try recognise(bytes, start, colon, end)
                return true
            }
        }
        guard let line = try takeLine(bytes, limit: limit, tooLong: .fieldsTooLarge) else {
            return false
        }
        if line.isEmpty { return try endFields(bytes, at: start) }
        try countField()
        let colon = try checkFieldLine(bytes, line)
        try recognise(bytes, start, colon, line.upperBound)
        return true
    }

    private mutating func take(through end: Int) {
        position = end
        scanned = end
    }

    private mutating func countField() throws(RequestRefusal) {
        fieldCount += 1
        guard fieldCount <= HTTPLimits.fieldCount else { throw .fieldsTooLarge }
    }

    @inline(__always)
    private mutating func recognise(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ colon: Int, _ end: Int
    ) throws(RequestRefusal) {
        try recognise(
            UnsafeRawBufferPointer(rebasing: bytes[start..<colon]),
            ByteRange(bytes.withoutWhiteSpace(in: colon + 1..<end)), bytes)
    }

    /// Behind the empty line, which began at `end`.
    private mutating func endFields(
        _ bytes: UnsafeRawBufferPointer, at end: Int
    ) throws(RequestRefusal) -> Bool {
        head.fields = ByteRange(fieldsStart..<end)
        head.byteCount = position
        try finishHead(bytes)
        return true
    }

    /// The place of the colon in a well-formed field line.
    func checkFieldLine(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
    ) throws(RequestRefusal) -> Int {
        let first = bytes[line.lowerBound]
        if first == ASCII.space || first == ASCII.tab { throw .foldedField }
        let colon = bytes.end(
            of: .token, in: line, before: UInt8(ascii: ":"), usual: \.usualInNames)
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
