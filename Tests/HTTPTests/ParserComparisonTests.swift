import Basics
import HTTP
import Testing

@Suite struct ParserComparisonTests {
    static let pieces = [
        "\r\n", "\n", "\r", " ", "\t", ":", "Host: b\r\n", "Content-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "HTTP/1.0", "HTTP/1.1", "0\r\n",
        "A", "\u{0}", ";", "\r\n\r\n", "GET / HTTP/1.1\r\n", "Expect: 100-continue\r\n", "?",
        "http://",
    ]

    /// A sample with a few bytes or pieces put in, taken out or changed.
    static func mutant(_ random: inout SeededGenerator) -> [UInt8] {
        let samples =
            sampleRequests
            + MalformedRequestTests.all.map { $0.0 }
            .filter { $0.utf8.count < 200 }
        var bytes = MalformedRequestTests.latin1(
            samples[Int(random.below(UInt64(samples.count)))])
        for _ in 0...random.below(3) {
            let place = Int(random.below(UInt64(bytes.count + 1)))
            switch random.below(5) {
            case 0: bytes.insert(UInt8(random.below(256)), at: place)
            case 1: if place < bytes.count { bytes.remove(at: place) }
            case 2: if place < bytes.count { bytes[place] = UInt8(random.below(128)) }
            case 3:
                let piece = pieces[Int(random.below(UInt64(pieces.count)))]
                bytes.insert(contentsOf: MalformedRequestTests.latin1(piece), at: place)
            default: bytes.removeLast(min(bytes.count, Int(random.below(8))))
            }
        }
        return bytes
    }

    @Test func `parser and twin agree on mutated requests however they are cut`() {
        var random = SeededGenerator(seed: 20)
        var outcomes = (complete: 0, refused: 0, incomplete: 0)
        for _ in 0..<4_000 {
            let bytes = Self.mutant(&random)
            let expected = RequestParserTwin.read(bytes)
            #expect(Reading.parsed(bytes) == expected, "\(bytes)")
            let cuts = (0..<3).map { _ in Int(random.below(UInt64(bytes.count + 1))) }.sorted()
            #expect(Reading.parsed(bytes, piecesEndingAt: cuts) == expected, "\(bytes) \(cuts)")
            switch expected {
            case .complete: outcomes.complete += 1
            case .refused: outcomes.refused += 1
            case .incomplete: outcomes.incomplete += 1
            }
        }
        #expect(outcomes.complete > 100)
        #expect(outcomes.refused > 1_000)
        #expect(outcomes.incomplete > 100)
    }
}
