import Basics
import Testing

@testable import Keyring

@Suite struct ValueTests {
    @Test func `ids have a prefix and eleven digits`() {
        #expect(KeyID(0).text == "key_00000000000")
        #expect(AccountID(.max).text == "acc_LygHa16AHYF")
        #expect(UserID(text: "usr_0000000000z") == UserID(61))
        #expect(TokenID(text: TokenID(1 << 63).text) == TokenID(1 << 63))
    }

    @Test(arguments: [
        "", "key_", "key_0000000000", "key_000000000000", "tok_00000000000", "key_0000000000-",
        "KEY_00000000000", "key_zzzzzzzzzzz", " key_00000000000",
    ])
    func `another text is no key id`(text: String) {
        #expect(KeyID(text: text) == nil)
    }

    @Test func `slugs survive their numbers, in their order`() {
        let slugs = ["ab", "aba", "batch", "r2d2", "rest", "zzzzzzzzzz", "00", "0000000000"]
        for slug in slugs {
            let api = API(slug: slug)
            #expect(api?.slug == slug)
            #expect(api.flatMap { API(rawValue: $0.rawValue) } == api)
        }
        let sorted = slugs.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        #expect(slugs.compactMap { API(slug: $0) }.sorted().map(\.slug) == sorted)
    }

    @Test(arguments: ["", "a", "abcdefghijk", "Rest", "re-st", "ré"])
    func `another text is no slug`(text: String) {
        #expect(API(slug: text) == nil)
    }

    @Test func `no number but a slug's is an API`() {
        #expect(API(rawValue: 0) == nil)
        #expect(API(rawValue: 1) == nil)
        #expect(API(rawValue: .max) == nil)
        // 37^8 is the place of the second character: one character, or none before another.
        let place: UInt64 = 3_512_479_453_921
        #expect(API(rawValue: 37 * place) == nil)
        #expect(API(rawValue: 37 * place + place)?.slug == "00")
        #expect(API(rawValue: 37 * place + place / 37) == nil)
        #expect(API(rawValue: 37 * 37 * place + place) == nil)
    }

    @Test func `names are one to two hundred scalars without control characters`() {
        #expect(Name("") == nil)
        #expect(Name(String(repeating: "é", count: 200)) != nil)
        #expect(Name(String(repeating: "é", count: 201)) == nil)
        for control in ["\0", "\n", "\t", "\u{7f}", "\u{85}", "\u{9f}", "\r\n"] {
            #expect(Name("a" + control) == nil)
        }
        #expect(Name("\u{a0}") != nil)
    }

    @Test func `names are compared byte by byte`() {
        #expect("Zo\u{eb}" == "Zoe\u{308}")
        #expect(Name("Zo\u{eb}") != Name("Zoe\u{308}"))
        #expect(Name("Zo\u{eb}") == Name("Zo\u{eb}"))
    }

    @Test func `addresses are folded in ASCII only`() {
        #expect(Sample.email("Ann@X.Test").matches(Sample.email("aNN@x.tEST")))
        #expect(!Sample.email("\u{c9}@x").matches(Sample.email("\u{e9}@x")))
        #expect(!Sample.email("\u{e9}@x").matches(Sample.email("e\u{301}@x")))
        #expect(!Sample.email("[@x").matches(Sample.email("{@x")))
    }

    @Test(arguments: ["", "a@", "@a", "ab", "a@b@c", "a b@c", "a@b\n", "a@\u{85}b"])
    func `another text is no address`(text: String) {
        #expect(EmailAddress(text) == nil)
    }

    @Test func `an address has at most 254 bytes`() {
        #expect(EmailAddress("a@" + String(repeating: "b", count: 252)) != nil)
        #expect(EmailAddress("a@" + String(repeating: "b", count: 253)) == nil)
    }

    @Test func `credits go up to what JSON holds exactly`() {
        #expect(Credits(9_007_199_254_740_991) == .maximum)
        #expect(Credits(9_007_199_254_740_992) == nil)
        #expect(Credits(3)! - Credits(5)! == .zero)
    }

    @Test func `a UUID of version 7 tells its time, in either case of its letters`() {
        let text = "01890a5d-ac96-774b-bcce-b302099a8057"
        let key = IdempotencyKey(text)
        #expect(key == .uuidV7(high: 0x0189_0a5d_ac96_774b, low: 0xbcce_b302_099a_8057))
        #expect(key?.time == Timestamp(milliseconds: 0x0189_0a5d_ac96))
        #expect(IdempotencyKey(text.uppercased()) == key)
        #expect(key?.description == text)
    }

    @Test(arguments: [
        "01890a5d-ac96-474b-bcce-b302099a8057", "01890a5d-ac96-774b-7cce-b302099a8057",
        "01890a5dac96774bbcceb302099a8057", "01890a5d-ac96-774b-bcce-b302099a805g", "x",
        "0189\u{60}a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac9/-774b-bcce-b302099a8057",
        "01890a5d-ac96-7:4b-bcce-b302099a8057", "01890a5d-ac96-774b-b@ce-b302099a8057",
        "01890a5d-ac96-774b-bcce-b302099G8057", "01890a5d-ac96-774b-bcce\u{0D}b302099a8057",
    ])
    func `any other id is free-form`(text: String) {
        #expect(IdempotencyKey(text) == .freeForm(Array(text.utf8)))
        #expect(IdempotencyKey(text)?.time == nil)
    }

    @Test func `an id has 1 to 64 bytes`() {
        #expect(IdempotencyKey("") == nil)
        #expect(IdempotencyKey(String(repeating: "x", count: 64)) != nil)
        #expect(IdempotencyKey(String(repeating: "x", count: 65)) == nil)
    }

    @Test func `a cursor survives its text`() {
        let cursor = Cursor(1, .max, 0, 5, 7)
        #expect(Cursor(text: cursor.text) == cursor)
        for text in ["", "x", String(repeating: "0", count: 12), "-0000000000"] {
            #expect(Cursor(text: text) == nil)
        }
        #expect(Cursor(text: String(repeating: "0", count: 66)) == nil)
    }

    @Test func `a page has from one to a thousand items`() {
        #expect(PageRequest(limit: 0).limit == 1)
        #expect(PageRequest(limit: .max).limit == 1_000)
        #expect(PageRequest().limit == 100)
    }

    @Test func `settings hold their bounds and relations`() {
        #expect(ClusterSettings.standard.firstViolation == nil)
        var settings = ClusterSettings.standard
        settings.activeKeysPerUser = 0
        #expect(settings.firstViolation == .activeKeysPerUser)
        settings = .standard
        settings.keysPerUser = 2
        #expect(settings.firstViolation == .activeKeysPerUser)
        settings = .standard
        // 2000 ms · 1.02 / 0.98 = 2081.6, and 10 ms.
        settings.leaseWaitMilliseconds = 2_091
        #expect(settings.firstViolation == .leaseWaitMilliseconds)
        settings.leaseWaitMilliseconds = 2_092
        #expect(settings.firstViolation == nil)
    }
}
