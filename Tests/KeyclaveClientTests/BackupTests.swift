import Basics
import Foundation
import Linux
import Server
import Testing

@testable import keyclave

/// `backup`, `inspect` and `restore` against a node in this process.
@Suite struct BackupTests {
    private static func configuration(_ directory: borrowing ScratchDirectory, _ name: String)
        throws -> String
    {
        try directory.file(
            "\(name).json",
            #"""
            {"node": "n1", "data_directory": "\#(name)", "log_level": "error",
            "http_listen": "127.0.0.1:1", "peer_listen": "127.0.0.1:2", "front_threads": 1,
            "members": [{"id": "n1", "peer": "127.0.0.1:2", "http": "127.0.0.1:1"}]}
            """#)
    }

    /// Runs `body` with a node that listens wherever there is room.
    private static func serve(
        _ file: String, _ body: (String) throws -> Void
    ) throws {
        var configuration = try ConfigurationFile.read(file, in: .ofProcess())
        configuration.httpListen = HostPort(host: "127.0.0.1", port: 0)
        configuration.peerListen = HostPort(host: "127.0.0.1", port: 0)
        let daemon = try Daemon(configuration, secrets: [], version: "test")
        defer { daemon.stop() }
        try body("http://\(daemon.httpAddress)")
    }

    /// A backup of a cluster of one with an account in it.
    private static func make(_ directory: borrowing ScratchDirectory) throws -> String {
        let file = try configuration(directory, "first")
        let token = directory.path + "/token"
        let console = CapturedConsole()
        #expect(
            console.run("format --config \(file) --operator-token-file \(token)") == .done,
            "\(console.messages)")
        let backup = directory.path + "/backup"
        try serve(file) { url in
            let common = "--endpoint \(url) --token-file \(token)"
            #expect(console.run("account create Acme \(common)") == .done, "\(console.messages)")
            #expect(console.run("backup \(backup) \(common)") == .done, "\(console.messages)")
            let again = CapturedConsole()
            #expect(again.run("backup \(backup) \(common)") == .localError)
            #expect(again.messages.contains("--force"), "\(again.messages)")
            #expect(again.run("backup \(backup) --force \(common)") == .done)
        }
        #expect(try directory.mode(of: "backup") == 0o600)
        return backup
    }

    private static func files(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    @Test func `a restored cluster holds what the backup holds, under another id`() throws {
        let directory = try ScratchDirectory()
        let backup = try Self.make(directory)
        let inspection = CapturedConsole()
        #expect(inspection.run("inspect \(backup) -o json") == .done, "\(inspection.messages)")
        #expect(inspection.output.contains(#""kind": "backup""#))
        #expect(inspection.output.contains(#""accounts": 1"#))
        #expect(inspection.output.contains(#""checksums": "verified""#))
        #expect(inspection.output.contains(#""open_holds": 0"#))
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: backup)))
        let digest = SHA256.digest(of: bytes).hex
        #expect(inspection.output.contains(#""sha256": "\#(digest)""#), "\(inspection.output)")

        let file = try Self.configuration(directory, "second")
        let console = CapturedConsole()
        #expect(
            console.run("restore \(backup) --config \(file)") == .done, "\(console.messages)")
        let token = directory.path + "/token"
        try Self.serve(file) { url in
            let common = "--endpoint \(url) --token-file \(token)"
            let restored = CapturedConsole()
            #expect(restored.run("account list \(common)") == .done, "\(restored.messages)")
            #expect(restored.output.contains("Acme"))
            #expect(restored.run("audit \(common)") == .done, "\(restored.messages)")
            #expect(restored.output.contains("cluster.restored"))
        }
        // The stopped node's directory is read, too, and a snapshot file is.
        let names = try directory.names(in: "second").filter { $0.hasPrefix("snapshot-") }
        for path in ["second"] + names.map({ "second/\($0)" }) {
            let look = CapturedConsole()
            #expect(look.run("inspect \(directory.path)/\(path)") == .done, "\(look.messages)")
            #expect(look.output.contains("accounts"), "\(look.output)")
        }
        let over = CapturedConsole()
        #expect(over.run("restore \(backup) --config \(file)") == .localError)
        #expect(over.messages.contains("isn't empty"))
        let bare = CapturedConsole()
        let third = try Self.configuration(directory, "third")
        let snapshot = "\(directory.path)/second/\(names[0])"
        #expect(bare.run("restore \(snapshot) --config \(third)") == .localError)
        #expect(bare.messages.contains("snapshot file"))
    }

    @Test func `a new operator token is given to the restored cluster`() throws {
        let directory = try ScratchDirectory()
        let backup = try Self.make(directory)
        let file = try Self.configuration(directory, "second")
        let token = directory.path + "/new.token"
        let console = CapturedConsole()
        let line = "restore \(backup) --config \(file) --operator-token-file \(token)"
        #expect(console.run(line) == .done, "\(console.messages)")
        try Self.serve(file) { url in
            for file in [token, directory.path + "/token"] {
                let whoami = CapturedConsole()
                let code = whoami.run("whoami --endpoint \(url) --token-file \(file)")
                #expect(code == .done, "\(whoami.messages)")
                #expect(whoami.output.contains("operator"))
            }
        }
    }

    @Test func `nodes can't be restored from different things under one id`() throws {
        let directory = try ScratchDirectory()
        let backup = try Self.make(directory)
        let file = try Self.configuration(directory, "second")
        let console = CapturedConsole()
        #expect(console.run("restore \(backup) --config \(file) -o json") == .done)
        let id = try #require(
            console.output.firstMatch(of: /"cluster_id": "([^"]*)"/).map { String($0.1) })
        let other = try Self.configuration(directory, "third")
        let wrong = CapturedConsole()
        let token = "--operator-token-file \(directory.path)/new.token"
        #expect(
            wrong.run("restore \(backup) --config \(other) --cluster-id \(id) \(token)")
                == .localError)
        #expect(wrong.messages.contains("must be given the same"), "\(wrong.messages)")
        let right = CapturedConsole()
        #expect(right.run("restore \(backup) --config \(other) --cluster-id \(id)") == .done)
    }

    @Test func `a restore that was cut short stands in no later one's way`() throws {
        let directory = try ScratchDirectory()
        let backup = try Self.make(directory)
        let file = try Self.configuration(directory, "second")
        // As one that was killed leaves it: a node's directory under another name.
        let formation = Formation(
            cluster: .next(), settings: .standard, operatorToken: OperatorToken.draw())
        try FormatTarget(directory.path + "/killed").write(
            formation.identity(
                of: try ConfigurationFile.read(file, in: .ofProcess()), incarnation: 1))
        for name in ["second.incomplete", "second.incomplete-0123456789abcdef"] {
            try FileManager.default.copyItem(
                atPath: directory.path + "/killed", toPath: directory.path + "/" + name)
        }
        let console = CapturedConsole()
        #expect(
            console.run("restore \(backup) --config \(file)") == .done, "\(console.messages)")
        #expect(try directory.names().filter { $0.contains(".incomplete") }.isEmpty)
    }

    @Test func `a directory that is no node's is called so`() throws {
        let directory = try ScratchDirectory()
        let console = CapturedConsole()
        #expect(console.run("inspect \(directory.path)") == .localError)
        #expect(console.messages.contains("is a directory, but no node's"), "\(console.messages)")
    }

    @Test func `a restore that fails leaves nothing behind`() throws {
        let directory = try ScratchDirectory()
        let target = try FormatTarget(directory.path + "/data")
        #expect(throws: LocalError.self) {
            try target.write { _ in throw LocalError(message: "no room on the disk") }
        }
        #expect(try directory.names() == [])
    }

    @Test func `two backups to one place at once are two files, each whole`() throws {
        let directory = try ScratchDirectory()
        let path = directory.path + "/backup"
        var first = try BackupTarget(path, replaces: false)
        try first.write([1, 1])
        var second = try BackupTarget(path, replaces: false)
        try second.write([2])
        try first.write([1])
        try first.finish()
        #expect(throws: LocalError.self) { try second.finish() }
        #expect(try Data(contentsOf: URL(filePath: path)) == Data([1, 1, 1]))
    }

    /// The promise of the format: no byte of a backup can be other than it was.
    @Test func `a backup with any byte flipped is refused, and nothing is made`() throws {
        let directory = try ScratchDirectory()
        let backup = try Self.make(directory)
        let file = try Self.configuration(directory, "second")
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: backup)))
        #expect(bytes.count < 8192, "a small one is enough")
        let bad = directory.path + "/bad"
        for (place, byte) in bytes.enumerated() {
            var flipped = bytes
            flipped[place] = ~byte
            try Data(flipped).write(to: URL(filePath: bad))
            for line in ["restore \(bad) --config \(file)", "inspect \(bad)"] {
                let console = CapturedConsole()
                #expect(console.run(line) == .localError, "byte \(place)")
                #expect(
                    console.messages.contains("damaged at offset"),
                    "byte \(place): \(console.messages)")
                #expect(console.output.isEmpty)
            }
        }
        #expect(!(try directory.names().contains("second")))
        #expect(try directory.names().filter { $0.contains(".incomplete") }.isEmpty)
    }
}
