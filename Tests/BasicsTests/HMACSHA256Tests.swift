import Basics
import Testing

@Suite struct HMACSHA256Tests {
    struct Vector: Sendable {
        var key: [UInt8]
        var message: [UInt8]
        var code: String
    }

    /// RFC 4231, §4.2 to §4.8 (§4.6 truncates the code to 16 bytes).
    static let vectors = [
        Vector(
            key: repeated(0x0b, 20), message: Array("Hi There".utf8),
            code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        Vector(
            key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
            code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        Vector(
            key: repeated(0xaa, 20), message: repeated(0xdd, 50),
            code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        Vector(
            key: Array(1...25), message: repeated(0xcd, 50),
            code: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        Vector(
            key: repeated(0x0c, 20), message: Array("Test With Truncation".utf8),
            code: "a3b6167473100ee06e0c796c2955552b"),
        Vector(
            key: repeated(0xaa, 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        Vector(
            key: repeated(0xaa, 131),
            message: Array(
                """
                This is a test using a larger than block-size key and a larger than \
                block-size data. The key needs to be hashed before being used by the HMAC algorithm.
                """.utf8),
            code: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
    ]

    @Test(arguments: vectors)
    func publishedVector(_ vector: Vector) {
        let code = HMACSHA256.authenticationCode(for: vector.message, key: vector.key)
        #expect(code.hex.hasPrefix(vector.code))
    }

    @Test func oneKeyServesManyMessagesInPiecesOrWhole() {
        let key = HMAC(key: HMACSHA256Tests.vectors[1].key)
        for _ in 0..<3 {
            var code = key.begin()
            code.update(Array("what do ya want ".utf8))
            code.update(Array("for nothing?".utf8).span.bytes)
            #expect(code.finish().hex == HMACSHA256Tests.vectors[1].code)
        }
        let message = HMACSHA256Tests.vectors[1].message
        #expect(
            key.authenticationCode(for: message.span.bytes).hex == HMACSHA256Tests.vectors[1].code)
    }

    @Test func aDigestIsAuthenticatedAsItsBytes() {
        let digest = SHA256.digest(of: [1, 2, 3])
        var code = HMAC(key: digest).begin()
        code.update(digest)
        #expect(
            code.finish() == HMACSHA256.authenticationCode(for: digest.bytes, key: digest.bytes))
    }

    /// RFC 5869, appendix A.1 to A.3.
    @Test func keysDerivedAsInRFC5869() {
        let first = HKDF.extract(salt: Array(0...12), secret: repeated(0x0b, 22))
        #expect(first.hex == "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
        #expect(
            hex(HKDF.expand(first, info: Array(0xf0...0xf9), count: 42))
                == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                + "34007208d5b887185865")

        let second = HKDF.extract(salt: Array(0x60...0xaf), secret: Array(0x00...0x4f))
        #expect(second.hex == "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244")
        #expect(
            hex(HKDF.expand(second, info: Array(0xb0...0xff), count: 82))
                == "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
                + "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
                + "cc30c58179ec3e87c14c01d5c1f3434f1d87")

        let third = HKDF.extract(salt: [], secret: repeated(0x0b, 22))
        #expect(third.hex == "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04")
        #expect(
            hex(HKDF.expand(third, info: [], count: 42))
                == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
                + "9d201395faa4b61a96c8")
    }

    @Test func theLongestDerivedKeyHas8160Bytes() {
        let key = HKDF.extract(salt: [], secret: [1])
        let longest = HKDF.expand(key, info: [2], count: 8160)
        #expect(longest.count == 8160)
        #expect(HKDF.expand(key, info: [2], count: 33) == Array(longest.prefix(33)))
        #expect(HKDF.expand(key, info: [2], count: 0) == [])
    }
}

private func repeated(_ byte: UInt8, _ count: Int) -> [UInt8] {
    [UInt8](repeating: byte, count: count)
}
