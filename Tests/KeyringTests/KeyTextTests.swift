import Basics
import Foundation
import Testing

@testable import Keyring

@Suite("The text of keys and tokens")
struct KeyTextTests {
    /// Check digits and digests of these three by zlib and OpenSSL, through Python.
    private let key = "kc_rest_0123456789ABCDEFGHIJKLMNOPQRST4PMbyp"
    private let token = "kct_operator_0123456789ABCDEFGHIJKLMNOPQRST4PMbyp"
    private let padded = "kc_batch_ow8a4LUuiaIWMBLNDVlsvom0Y8vILC00ergp"

    private func api(_ text: String) -> API? { api(Array(text.utf8)) }
    private func api(_ text: [UInt8]) -> API? {
        let api = KeyText.api(ofKey: text.span.bytes)
        #expect(KeyText.isKey(text.span.bytes) == (api != nil))
        return api
    }
    private func role(_ text: String) -> Role? {
        KeyText.role(ofToken: Array(text.utf8).span.bytes)
    }

    @Test("a text is built from the bytes given, those that would favour a digit left out")
    func build() throws {
        let made = try #require(KeyText(api: .rest, random: 0..<30))
        #expect(made.secret == key)
        let rejecting = try #require(KeyText(api: .rest, random: [248, 255, 250] + (0..<30)))
        #expect(rejecting.bytes == made.bytes)
        let folded = try #require(KeyText(api: .rest, random: (0..<30).map { $0 + 186 }))
        #expect(folded.bytes == made.bytes)
        let operated = try #require(KeyText(role: .operator, random: 0..<30))
        #expect(operated.secret == token)
    }

    @Test("too few random bytes give no text")
    func tooFew() {
        #expect(KeyText(api: .rest, random: 0..<29) == nil)
        #expect(KeyText(api: .rest, random: Array(repeating: 248, count: 96)) == nil)
    }

    @Test("every digit is drawn equally often")
    func uniform() throws {
        var counts: [Character: Int] = [:]
        for byte in UInt8.min...247 {
            let made = try #require(KeyText(api: .rest, random: repeatElement(byte, count: 30)))
            counts[try #require(made.secret.dropFirst(8).first), default: 0] += 1
        }
        #expect(counts.count == 62)
        #expect(counts.values.allSatisfy { $0 == 4 })
    }

    @Test("a text is shown by its prefix and its last four characters only")
    func display() throws {
        let made = try #require(KeyText(api: .rest, random: 0..<30))
        #expect(made.display == "kc_rest_…Mbyp")
        #expect("\(made)" == made.display)
        var dumped = ""
        dump(made, to: &dumped)
        #expect(!dumped.contains("0123"))
    }

    @Test("the digests of known texts are those of SHA-256")
    func digests() {
        let known = [
            key: "bd22820af949e11cc0d1f9b9b53bc586c7a6d7db4f87c98d8cbf1548b8fb9a0a",
            token: "0b471af29c9bea07de45485f2fc5e410d76ff449570b904453600777c30f479c",
            padded: "090408dace99aaf91eefa2b5dce328a231401a9827d754f9b5d9449a300ba6e3",
        ]
        for (text, digest) in known {
            #expect(KeyText.digest(of: Array(text.utf8).span.bytes).hex == digest)
        }
    }

    @Test("the api and the role are read from the text")
    func labels() throws {
        #expect(api(key) == .rest)
        #expect(api(padded) == .batch)
        #expect(role(token) == .operator)
        for slug in ["a1", "0000000000", "zzzzzzzzzz", "z9"] {
            let expected = try #require(API(slug: slug))
            let made = try #require(KeyText(api: expected, random: 7..<60))
            #expect(api(made.bytes) == expected)
            #expect(made.bytes.count <= KeyText.longestCount)
        }
        for expected in Role.allCases {
            let made = try #require(KeyText(role: expected, random: 7..<60))
            #expect(role(made.secret) == expected)
            #expect(made.bytes.count <= KeyText.longestCount)
        }
    }

    @Test("a key is no token and a token is no key")
    func kinds() {
        #expect(api(token) == nil)
        #expect(role(key) == nil)
        #expect(role("kct_root_0123456789ABCDEFGHIJKLMNOPQRST4PMbyp") == nil)
        #expect(role("kct_operato_0123456789ABCDEFGHIJKLMNOPQRST4PMbyp") == nil)
        #expect(role("kct_members_0123456789ABCDEFGHIJKLMNOPQRST4PMbyp") == nil)
    }

    @Test("every text with one byte changed is refused, or names another api and is nobody's")
    func typos() {
        let right = Array(key.utf8)
        for position in right.indices {
            for byte in UInt8.min...UInt8.max where byte != right[position] {
                var wrong = right
                wrong[position] = byte
                guard let api = api(wrong) else { continue }
                #expect((3...6).contains(position))
                #expect(api != .rest)
                #expect(SHA256.digest(of: wrong) != SHA256.digest(of: right))
            }
        }
    }

    @Test("two characters exchanged, one left out and one too many are refused")
    func slips() {
        let right = Array(key.utf8)
        for position in 8..<right.count {
            var missing = right
            missing.remove(at: position)
            #expect(api(missing) == nil)
            var doubled = right
            doubled.insert(right[position], at: position)
            #expect(api(doubled) == nil)
            guard position > 8 else { continue }
            var exchanged = right
            exchanged.swapAt(position - 1, position)
            #expect(api(exchanged) == nil)
        }
        for count in 0..<right.count { #expect(api(Array(right.prefix(count))) == nil) }
    }

    @Test("garbage is refused, whatever its length")
    func garbage() {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<20_000 {
            let count = Int(generator.below(80))
            var text = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            #expect(api(text) == nil)
            text =
                Array("kc_rest_".utf8)
                + (0..<36).map { _ in Base62.digit(generator.below(62)) }
            #expect(api(text) == nil)
        }
        #expect(api([]) == nil)
        #expect(api("kc__0123456789ABCDEFGHIJKLMNOPQRST4PMbyp") == nil)
        #expect(api("kc_r_0123456789ABCDEFGHIJKLMNOPQRST4PMbyp") == nil)
        #expect(api("kc_Rest_0123456789ABCDEFGHIJKLMNOPQRST4PMbyp") == nil)
        #expect(api("kc_restrestres_0123456789ABCDEFGHIJKLMNOPQRST4PMbyp") == nil)
        #expect(api(Array(repeating: UInt8(ascii: "0"), count: 100_000)) == nil)
    }

    @Test("the scanners' expression finds texts in a line and leaves the rest")
    func scanner() throws {
        let expression = try Regex(KeyText.scannerPattern)
        for text in [key, token, padded] {
            let line = "export KEY='\(text)' # ours"
            let match = try #require(line.firstMatch(of: expression))
            #expect(String(line[match.range]) == text)
        }
        // What the README tells scanners takes the same texts for ours, and no others like these.
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "README.md")
        let told = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
            .compactMap { $0.hasPrefix("    \\b") ? $0.dropFirst(4) : nil }
        #expect(told.count == 1)
        #expect(told.first.map { String($0) } == "\\b\(KeyText.scannerPattern)\\b")
        for other in [key.dropLast().description, "kc_REST_" + key.dropFirst(8), "kct_root_x"] {
            #expect(other.firstMatch(of: expression) == nil)
        }
    }
}
