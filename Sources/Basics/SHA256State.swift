import CInstructions

/// The eight working words of SHA-256 and its compression function (FIPS 180-4, §6.2.2).
///
/// The processor's instructions do it where there are some, in 42 ns a block instead of 192 (AMD
/// EPYC): in `CInstructions`, because Swift has no word for them. In Swift the 64 rounds are
/// written out: the variables rotate by renaming instead of moving, and the schedule lives in
/// registers or on the stack. A loop takes about twice as long a block.
struct SHA256State: Sendable {
    private var a, b, c, d, e, f, g, h: UInt32

    /// §5.3.3.
    static let initial = SHA256State(
        a: 0x6a09_e667, b: 0xbb67_ae85,
        c: 0x3c6e_f372, d: 0xa54f_f53a,
        e: 0x510e_527f, f: 0x9b05_688c,
        g: 0x1f83_d9ab, h: 0x5be0_cd19)

    var digest: Digest {
        Digest(
            UInt64(a) << 32 | UInt64(b), UInt64(c) << 32 | UInt64(d),
            UInt64(e) << 32 | UInt64(f), UInt64(g) << 32 | UInt64(h))
    }

    /// Found out once: a build runs on processors with and without.
    static let isInstruction = sha256_is_instruction()

    @inline(__always)
    mutating func compress(_ block: SHA256Block) {
        if SHA256State.isInstruction {
            compressByInstructions(block)
        } else {
            compressByRounds(block)
        }
    }

    /// The whole blocks of a message.
    mutating func compress(_ blocks: UnsafeRawBufferPointer) {
        precondition(blocks.count % 64 == 0, "a block isn't whole")
        guard SHA256State.isInstruction else { return compressByRounds(blocks) }
        guard let start = blocks.baseAddress else { return }
        withUnsafeWords { words in
            sha256_compress_message(
                words, start.assumingMemoryBound(to: UInt8.self), blocks.count / 64)
        }
    }

    mutating func compressByRounds(_ blocks: UnsafeRawBufferPointer) {
        for offset in stride(from: 0, to: blocks.count, by: 64) {
            compressByRounds(SHA256Block(blocks.bytes, at: offset))
        }
    }

    /// Requires that the processor has them (``isInstruction``).
    mutating func compressByInstructions(_ block: SHA256Block) {
        withUnsafeWords { words in
            block.withUnsafeWords { block in sha256_compress(words, block) }
        }
    }

    @inline(__always)
    private mutating func withUnsafeWords(_ body: (UnsafeMutablePointer<UInt32>) -> Void) {
        var words: InlineArray<8, UInt32> = [a, b, c, d, e, f, g, h]
        withUnsafeMutableBytes(of: &words) { words in
            body(words.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt32.self))
        }
        self = SHA256State(
            a: words[0], b: words[1], c: words[2], d: words[3],
            e: words[4], f: words[5], g: words[6], h: words[7])
    }

    mutating func compressByRounds(_ block: SHA256Block) {
        var schedule = block
        var work = self
        work.firstQuarter(schedule)
        schedule.advance()
        work.secondQuarter(schedule)
        schedule.advance()
        work.thirdQuarter(schedule)
        schedule.advance()
        work.fourthQuarter(schedule)
        a &+= work.a
        b &+= work.b
        c &+= work.c
        d &+= work.d
        e &+= work.e
        f &+= work.f
        g &+= work.g
        h &+= work.h
    }

    @inline(__always)
    private static func round(
        _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32,
        _ e: UInt32, _ f: UInt32, _ g: UInt32, _ h: inout UInt32, _ input: UInt32
    ) {
        let choice = g ^ (e & (f ^ g))
        let majority = (a & b) | (c & (a | b))
        let sum1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
        let sum0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
        h = h &+ sum1 &+ choice &+ input
        d = d &+ h
        h = h &+ sum0 &+ majority
    }

    /// Rounds 0 to 15.
    @inline(__always)
    private mutating func firstQuarter(_ w: SHA256Block) {
        Self.round(a, b, c, &d, e, f, g, &h, 0x428a_2f98 &+ w[0])
        Self.round(h, a, b, &c, d, e, f, &g, 0x7137_4491 &+ w[1])
        Self.round(g, h, a, &b, c, d, e, &f, 0xb5c0_fbcf &+ w[2])
        Self.round(f, g, h, &a, b, c, d, &e, 0xe9b5_dba5 &+ w[3])
        Self.round(e, f, g, &h, a, b, c, &d, 0x3956_c25b &+ w[4])
        Self.round(d, e, f, &g, h, a, b, &c, 0x59f1_11f1 &+ w[5])
        Self.round(c, d, e, &f, g, h, a, &b, 0x923f_82a4 &+ w[6])
        Self.round(b, c, d, &e, f, g, h, &a, 0xab1c_5ed5 &+ w[7])
        Self.round(a, b, c, &d, e, f, g, &h, 0xd807_aa98 &+ w[8])
        Self.round(h, a, b, &c, d, e, f, &g, 0x1283_5b01 &+ w[9])
        Self.round(g, h, a, &b, c, d, e, &f, 0x2431_85be &+ w[10])
        Self.round(f, g, h, &a, b, c, d, &e, 0x550c_7dc3 &+ w[11])
        Self.round(e, f, g, &h, a, b, c, &d, 0x72be_5d74 &+ w[12])
        Self.round(d, e, f, &g, h, a, b, &c, 0x80de_b1fe &+ w[13])
        Self.round(c, d, e, &f, g, h, a, &b, 0x9bdc_06a7 &+ w[14])
        Self.round(b, c, d, &e, f, g, h, &a, 0xc19b_f174 &+ w[15])
    }

    /// Rounds 16 to 31.
    @inline(__always)
    private mutating func secondQuarter(_ w: SHA256Block) {
        Self.round(a, b, c, &d, e, f, g, &h, 0xe49b_69c1 &+ w[0])
        Self.round(h, a, b, &c, d, e, f, &g, 0xefbe_4786 &+ w[1])
        Self.round(g, h, a, &b, c, d, e, &f, 0x0fc1_9dc6 &+ w[2])
        Self.round(f, g, h, &a, b, c, d, &e, 0x240c_a1cc &+ w[3])
        Self.round(e, f, g, &h, a, b, c, &d, 0x2de9_2c6f &+ w[4])
        Self.round(d, e, f, &g, h, a, b, &c, 0x4a74_84aa &+ w[5])
        Self.round(c, d, e, &f, g, h, a, &b, 0x5cb0_a9dc &+ w[6])
        Self.round(b, c, d, &e, f, g, h, &a, 0x76f9_88da &+ w[7])
        Self.round(a, b, c, &d, e, f, g, &h, 0x983e_5152 &+ w[8])
        Self.round(h, a, b, &c, d, e, f, &g, 0xa831_c66d &+ w[9])
        Self.round(g, h, a, &b, c, d, e, &f, 0xb003_27c8 &+ w[10])
        Self.round(f, g, h, &a, b, c, d, &e, 0xbf59_7fc7 &+ w[11])
        Self.round(e, f, g, &h, a, b, c, &d, 0xc6e0_0bf3 &+ w[12])
        Self.round(d, e, f, &g, h, a, b, &c, 0xd5a7_9147 &+ w[13])
        Self.round(c, d, e, &f, g, h, a, &b, 0x06ca_6351 &+ w[14])
        Self.round(b, c, d, &e, f, g, h, &a, 0x1429_2967 &+ w[15])
    }

    /// Rounds 32 to 47.
    @inline(__always)
    private mutating func thirdQuarter(_ w: SHA256Block) {
        Self.round(a, b, c, &d, e, f, g, &h, 0x27b7_0a85 &+ w[0])
        Self.round(h, a, b, &c, d, e, f, &g, 0x2e1b_2138 &+ w[1])
        Self.round(g, h, a, &b, c, d, e, &f, 0x4d2c_6dfc &+ w[2])
        Self.round(f, g, h, &a, b, c, d, &e, 0x5338_0d13 &+ w[3])
        Self.round(e, f, g, &h, a, b, c, &d, 0x650a_7354 &+ w[4])
        Self.round(d, e, f, &g, h, a, b, &c, 0x766a_0abb &+ w[5])
        Self.round(c, d, e, &f, g, h, a, &b, 0x81c2_c92e &+ w[6])
        Self.round(b, c, d, &e, f, g, h, &a, 0x9272_2c85 &+ w[7])
        Self.round(a, b, c, &d, e, f, g, &h, 0xa2bf_e8a1 &+ w[8])
        Self.round(h, a, b, &c, d, e, f, &g, 0xa81a_664b &+ w[9])
        Self.round(g, h, a, &b, c, d, e, &f, 0xc24b_8b70 &+ w[10])
        Self.round(f, g, h, &a, b, c, d, &e, 0xc76c_51a3 &+ w[11])
        Self.round(e, f, g, &h, a, b, c, &d, 0xd192_e819 &+ w[12])
        Self.round(d, e, f, &g, h, a, b, &c, 0xd699_0624 &+ w[13])
        Self.round(c, d, e, &f, g, h, a, &b, 0xf40e_3585 &+ w[14])
        Self.round(b, c, d, &e, f, g, h, &a, 0x106a_a070 &+ w[15])
    }

    /// Rounds 48 to 63.
    @inline(__always)
    private mutating func fourthQuarter(_ w: SHA256Block) {
        Self.round(a, b, c, &d, e, f, g, &h, 0x19a4_c116 &+ w[0])
        Self.round(h, a, b, &c, d, e, f, &g, 0x1e37_6c08 &+ w[1])
        Self.round(g, h, a, &b, c, d, e, &f, 0x2748_774c &+ w[2])
        Self.round(f, g, h, &a, b, c, d, &e, 0x34b0_bcb5 &+ w[3])
        Self.round(e, f, g, &h, a, b, c, &d, 0x391c_0cb3 &+ w[4])
        Self.round(d, e, f, &g, h, a, b, &c, 0x4ed8_aa4a &+ w[5])
        Self.round(c, d, e, &f, g, h, a, &b, 0x5b9c_ca4f &+ w[6])
        Self.round(b, c, d, &e, f, g, h, &a, 0x682e_6ff3 &+ w[7])
        Self.round(a, b, c, &d, e, f, g, &h, 0x748f_82ee &+ w[8])
        Self.round(h, a, b, &c, d, e, f, &g, 0x78a5_636f &+ w[9])
        Self.round(g, h, a, &b, c, d, e, &f, 0x84c8_7814 &+ w[10])
        Self.round(f, g, h, &a, b, c, d, &e, 0x8cc7_0208 &+ w[11])
        Self.round(e, f, g, &h, a, b, c, &d, 0x90be_fffa &+ w[12])
        Self.round(d, e, f, &g, h, a, b, &c, 0xa450_6ceb &+ w[13])
        Self.round(c, d, e, &f, g, h, a, &b, 0xbef9_a3f7 &+ w[14])
        Self.round(b, c, d, &e, f, g, h, &a, 0xc671_78f2 &+ w[15])
    }
}
