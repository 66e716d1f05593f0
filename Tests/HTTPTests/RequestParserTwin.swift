import HTTP

/// The parser's dumb twin: takes the whole request at once, cuts it into lines and words with the
/// library's own means, and knows nothing of pieces, offsets or speed.
struct RequestParserTwin {
    static func read(_ bytes: [UInt8], bodyLimit: Int = HTTPLimits.bodyBytes) -> Reading {
        var twin = RequestParserTwin(rest: bytes[...])
        twin.bodyLimit = bodyLimit
        do {
            return .complete(try twin.request())
        } catch let refusal as RequestRefusal {
            return .refused(refusal)
        } catch {
            return .incomplete
        }
    }

    private struct Incomplete: Error {}

    private var rest: ArraySlice<UInt8>
    private var bodyLimit = 0

    private init(rest: ArraySlice<UInt8>) { self.rest = rest }

    private mutating func line(limit: Int, tooLong: RequestRefusal) throws -> [UInt8] {
        guard let end = rest.firstIndex(of: 10) else {
            if rest.count >= limit + 2 { throw tooLong }
            throw Incomplete()
        }
        if end - rest.startIndex > limit + 1 { throw tooLong }
        let line = Array(rest[..<end])
        guard line.last == 13 else { throw RequestRefusal.bareLineFeed }
        rest = rest[(end + 1)...]
        return line.dropLast()
    }

    private mutating func request() throws -> Reading.Request {
        var blankLines = 0
        while rest.first == 13 {
            guard rest.count > 1 else { throw Incomplete() }
            guard rest.dropFirst().first == 10 else { throw RequestRefusal.malformedRequestLine }
            blankLines += 1
            if blankLines > 4 { throw RequestRefusal.tooManyBlankLines }
            rest.removeFirst(2)
        }
        guard let first = rest.first else { throw Incomplete() }
        if first == 10 { throw RequestRefusal.bareLineFeed }
        guard Self.isToken(first) else { throw RequestRefusal.malformedRequestLine }
        let words = try line(limit: 8192, tooLong: .requestLineTooLong)
            .split(separator: 32, omittingEmptySubsequences: false)
        guard words.count == 3, words[0].allSatisfy(Self.isToken), (1...32) ~= words[0].count,
            !words[1].isEmpty, words[1].allSatisfy({ (33...126) ~= $0 && $0 != 35 })
        else { throw RequestRefusal.malformedRequestLine }
        let isVersion11 = try Self.version(String(decoding: words[2], as: UTF8.self))
        var request = Reading.Request(
            method: String(decoding: words[0], as: UTF8.self),
            target: String(decoding: words[1], as: UTF8.self), path: "", query: nil,
            keepsAlive: true, fields: [], body: [], byteCount: 0)
        try Self.split(&request)
        let fields = try fieldLines()
        request.fields = fields.map { "\($0.name)=\($0.value)" }
        try readBody(&request, fields, isVersion11)
        request.byteCount = rest.startIndex
        return request
    }

    private static func version(_ word: String) throws -> Bool {
        guard let match = word.wholeMatch(of: /HTTP\/([0-9])\.([0-9])/), word.utf8.count == 8 else {
            throw RequestRefusal.malformedRequestLine
        }
        guard match.1 == "1" else { throw RequestRefusal.unsupportedVersion }
        return match.2 != "0"
    }

    private static func split(_ request: inout Reading.Request) throws {
        var path = request.target[...]
        if !path.hasPrefix("/") {
            if path == "*", request.method == "OPTIONS" {
                request.path = "*"
                return
            }
            guard
                let match = path.wholeMatch(
                    of: /(?i:https?):\/\/[A-Za-z0-9\-._~!$&'()*+;=%:\[\]]+(\/.*)/)
            else { throw RequestRefusal.malformedRequestLine }
            path = match.1
        }
        let parts = path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        request.path = String(parts[0])
        if parts.count > 1 { request.query = String(parts[1]) }
    }

    private struct Field {
        var name: String
        var value: String
    }

    private mutating func fieldLines(limit: Int = 16_384) throws -> [Field] {
        var fields: [Field] = []
        var room = limit
        while true {
            let line = try line(limit: room - 2, tooLong: .fieldsTooLarge)
            room -= line.count + 2
            if line.isEmpty { return fields }
            if fields.count == 64 { throw RequestRefusal.fieldsTooLarge }
            let field = try Self.field(line)
            try Self.judge(field, after: fields)
            fields.append(field)
        }
    }

    private static func field(_ line: [UInt8]) throws -> Field {
        if line[0] == 32 || line[0] == 9 { throw RequestRefusal.foldedField }
        let name = line.prefix(while: isToken)
        let after = line.dropFirst(name.count)
        guard !name.isEmpty, let mark = after.first else { throw RequestRefusal.malformedField }
        if mark == 32 || mark == 9 { throw RequestRefusal.spaceBeforeColon }
        var value = after.dropFirst()
        guard mark == 58, value.allSatisfy({ $0 == 9 || $0 >= 32 && $0 != 127 }) else {
            throw RequestRefusal.malformedField
        }
        while let byte = value.first, byte == 32 || byte == 9 { value.removeFirst() }
        while let byte = value.last, byte == 32 || byte == 9 { value.removeLast() }
        return Field(
            name: String(decoding: name, as: UTF8.self),
            value: String(decoding: value, as: UTF8.self))
    }

    /// What is wrong with a field by itself and beside those before it.
    private static func judge(_ field: Field, after others: [Field]) throws {
        let name = field.name.lowercased()
        let earlier = others.filter { $0.name.lowercased() == name }
        let single = [
            "host", "api-key", "x-api-key", "content-type", "authorization", "idempotency-key",
            "transfer-encoding",
        ]
        if single.contains(name), !earlier.isEmpty { throw RequestRefusal.repeatedField }
        switch name {
        case "host":
            let allowed = /[A-Za-z0-9\-._~!$&'()*+;=%:\[\]]*/
            if field.value.wholeMatch(of: allowed) == nil { throw RequestRefusal.malformedHost }
        case "expect":
            if field.value.lowercased() != "100-continue" {
                throw RequestRefusal.unknownExpectation
            }
        case "content-length":
            guard field.value.wholeMatch(of: /[0-9]+/) != nil,
                earlier.allSatisfy({ number($0.value) == number(field.value) })
            else { throw RequestRefusal.malformedContentLength }
        case "transfer-encoding":
            if field.value.lowercased() != "chunked" {
                throw RequestRefusal.unknownTransferCoding
            }
        default: break
        }
    }

    private static func number(_ digits: String) -> UInt64 { UInt64(digits) ?? .max }

    private mutating func readBody(
        _ request: inout Reading.Request, _ fields: [Field], _ isVersion11: Bool
    ) throws {
        let value = { (name: String) in
            fields.last { $0.name.lowercased() == name }?.value
        }
        if isVersion11, value("host") == nil { throw RequestRefusal.missingHost }
        let options = fields.filter { $0.name.lowercased() == "connection" }
            .flatMap { $0.value.split(separator: ",") }
            .map { $0.lowercased().filter { $0 != " " && $0 != "\t" } }
        request.keepsAlive = isVersion11 && !options.contains("close")
        if value("transfer-encoding") != nil {
            if !isVersion11 || value("content-length") != nil {
                throw RequestRefusal.ambiguousLength
            }
            request.body = try chunks()
            return
        }
        guard let length = value("content-length").map(Self.number) else { return }
        guard length <= bodyLimit else { throw RequestRefusal.contentTooLarge }
        guard rest.count >= length else { throw Incomplete() }
        request.body = Array(rest.prefix(Int(length)))
        rest = rest.dropFirst(Int(length))
    }

    private mutating func chunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let line = try line(limit: 256, tooLong: .malformedChunk)
            let digits = line.prefix { Character(Unicode.Scalar($0)).isHexDigit && $0 < 128 }
            if digits.count > 8 { throw RequestRefusal.contentTooLarge }
            let rest = line.dropFirst(digits.count)
            let tail = rest.drop { $0 == 32 || $0 == 9 }
            guard !digits.isEmpty, rest.isEmpty || tail.first == 59,
                rest.allSatisfy({ $0 == 9 || $0 >= 32 && $0 != 127 })
            else { throw RequestRefusal.malformedChunk }
            let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) ?? 0
            if size > bodyLimit - body.count { throw RequestRefusal.contentTooLarge }
            if size == 0 { break }
            body += try data(size)
        }
        try trailers()
        return body
    }

    private mutating func data(_ size: Int) throws -> [UInt8] {
        guard rest.count > size else { throw Incomplete() }
        let data = Array(rest.prefix(size))
        rest = rest.dropFirst(size)
        if rest.first != 13 { throw RequestRefusal.malformedChunk }
        guard rest.count > 1 else { throw Incomplete() }
        if rest.dropFirst().first != 10 { throw RequestRefusal.malformedChunk }
        rest = rest.dropFirst(2)
        return data
    }

    private mutating func trailers() throws {
        var room = 16_384
        var count = 0
        while true {
            let line = try line(limit: room - 2, tooLong: .fieldsTooLarge)
            room -= line.count + 2
            if line.isEmpty { return }
            count += 1
            if count > 64 { throw RequestRefusal.fieldsTooLarge }
            do { _ = try Self.field(line) } catch { throw RequestRefusal.malformedTrailer }
        }
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        Array("!#$%&'*+-.^_`|~".utf8).contains(byte)
            || (48...57) ~= byte || (65...90) ~= byte || (97...122) ~= byte
    }
}
