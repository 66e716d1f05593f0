import Basics
import Keyring
import Server
import Testing

@testable import keyclave

@Suite struct FormationTests {
    static let text = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"

    @Test func `a cluster id is a UUIDv7 with its time`() throws {
        let id = try #require(ClusterID(Self.text))
        #expect(id.description == Self.text)
        #expect(id.time == Timestamp(milliseconds: 1_645_557_742_000))
        #expect(ClusterID("017f22e279b07cc398c4dc0c0c07398f") == id)
        #expect(ClusterID(ClusterID.next().description) != nil)
    }

    @Test(arguments: [
        "", "c1", "017f22e2-79b0-4cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-18c4-dc0c0c07398f",
        "017f22e279b07cc398c4dc0c0c07398", "éééééééééééééééé",
    ])
    func `anything else is none`(text: String) {
        #expect(ClusterID(text) == nil)
    }

    @Test func `nodes formatted apart start from the same bytes`() throws {
        let cluster = try #require(ClusterID(Self.text))
        let token = OperatorToken.draw()
        let one = Formation(cluster: cluster, settings: .standard, operatorToken: token)
        let other = Formation(cluster: cluster, settings: .standard, operatorToken: token)
        #expect(one.genesis.encode() == other.genesis.encode())
        #expect(one.genesis.time == cluster.time)
        #expect(one.genesis.operatorDigest == SHA256.digest(of: Array(token.utf8)))
        #expect("\(one.genesis.operatorSuffix)" == token.suffix(4))
        #expect(OperatorToken.isOne(token))
        let third = Formation(
            cluster: cluster, settings: .standard, operatorToken: OperatorToken.draw())
        #expect(third.genesis.operatorToken != one.genesis.operatorToken)
    }

    static let configuration = #"""
        {"node": "n2", "data_directory": "data", "members": [
        {"id": "n1", "peer": "127.0.0.1:1", "http": "127.0.0.1:2"},
        {"id": "n2", "peer": "127.0.0.1:3", "http": "127.0.0.1:4"}]}
        """#

    @Test func `format makes a private directory once and never over anything`() throws {
        let directory = try ScratchDirectory()
        let file = try directory.file("n2.json", Self.configuration)
        let line = "format --config \(file) --operator-token-file \(directory.path)/token"
        let first = CapturedConsole()
        #expect(first.run(line + " --cluster-id \(Self.text)") == .done)
        #expect(first.output == "cluster_id  \(Self.text)\nnode        n2\n")
        #expect(try directory.mode(of: "data") == 0o700)
        let names = try directory.names(in: "data")
        #expect(names.contains("identity") && names.contains("hard-state"))
        for name in names { #expect(try directory.mode(of: "data/\(name)") == 0o600) }
        #expect(try directory.mode(of: "token") == 0o600)
        #expect(try directory.names() == ["data", "n2.json", "token"])
        let token = try directory.text(of: "token")

        let second = CapturedConsole()
        #expect(second.run(line) == .localError)
        #expect(second.messages.contains("\(directory.path)/data isn't empty"))
        #expect(try directory.text(of: "token") == token)
    }

    @Test func `a node that is to join starts alone, and with nothing`() throws {
        let directory = try ScratchDirectory()
        let file = try directory.file("n2.json", Self.configuration)
        let console = CapturedConsole()
        let line = "format --config \(file) --join --cluster-id \(Self.text)"
        #expect(console.run(line) == .done, "\(console.messages)")
        #expect(
            (console.output + console.messages).contains(
                "keyclave cluster add n2 --address 127.0.0.1:3 --http 127.0.0.1:4"))
        let identity = try DataDirectory(at: directory.path + "/data").recover().identity
        #expect(identity.members.map(\.node) == [identity.node])
        #expect(identity.genesis == [])
    }

    @Test func `a first node must be told where the operator token goes`() throws {
        let directory = try ScratchDirectory()
        let file = try directory.file("n2.json", Self.configuration)
        let console = CapturedConsole()
        #expect(console.run("format --config \(file)") == .localError)
        #expect(console.messages.contains("--operator-token-file"), "\(console.messages)")
        #expect(try directory.names() == ["n2.json"])
    }

    @Test func `any file at all makes a directory unfit`() throws {
        let directory = try ScratchDirectory()
        let file = try directory.file("n2.json", Self.configuration)
        try directory.makeDirectory("data")
        _ = try directory.file("data/notes", "mine")
        let console = CapturedConsole()
        let line = "format --config \(file) --operator-token-file \(directory.path)/token"
        #expect(console.run(line) == .localError)
        #expect(try directory.names(in: "data") == ["notes"])
    }

    @Test(arguments: [
        ("--set active_key_per_user=5", "did you mean active_keys_per_user?"),
        ("--set active_keys_per_user", "--set must be NAME=VALUE"),
        ("--set active_keys_per_user=0", "active_keys_per_user must be from"),
        ("--set active_keys_per_user=101", "active_keys_per_user"),
        ("--set lease_wait_milliseconds=2000", "contradicts the other settings"),
        ("--cluster-id 5", "must be a UUID of version 7"),
        ("--join", "--join needs --cluster-id"),
        ("--join --cluster-id \(text)", "--operator-token-file is for the first nodes"),
    ])
    func `what is wrong is named and nothing is made`(option: String, message: String) throws {
        let directory = try ScratchDirectory()
        let file = try directory.file("n2.json", Self.configuration)
        let console = CapturedConsole()
        let line = "format --config \(file) --operator-token-file \(directory.path)/token \(option)"
        #expect(console.run(line) == .localError)
        #expect(console.messages.contains(message), "\(console.messages)")
        #expect(try directory.names() == ["n2.json"])
    }
}
