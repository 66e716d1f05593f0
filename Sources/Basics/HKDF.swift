/// Keys derived from a secret: HKDF with HMAC-SHA256 (RFC 5869).
public enum HKDF {
    /// A pseudorandom key from a secret of any form (§2.2). An empty salt stands for 32 zeroes.
    public static func extract(salt: [UInt8], secret: [UInt8]) -> Digest {
        HMACSHA256.authenticationCode(for: secret, key: salt)
    }

    /// `count` bytes for the use that `info` names (§2.3), at most 255 digests long.
    public static func expand(_ key: Digest, info: [UInt8], count: Int) -> [UInt8] {
        precondition(count >= 0 && count <= 255 * Digest.count, "HKDF gives at most 8160 bytes")
        let key = HMAC(key: key)
        var output: [UInt8] = []
        var block: [UInt8] = []
        var number: UInt8 = 1
        while output.count < count {
            var code = key.begin()
            code.update(block)
            code.update(info)
            code.update([number])
            block = code.finish().bytes
            output.append(contentsOf: block.prefix(count - output.count))
            number &+= 1
        }
        return output
    }
}
