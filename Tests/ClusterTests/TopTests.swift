import Basics
import Glibc
import Linux
import Testing

extension RealProcesses {
    /// The live view, of real nodes and on a real terminal.
    @Suite struct Top {
        @Test func `one second of a cluster names every member, and what it does`() throws {
            try TestCluster.run { cluster in
                let leader = try cluster.leader()
                let dead = try #require(try cluster.followers().first)
                try dead.kill()
                let top = try CommandRun(["top", "--once", "-o", "json"], by: cluster)
                #expect(top.end == .exited(0), "\(top)")
                #expect(top.json["leader"]?.text == leader.id)
                let members = try #require(top.json["members"]?.list)
                #expect(members.compactMap { $0["node"]?.text } == cluster.nodes.map(\.id))
                for member in members {
                    let isDead = member["node"]?.text == dead.id
                    #expect(member["state"]?.text == (isDead ? "no answer" : "ready"))
                    #expect((member["validations_s"]?.number == nil) == isDead, "\(member)")
                }
                #expect(members.count { $0["role"]?.text == "leader" } == 1)
                let table = try CommandRun(["top", "--once"], by: cluster)
                #expect(table.output.contains("no answer"), "\(table)")
                #expect(!table.output.contains("\u{1B}"))
            }
        }

        @Test func `what is wrong is said before anything is shown`() throws {
            try TestCluster.run(ClusterShape(nodeCount: 1)) { cluster in
                let refused = try CommandRun(["top", "--once", "--token", "kct_x"], by: cluster)
                #expect(refused.end == .exited(2) && refused.output.isEmpty, "\(refused)")
            }
        }

        /// A listener that takes connections and never answers stands for a node that hangs.
        @Test func `an interrupt ends it before anybody has answered`() throws {
            let directory = try Files.makeTemporaryDirectory()
            defer { Files.remove(directory) }
            let mute = try ListeningSocket(at: .loopback())
            let process = try ChildProcess(
                Program.path, ["top", "--token", "kct_operator_x"],
                environment: Program.environment.merging([
                    "KEYCLAVE_ENDPOINTS": "http://\(mute.address)"
                ]) { $1 }, output: directory + "/top.err")
            defer { _ = try? process.destroy() }
            let caller = try eventually("its question") { try Caller(at: mute) }
            process.signal(SIGINT)
            #expect(try process.wait(within: .seconds(5)) == .killed(signal: SIGINT))
            withExtendedLifetime(caller) {}
        }

        /// Who is connected while this lives.
        private final class Caller {
            private let socket: StreamSocket

            /// Nil if nobody has come yet.
            init?(at listener: borrowing ListeningSocket) throws {
                guard let socket = try listener.accept() else { return nil }
                self.socket = socket
            }
        }

        @Test func `a terminal is left as it was, by an interrupt too`() throws {
            try TestCluster.run(ClusterShape(nodeCount: 1)) { cluster in
                let terminal = try Terminal()
                let process = try ChildProcess(
                    Program.path, ["top"], environment: CommandRun.environment(of: cluster),
                    output: cluster.directory + "/top.err", standardOutput: terminal.path)
                defer { _ = try? process.destroy() }
                // Two pictures, so that the second stands in the first one's place.
                try terminal.read(until: "\u{1B}[J", times: 2)
                process.signal(SIGINT)
                #expect(try process.wait() == .exited(0))
                terminal.readRest()
                #expect(terminal.text.hasPrefix("\u{1B}[?1049h\u{1B}[?25l\u{1B}[H"))
                #expect(terminal.text.contains("leader"))
                #expect(terminal.text.hasSuffix("\u{1B}[?25h\u{1B}[?1049l"), "\(terminal.text)")
            }
        }
    }

    /// The far end of a terminal that a process writes to.
    private final class Terminal {
        let path: String
        private let number: Int32
        private(set) var text = ""

        /// By the kernel's own names: the library's functions are hidden from Swift.
        init() throws {
            number = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK)
            let (unlock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
            var (isLocked, place): (Int32, UInt32) = (0, 0)
            guard number >= 0, ioctl(number, unlock, &isLocked) == 0,
                ioctl(number, getNumber, &place) == 0
            else { throw TimedOut(what: "a terminal") }
            path = "/dev/pts/\(place)"
        }

        deinit { close(number) }

        func read(until word: String, times: Int) throws {
            try eventually("\(times) times \(word.debugDescription)") {
                readRest()
                return text.ranges(of: word).count >= times
            }
        }

        /// What has been written so far.
        func readRest() {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = Glibc.read(number, &buffer, buffer.count)
                guard count > 0 else { return }
                text += String(decoding: buffer[..<count], as: UTF8.self)
            }
        }
    }
}
