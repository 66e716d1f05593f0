import Testing

/// Files of at most 500 lines, functions of at most 60, lines of at most 100 columns: but for
/// tables in comments, texts, and expressions that are matched, which can't be broken.
@Suite struct LengthTests {
    static let fileLimit = 500
    static let functionLimit = 60
    static let columnLimit = 100

    struct Function {
        var line: Int
        var length: Int
        var signature: Substring
    }

    /// Functions and initialisers, from the line of their name to the line of their closing
    /// brace, told by its indentation (the formatter sees to that).
    static func functions(in file: SourceTree.File) -> [Function] {
        var found: [Function] = []
        for (start, line) in file.lines.enumerated() {
            // Cheap first: the expression is slow, and most lines name no function.
            guard line.contains("func ") || line.contains("init") else { continue }
            guard
                line.contains(
                    /^\s*(?:@\w+(?:\([^)]*\))? )*(?:[a-z]+(?:\([a-z]+\))? )*(?:func |init[(<?]|deinit)/
                )
            else { continue }
            let indentation = line.prefix { $0 == " " }
            let closing = indentation + "}"
            var end = start
            if !line.hasSuffix("}") {
                while end + 1 < file.lines.count {
                    end += 1
                    let candidate = file.lines[end]
                    if candidate == closing { break }
                    let depth = candidate.prefix { $0 == " " }.count
                    let leftScope = !candidate.isEmpty && depth < indentation.count
                    if leftScope || candidate.hasPrefix(indentation + "func ") { break }
                }
            }
            found.append(Function(line: start + 1, length: end - start + 1, signature: line))
        }
        return found
    }

    @Test(arguments: ["Sources", "Tests"])
    func `files and lines stay short`(folder: String) throws {
        for file in try SourceTree.swiftFiles(below: folder) {
            let count = file.lines.count - 1
            #expect(count <= Self.fileLimit, "\(file.path) has \(count) lines")
            for (number, line) in file.lines.enumerated() where line.utf8.count > Self.columnLimit {
                guard line.count > Self.columnLimit else { continue }
                #expect(
                    Self.cannotBreak(line), "\(file.path):\(number + 1) has \(line.count) columns")
            }
        }
    }

    /// A row of a table, or a line of code with a text or an expression that is matched.
    static func cannotBreak(_ line: Substring) -> Bool {
        let code = line.drop { $0 == " " }
        guard !code.hasPrefix("//") else { return code.contains(/^\/\/\/? \|.*\|$/) }
        return code.contains("\"") || code.hasPrefix("/") && code.contains(/\/[.)\w]*$/)
    }

    @Test func `comments are broken, tables, texts and expressions aren't`() {
        #expect(!Self.cannotBreak("    /// A comment with a / and a \"word\""))
        #expect(!Self.cannotBreak("    // A | comment"))
        #expect(Self.cannotBreak("    /// | a row | of a table |"))
        #expect(Self.cannotBreak("    let text = \"long\""))
        #expect(Self.cannotBreak("    /^an (?:expression)$/"))
        #expect(!Self.cannotBreak("    let half = sum / count"))
    }

    @Test(arguments: ["Sources", "Tests"])
    func `functions fit on a screen`(folder: String) throws {
        for file in try SourceTree.swiftFiles(below: folder) {
            for function in Self.functions(in: file) {
                #expect(
                    function.length <= Self.functionLimit,
                    "\(file.path):\(function.line) has \(function.length) lines")
            }
        }
    }

    @Test func `a long function is seen`() {
        let body = Array(repeating: "        work()"[...], count: 70)
        let file = SourceTree.File(
            path: "Sources/X/Y.swift",
            lines: ["struct Y {", "    public func long() {"] + body + ["    }", "}", ""])
        #expect(Self.functions(in: file).map(\.length) == [72])
    }
}
