import Basics
import Foundation
import HTTP
import Journal
import Keyring
import Linux
import Synchronization
import Testing

@testable import Server

/// Whole nodes in this process, over loopback and real files.
struct DaemonTests {
    /// The configurations of a formatted cluster in a temporary directory.
    final class Cluster {
        let directory: TemporaryDirectory
        let token: String
        var configurations: [NodeConfiguration] = []
        static let secret = Array("a secret of the cluster under test".utf8)

        init(nodes: Int) throws {
            directory = try TemporaryDirectory()
            let random = Entropy.bytes(KeyText.randomBytesWanted)
            let text = try #require(KeyText(role: .operator, random: random))
            token = text.secret
            let suffix = try #require(Suffix(token.suffix(4)))
            let genesis = Genesis(
                settings: .standard, operatorToken: TokenID(1), operatorDigest: text.digest,
                operatorSuffix: suffix, time: Clocks.wall())
            let members = (1...nodes).map { number in
                NodeConfiguration.Member(
                    id: NodeID(UInt32(number)), peer: Self.peerAddress(number),
                    http: HostPort(host: "127.0.0.1", port: 1))
            }
            for member in members {
                let path = "\(directory.path)/\(member.id)"
                let identity = Identity(
                    clusterID: [UInt8](repeating: 3, count: 16), node: member.id,
                    members: members.map {
                        IdentityMember(node: $0.id, address: $0.peer.description)
                    },
                    incarnation: UInt64(member.id.rawValue), genesis: genesis.encode())
                try DataDirectory(creatingAt: path).format(identity)
                configurations.append(try Self.configuration(member, members, path))
            }
        }

        /// Peers must know each other's ports before any of them listens, so the kernel can't
        /// choose them. A loopback address of this process and node alone has every port free.
        private static func peerAddress(_ node: Int) -> HostPort {
            let number = Int(ProcessControl.identifier) << 2 | node & 3
            let host = "127.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)"
            return HostPort(host: host, port: nextPort.wrappingAdd(1, ordering: .relaxed).newValue)
        }

        private static let nextPort = Atomic<UInt16>(7200)

        private static func configuration(
            _ member: NodeConfiguration.Member, _ members: [NodeConfiguration.Member],
            _ path: String
        ) throws -> NodeConfiguration {
            let list = members.map {
                #"{"id":"\#($0.id)","peer":"\#($0.peer)","http":"\#($0.http)"}"#
            }
            let text = """
                {"node": "\(member.id)", "data_directory": "\(path)", "front_threads": 1,
                 "http_listen": "127.0.0.1:1", "peer_listen": "\(member.peer)",
                 "members": [\(list.joined(separator: ","))], "log_level": "error"}
                """
            var configuration = try NodeConfiguration(text: Array(text.utf8), directory: "/")
            configuration.httpListen = HostPort(host: "127.0.0.1", port: 0)
            return configuration
        }

        func start(_ number: Int) throws -> Daemon {
            try Daemon(configurations[number - 1], secrets: [Self.secret], version: "test")
        }

        /// Asks until the node is open and has found a leader: however busy the machine is, that
        /// is no matter of how often it is asked.
        func ask(
            _ daemon: Daemon, _ method: String, _ path: String, _ body: String = ""
        ) throws -> (status: Int, body: String) {
            let client = try TestClient(daemon.httpAddress)
            let deadline = Clocks.now() + .seconds(30)
            while Clocks.now() < deadline {
                try client.send(
                    "\(method) \(path) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\n"
                        + "Content-Type: application/json\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
                let answer = try client.answer()
                if answer.status != 503 { return (answer.status, answer.body) }
            }
            return (503, "")
        }
    }

    private func member(_ name: String, of body: String) throws -> String {
        let value = try JSONValue(Array(body.utf8))
        return try #require(value[name]?.string)
    }

    @Test func aNodeServesStopsAndRemembers() throws {
        let cluster = try Cluster(nodes: 1)
        let first = try cluster.start(1)
        let created = try cluster.ask(first, "POST", "/v1/accounts", #"{"name":"Acme"}"#)
        #expect(created.status == 201)
        let account = try member("id", of: created.body)
        first.stop()
        let second = try cluster.start(1)
        let shown = try cluster.ask(second, "GET", "/v1/accounts/\(account)")
        #expect(shown.status == 200)
        #expect(try member("name", of: shown.body) == "Acme")
        second.stop()
    }

    @Test func anOperatorReadsPageByPageWhatWasChangedInTheClusterItself() throws {
        let cluster = try Cluster(nodes: 1)
        let daemon = try cluster.start(1)
        defer { daemon.stop() }
        for (method, path, body) in [
            ("POST", "/v1/accounts", #"{"name":"Acme"}"#),
            ("PATCH", "/v1/cluster/settings", #"{"active_keys_per_user":4}"#),
            ("POST", "/v1/tokens", #"{"role":"operator","name":"second"}"#),
        ] {
            #expect(try cluster.ask(daemon, method, path, body).status < 300, "\(path)")
        }
        var actions: [String?] = []
        var path = "/v1/audit?limit=2"
        while actions.count < 5 {
            let page = try JSONValue(Array(try cluster.ask(daemon, "GET", path).body.utf8))
            actions += try #require(page["items"]?.array).map { $0["action"]?.string }
            guard let next = page["next"]?.string else { break }
            path = "/v1/audit?limit=2&before=\(next)"
        }
        #expect(actions == ["token.created", "settings.updated", "account.created"])
    }

    @Test func leadershipIsForMembersAndTheLeaderHasIt() throws {
        let cluster = try Cluster(nodes: 1)
        let daemon = try cluster.start(1)
        defer { daemon.stop() }
        // The node leads once it has answered a change.
        #expect(try cluster.ask(daemon, "POST", "/v1/accounts", #"{"name":"A"}"#).status == 201)
        let path = "/v1/cluster/transfer-leadership"
        #expect(try cluster.ask(daemon, "POST", path, #"{"to":"n1"}"#).status == 200)
        let stranger = try cluster.ask(daemon, "POST", path, #"{"to":"n9"}"#)
        #expect(stranger.status == 400)
        #expect(try member("field", of: stranger.body) == "to")
    }

    @Test func aDirectoryHasOneProcessAndOneNode() throws {
        let cluster = try Cluster(nodes: 1)
        let daemon = try cluster.start(1)
        let path = cluster.configurations[0].dataDirectory
        let locked = #expect(throws: StartFailure.self) { _ = try cluster.start(1) }
        #expect(locked?.description == "\(path) is in use by another process")
        daemon.stop()
        cluster.configurations[0].node = NodeID(2)
        let foreign = #expect(throws: StartFailure.self) { _ = try cluster.start(1) }
        #expect(foreign?.description == "\(path) belongs to n1, not n2")
        let empty = try TemporaryDirectory()
        cluster.configurations[0].dataDirectory = empty.path
        let refused = #expect(throws: StartFailure.self) { _ = try cluster.start(1) }
        #expect(refused?.description.hasPrefix("\(empty.path): nothing here;") == true)
    }

    @Test func aDirectoryThatIsMissingOrEmptySaysHowToMakeOne() throws {
        let directory = try TemporaryDirectory()
        let missing = directory.path + "/n1"
        for isThere in [false, true] {
            if isThere { _ = try Directory(creatingAt: missing) }
            let refusal = #expect(throws: DataDirectoryRefusal.self) {
                _ = try DataDirectory(at: missing).recover()
            }
            #expect(refusal?.description.hasPrefix("\(missing): nothing here; “keyclave") == true)
        }
    }

    @Test func aFormattedDirectoryIsNotFormattedAgain() throws {
        let cluster = try Cluster(nodes: 1)
        let path = cluster.configurations[0].dataDirectory
        let identity = Identity(
            clusterID: [UInt8](repeating: 3, count: 16), node: NodeID(1),
            members: [IdentityMember(node: NodeID(1), address: "a:1")], incarnation: 9,
            genesis: [])
        let refusal = #expect(throws: DataDirectoryRefusal.self) {
            try DataDirectory(at: path).format(identity)
        }
        #expect(refusal?.description == "\(path) is a node's data directory already")
    }

    @Test func threeNodesAgreeAndGoOnWithoutTheirLeader() throws {
        let cluster = try Cluster(nodes: 3)
        var nodes = try (1...3).map { try cluster.start($0) }
        let created = try cluster.ask(nodes[0], "POST", "/v1/accounts", #"{"name":"Acme"}"#)
        #expect(created.status == 201)
        let account = try member("id", of: created.body)
        for node in nodes {
            #expect(try cluster.ask(node, "GET", "/v1/accounts/\(account)").status == 200)
        }
        let status = try cluster.ask(nodes[0], "GET", "/v1/cluster")
        let leader = try #require(NodeID(text: try member("leader", of: status.body)))
        nodes[Int(leader.rawValue) - 1].stop()
        nodes.remove(at: Int(leader.rawValue) - 1)
        for node in nodes {
            let renamed = try cluster.ask(
                node, "PATCH", "/v1/accounts/\(account)", #"{"name":"Other"}"#)
            #expect(renamed.status == 200)
        }
        for node in nodes { node.stop() }
    }
}
