import Foundation
import Synchronization

@testable import keyclave

/// Runs command lines within the test and keeps what they print.
final class CapturedConsole: Sendable {
    private let texts = Mutex((output: "", messages: ""))
    let environment: [String: String]
    let input: [UInt8]
    /// What somebody at a terminal types, line by line; nil without a terminal.
    private let lines: Mutex<[String]>
    private let canAsk: Bool

    init(environment: [String: String] = [:], input: String = "", lines: [String]? = nil) {
        self.environment = environment
        self.input = Array(input.utf8)
        self.lines = Mutex(lines ?? [])
        canAsk = lines != nil
    }

    /// Standard input needn't be a text.
    init(input: [UInt8]) {
        environment = [:]
        self.input = input
        lines = Mutex([])
        canAsk = false
    }

    var output: String { texts.withLock { $0.output } }
    var messages: String { texts.withLock { $0.messages } }

    func run(_ line: String) -> ExitCode { run(CommandTableTests.words(of: line)) }

    func run(_ words: [String]) -> ExitCode {
        let surroundings = Surroundings(
            environment: environment,
            workingDirectory: FileManager.default.currentDirectoryPath,
            print: { text in self.texts.withLock { $0.output += text } },
            tell: { text in self.texts.withLock { $0.messages += text } },
            readInput: { self.input },
            readLine: { self.lines.withLock { $0.isEmpty ? nil : $0.removeFirst() } },
            canAsk: canAsk)
        return Program(surroundings: surroundings).run(words)
    }
}

/// A directory for one test, removed at its end.
struct ScratchDirectory: ~Copyable {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory
            .appending(path: "keyclave-tests-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    /// Writes a file and returns its path.
    func file(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
        let file = path + "/" + name
        let made = FileManager.default.createFile(
            atPath: file, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
        guard made else { throw CocoaError(.fileWriteUnknown) }
        return file
    }

    func makeDirectory(_ name: String) throws {
        try FileManager.default.createDirectory(
            atPath: path + "/" + name, withIntermediateDirectories: false)
    }

    func names(in name: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path + "/" + name).sorted()
    }

    func text(of name: String) throws -> String {
        try String(contentsOfFile: path + "/" + name, encoding: .utf8)
    }

    func mode(of name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path + "/" + name)[.posixPermissions]
            as? Int
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
