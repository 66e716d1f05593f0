/// Chunked bodies (RFC 9112, 7.1), gathered in an array of the parser's own.
extension RequestParser {
    mutating func readChunkSize(
        _ bytes: UnsafeRawBufferPointer
    ) throws(RequestRefusal) -> Bool {
        guard
            let line = try takeLine(
                bytes, limit: HTTPLimits.chunkLineBytes, tooLong: .malformedChunk)
        else { return false }
        let size = try chunkSize(bytes, line)
        chunkFraming += line.count + 4
        guard chunkFraming <= HTTPLimits.chunkFramingBytes else { throw .contentTooLarge }
        guard size <= bodyLimit - chunkedBody.count else { throw .contentTooLarge }
        chunkRemaining = size
        if size == 0 {
            fieldsStart = position
            fieldCount = 0
            state = .trailers
        } else {
            state = .chunkData
        }
        return true
    }

    /// Hexadecimal digits, then nothing or an extension, which is passed over.
    private func chunkSize(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
    ) throws(RequestRefusal) -> Int {
        var end = line.lowerBound
        var size = 0
        while end < line.upperBound, let digit = hexDigitValue(bytes[end]) {
            guard end - line.lowerBound < 8 else { throw .contentTooLarge }
            size = size << 4 | Int(digit)
            end += 1
        }
        guard end > line.lowerBound else { throw .malformedChunk }
        let extensionStart = bytes.withoutWhiteSpace(in: end..<line.upperBound).lowerBound
        guard
            end == line.upperBound
                || extensionStart < line.upperBound && bytes[extensionStart] == UInt8(ascii: ";"),
            !bytes.hasForbiddenValueByte(in: end..<line.upperBound)
        else { throw .malformedChunk }
        return size
    }

    mutating func readChunkData(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let available = min(chunkRemaining, bytes.count - position)
        chunkedBody.append(contentsOf: bytes[position..<position + available])
        position += available
        chunkRemaining -= available
        scanned = position
        guard chunkRemaining == 0 else { return false }
        state = .chunkEnd
        return true
    }

    mutating func readChunkEnd(_ bytes: UnsafeRawBufferPointer) throws(RequestRefusal) -> Bool {
        guard position < bytes.count else { return false }
        guard bytes[position] == ASCII.carriageReturn else { throw .malformedChunk }
        guard position + 1 < bytes.count else { return false }
        guard bytes[position + 1] == ASCII.lineFeed else { throw .malformedChunk }
        position += 2
        scanned = position
        state = .chunkSize
        return true
    }

    /// Trailers are checked and passed over: none of them may change what the head said.
    mutating func readTrailer(_ bytes: UnsafeRawBufferPointer) throws(RequestRefusal) -> Bool {
        let room = HTTPLimits.fieldBytes - (position - fieldsStart)
        guard let line = try takeLine(bytes, limit: room - 2, tooLong: .fieldsTooLarge) else {
            return false
        }
        if line.isEmpty {
            head.body = .chunked
            state = .complete
            return true
        }
        fieldCount += 1
        guard fieldCount <= HTTPLimits.fieldCount else { throw .fieldsTooLarge }
        do throws(RequestRefusal) {
            _ = try checkFieldLine(bytes, line)
        } catch {
            throw .malformedTrailer
        }
        return true
    }
}
