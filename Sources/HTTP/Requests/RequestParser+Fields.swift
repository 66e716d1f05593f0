extension RequestParser {
    /// Notes the fields that decide how the request is read or routed. The others are only
    /// checked; `RequestHead.value(of:in:)` finds them.
    @inline(__always)
    mutating func recognise(
        _ name: UnsafeRawBufferPointer, _ value: ByteRange, _ bytes: UnsafeRawBufferPointer
    ) throws(RequestRefusal) {
        switch name.count {
        case 4:
            if name.equals(foldedTo: "host") { try noteHost(value, bytes) }
        case 6:
            if name.equals(foldedTo: "expect") { try noteExpectation(value, bytes) }
        case 7:
            if name.equals(foldedTo: "api-key") { try Self.note(value, &head.apiKey) }
        case 9:
            if name.equals(foldedTo: "x-api-key") { try Self.note(value, &head.xAPIKey) }
        case 10:
            if name.equals(foldedTo: "connection") { noteConnection(value, bytes) }
        case 12:
            if name.equals(foldedTo: "content-type") { try Self.note(value, &head.contentType) }
        case 13:
            if name.equals(foldedTo: "authorization") { try Self.note(value, &head.authorization) }
        case 14:
            if name.equals(foldedTo: "content-length") { try noteContentLength(value, bytes) }
        case 15:
            if name.equals(foldedTo: "idempotency-key") {
                try Self.note(value, &head.idempotencyKey)
            }
        case 17:
            if name.equals(foldedTo: "transfer-encoding") { try noteCoding(value, bytes) }
        default: break
        }
    }

    private static func note(
        _ value: ByteRange, _ place: inout ByteRange
    ) throws(RequestRefusal) {
        guard !place.isPresent else { throw .repeatedField }
        place = value
    }

    private mutating func noteHost(
        _ value: ByteRange, _ bytes: UnsafeRawBufferPointer
    ) throws(RequestRefusal) {
        guard !head.host.isPresent else { throw .repeatedField }
        guard bytes.consists(of: .host, in: value.indices, usual: \.usualInHosts) else {
            throw .malformedHost
        }
        head.host = value
    }

    private mutating func noteExpectation(
        _ value: ByteRange, _ bytes: UnsafeRawBufferPointer
    ) throws(RequestRefusal) {
        guard value.slice(of: bytes).equals(foldedTo: "100-continue") else {
            throw .unknownExpectation
        }
        head.expectsContinue = true
    }

    /// A list of options, of which only `close` matters; the field may be repeated.
    private mutating func noteConnection(_ value: ByteRange, _ bytes: UnsafeRawBufferPointer) {
        var start = value.lowerBound
        while start < value.upperBound {
            var end = start
            while end < value.upperBound, bytes[end] != UInt8(ascii: ",") { end += 1 }
            let option = ByteRange(bytes.withoutWhiteSpace(in: start..<end))
            if option.slice(of: bytes).equals(foldedTo: "close") { closeAsked = true }
            start = end + 1
        }
    }

    /// Digits only. Repeated with the same number it is one length; a number that can't be a
    /// length here is kept as the largest, to be refused as too large.
    private mutating func noteContentLength(
        _ value: ByteRange, _ bytes: UnsafeRawBufferPointer
    ) throws(RequestRefusal) {
        guard !value.isEmpty else { throw .malformedContentLength }
        var length: UInt64 = 0
        for byte in value.slice(of: bytes) {
            guard isDigit(byte) else { throw .malformedContentLength }
            let (product, overflow) = length.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(UInt64(byte & 15))
            length = overflow || carried || length == .max ? .max : sum
        }
        if let seen = lengthFieldSeen, seen != length { throw .malformedContentLength }
        lengthFieldSeen = length
    }

    private mutating func noteCoding(
        _ value: ByteRange, _ bytes: UnsafeRawBufferPointer
    ) throws(RequestRefusal) {
        guard !isChunked else { throw .repeatedField }
        guard value.slice(of: bytes).equals(foldedTo: "chunked") else {
            throw .unknownTransferCoding
        }
        isChunked = true
    }
}
