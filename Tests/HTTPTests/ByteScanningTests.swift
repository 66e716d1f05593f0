import Basics
import Testing

@testable import HTTP

/// Searches by words of eight bytes, against the same byte by byte.
@Suite struct ByteScanningTests {
    /// Bytes of which most are usual somewhere, with what is searched for strewn in.
    private static func bytes(_ random: inout SeededGenerator) -> [UInt8] {
        let strewn = Array("\r\n\t \u{7F}:?&=!\"#%_.-/\u{0}é".utf8)
        return (0..<random.below(60)).map { _ in
            if random.chance(1, in: 12) { return strewn[Int(random.below(UInt64(strewn.count)))] }
            return Base62.digit(random.below(62))
        }
    }

    @Test func everySearchAgrees() {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<3_000 {
            let bytes = Self.bytes(&random)
            let start = Int(random.below(UInt64(bytes.count + 1)))
            let end = start + Int(random.below(UInt64(bytes.count - start + 1)))
            bytes.withUnsafeBytes { Self.expectAgreement($0, start..<end) }
        }
    }

    private static func expectAgreement(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        let classes: [(ByteClass, (ASCIIWord) -> UInt64)] = [
            (.token, \.usualInNames), (.token, \.letters), (.host, \.usualInHosts),
            (.target, \.usualInTargets), (.token68, \.usualInCredentials),
        ]
        for (members, usual) in classes {
            let end = range.first { !members.contains(bytes[$0]) } ?? range.upperBound
            for stop in " \r".utf8 {
                #expect(bytes.end(of: members, in: range, before: stop, usual: usual) == end)
            }
            #expect(
                bytes.consists(of: members, in: range, usual: usual) == (end == range.upperBound))
        }
        for byte in "\n?&=".utf8 {
            #expect(bytes.first(byte, in: range) == range.first { bytes[$0] == byte })
        }
        let isControl = { (byte: UInt8) in byte < 0x20 || byte == 0x7F }
        #expect(
            bytes.firstControl(in: range)
                == range.first { isControl(bytes[$0]) } ?? range.upperBound)
        #expect(
            bytes.hasForbiddenValueByte(in: range)
                == range.contains { isControl(bytes[$0]) && bytes[$0] != 9 })
    }

    @Test func usualLinesEndAtTheirLimitAtTheLatest() {
        let field = Array("name: value\r\nanother: line\r\n".utf8)
        let request = Array("GET /a HTTP/1.1\r\nname: value\r\n".utf8)
        for limit in 0...40 {
            field.withUnsafeBytes { bytes in
                let line = bytes.usualFieldLine(from: 0, limit: limit)
                #expect(line?.colon == (limit < 11 ? nil : 4))
                #expect(line?.end == (limit < 11 ? nil : 11))
                let next = bytes.usualFieldLine(from: 13, limit: limit)
                #expect(next?.end == (limit < 13 ? nil : 26))
            }
            request.withUnsafeBytes { bytes in
                let line = bytes.usualRequestLine(from: 0, limit: limit)
                #expect(line?.method == (limit < 15 ? nil : 3))
                #expect(line?.target == (limit < 15 ? nil : 6))
            }
        }
    }

    @Test func literalsOfEveryLengthAreCompared() {
        let literals: [StaticString] = [
            "", "a", "to", "api", "cost", "close", "expect", "api-key", "/v1/auth", "x-api-key",
            "connection", "content-type", "authorization", "idempotency-key",
            "transfer-encoding", "a_b`{~@[^",
        ]
        for literal in literals {
            let text = Array(literal.description.utf8)
            for other in literals {
                let same = literal.description == other.description
                #expect(text.withUnsafeBytes { $0.equals(other) } == same)
            }
            for place in text.indices {
                for byte in 0...UInt8.max {
                    var changed = text
                    changed[place] = byte
                    let isUpper = (0x41...0x5A).contains(byte)
                    let isSame = byte == text[place]
                    #expect(changed.withUnsafeBytes { $0.equals(literal) } == isSame)
                    #expect(
                        changed.withUnsafeBytes { $0.equals(foldedTo: literal) }
                            == (isUpper ? byte + 0x20 == text[place] : isSame))
                }
            }
        }
    }
}
