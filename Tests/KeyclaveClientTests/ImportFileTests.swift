import Server
import Testing

@testable import keyclave

@Suite struct ImportFileTests {
    private static let digest = String(repeating: "0a", count: 32)
    private static let other = String(repeating: "B1", count: 32)

    private func read(_ text: String, foreign: Bool = false) -> ImportFile {
        let bytes = Array(text.utf8)
        return ImportFile(bytes, form: ImportFile.form(of: bytes), areForeign: foreign)
    }

    @Test func `a table is read by the names of its columns, whatever their order`() {
        let file = read(
            """
            name,digest,user,api,active,suffix
            "laptop, the ""old"" one",\(Self.digest),ada@acme.example,rest,,4x7Q\r
            \r
            server,\(Self.other),usr_0000000001B,batch,false,

            """)
        #expect(file.complaints == [])
        #expect(file.rows.map(\.line) == [2, 4])
        #expect(file.rows[0].name == "laptop, the \"old\" one")
        #expect(file.rows[0].isActive && !file.rows[1].isActive)
        #expect(file.rows[1].digest == Self.other.lowercased())
        #expect(file.rows[0].suffix == "4x7Q" && file.rows[1].suffix == "")
    }

    @Test func `an object a line says the same`() {
        let file = read(
            #"""
            {"user": "ada@acme.example", "api": "rest", "name": "a", "digest": "\#(Self.digest)"}

            {"user": "b@acme.example", "api": "rest", "name": "b", "digest": "\#(Self.other)",
            """#.replacing(",\n\n", with: "\n\n")
                + #" "foreign": true, "suffix": "a-=_", "active": false, "user_id": "usr_1"}"#)
        #expect(file.complaints == [])
        #expect(file.rows.count == 2)
        #expect(file.rows[1].isForeign && !file.rows[1].isActive && file.rows[1].suffix == "a-=_")
    }

    @Test func `every line that is wrong is told with its number and reason`() {
        let head = "user,api,name,digest,suffix\n"
        let lines = [
            "ada@acme.example,rest,ok,\(Self.digest),4x7Q", ",rest,n,\(Self.other),",
            "ada@acme.example,REST,n,\(Self.other),", "ada@acme.example,rest,,\(Self.other),",
            "ada@acme.example,rest,n,12,", "ada@acme.example,rest,n,\(Self.other),4x",
            "ada@acme.example,rest,n", "ada,rest,n,\(Self.other),",
            "ada@acme.example,rest,again,\(Self.digest),",
            "ada@acme.example,rest,n,\(String(repeating: "0", count: 64)),",
            "ada@acme.example,rest,n,\(Self.other),a-=_",
        ]
        let file = read(head + lines.joined(separator: "\n"))
        #expect(file.complaints.map(\.line) == Array(3...12))
        let reasons = file.complaints.map(\.reason)
        for (reason, part) in zip(
            reasons,
            [
                "user is missing", "api", "name", "digest must", "suffix", "3 fields under 5",
                "neither an id nor", "the digest of line 2 again", "no key's", "suffix",
            ])
        {
            #expect(reason.contains(part), "\(reason)")
        }
        // The last one is right for a key of another form.
        #expect(read(head + lines[10], foreign: true).complaints == [])
    }

    @Test func `a file that is no table or has no such columns is refused as a whole`() {
        for (text, part) in [
            ("user,api,name\n", "no column “digest”"), ("user,user\n", "one twice"),
            ("user,colour\n", "“colour”"),
            ("user,api,name,digest\n\"ada", "never closed"),
            (#"{"user": "a@b.c", "colour": 1}"#, "“colour” isn't known"),
            (#"{"user": 1}"#, "must be a text"), ("{", "not JSON"),
        ] {
            let file = read(text)
            #expect(file.rows.isEmpty)
            #expect(file.complaints.contains { $0.reason.contains(part) }, "\(file.complaints)")
        }
    }

    @Test func `parts are as large as one entry and one request take`() {
        var row = ImportRow(line: 1, isForeign: false)
        for (count, parts) in [
            (0, []), (10_000, [10_000]), (10_001, [Int](repeating: 1_000, count: 10) + [1]),
        ] {
            let rows = [ImportRow](repeating: row, count: count)
            #expect(ImportPart.cut(rows).map(\.rows.count) == parts)
        }
        // An ordinary key, of which 10,000 are one part.
        row.user = "somebody.with.a.name@example.com"
        row.name = "the laptop in the office"
        #expect(ImportPart.cut([ImportRow](repeating: row, count: 10_000)).count == 1)
        // The longest, and the one that JSON makes longest.
        row.user = String(repeating: "a", count: 248) + "@b.com"
        for name in ["🗝", "\""] {
            row.name = String(repeating: name, count: 200)
            let rows = [ImportRow](repeating: row, count: 4_000)
            var (size, count) = (ImportSize(), 0)
            for row in rows {
                size = size + ImportSize(of: row)
                if size.fitsEntry { count += 1 }
            }
            #expect(count > 1_000)
            let largest = ImportPart(rows: Array(rows[..<count]))
            let key = row.user.utf8.count + row.name.utf8.count + 71
            #expect(largest.rows.count * key < ImportLimits.entryBytes - 1024)
            #expect(largest.body(for: "acc_0000000001A").utf8.count < ImportLimits.bodyBytes)
            #expect(ImportPart.cut(rows).reduce(0) { $0 + $1.rows.count } == 4_000)
        }
    }

    @Test func `what follows a closed quotation mark is no part of a field`() {
        let head = "user,api,name,digest\n"
        for (line, part) in [
            (#"ada@b.c,rest,"lap"top,"# + Self.digest, "follows the quotation mark"),
            (#"ada@b.c,rest,"lap" ,"# + Self.digest, "follows the quotation mark"),
            (#"ada@b.c,rest,lap"top",\#(Self.digest)"#, "within a field"),
        ] {
            let file = read(head + line + "\nbob@b.c,rest,a,\(Self.other)\n")
            #expect(file.complaints.map(\.line) == [2], "\(file.complaints)")
            #expect(file.complaints.first?.reason.contains(part) == true)
            #expect(file.rows.map(\.line) == [3])
        }
    }

    @Test func `lines are counted however they end`() {
        for end in ["\n", "\r\n", "\r"] {
            let lines = [
                "user,api,name,digest", "", "ada@b.c,rest,\"two\(end)lines\",12", "",
                "bob@b.c,rest,a,\(Self.other)", "eve@b.c,rest,a,12",
            ]
            let file = read(lines.joined(separator: end))
            #expect(file.complaints.map(\.line) == [3, 7], "\(file.complaints)")
            #expect(file.rows.map(\.line) == [6])
        }
    }

    @Test func `when a key ends is told as an answer of the store tells it`() {
        let rest = "a@b.c,rest,a,\(Self.digest)"
        let file = read("expires_at,user,api,name,digest\n2027-01-31T12:00:00Z,\(rest)\n")
        #expect(file.rows.first?.json["expires_at"]?.string == "2027-01-31T12:00:00Z")
        #expect(read("expires_at,user,api,name,digest\n,\(rest)\n").rows.first?.expiresAt == "")
        let never =
            #"{"user": "a@b.c", "api": "rest", "name": "a", "digest": "\#(Self.digest)", "#
            + #""expires_at": null}"#
        #expect(read(never).rows.first?.json["expires_at"] == nil)
        let soon = read("expires_at,user,api,name,digest\nsoon,\(rest)\n")
        #expect(soon.complaints.first?.reason.contains("must be a time") == true)
    }

    @Test func `a byte order mark is no part of a file`() {
        let object =
            #"{"user": "a@b.c", "api": "rest", "name": "a", "digest": "\#(Self.digest)"}"#
        for text in [object, "user,api,name,digest\na@b.c,rest,a,\(Self.digest)"] {
            let file = read("\u{FEFF}" + text)
            #expect(file.complaints == [] && file.rows.count == 1)
        }
    }

    @Test func `a line that isn't UTF-8 is told with its number and nothing is mended`() {
        let text = "user,api,name,digest\na@b.c,rest,caf"
        let bytes = Array(text.utf8) + [0xE9] + Array(",\(Self.digest)\n".utf8)
        let file = ImportFile(bytes, form: .csv, areForeign: false)
        #expect(file.complaints.map(\.line) == [2] && file.rows.isEmpty)
        let console = CapturedConsole(input: bytes)
        #expect(
            console.run("import - --token kct_operator_x --endpoint http://127.0.0.1:1") == .refused
        )
        #expect(console.output == "line 2: the line isn't UTF-8\n")
    }
}
