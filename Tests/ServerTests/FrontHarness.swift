import Basics
import HTTP
import Linux
import Replica
import Synchronization

@testable import Keyring
@testable import Server

/// A front thread over a key table of its own, with the test in the replica thread's place.
final class FrontHarness {
    let changes = TestTable()
    let table: KeyTable
    let replica: Mailbox<ReplicaLetter>
    let mailbox: Mailbox<FrontLetter>
    let snapshots: Mailbox<SnapshotThread.Order>
    let metrics: ServerMetrics
    let address: SocketAddress
    private let thread: Linux.Thread

    init(
        _ settings: FrontSettings = FrontSettings(
            router: Router.Settings(node: NodeID(1), version: "0")),
        waitingRoom: WaitingRoom = WaitingRoom()
    ) throws {
        table = changes.table
        replica = try Mailbox()
        mailbox = try Mailbox()
        snapshots = try Mailbox()
        let log = Log(node: NodeID(1), threshold: .error)
        metrics = ServerMetrics(fronts: 1, log: log)
        let services = FrontServices(
            node: NodeID(1), table: table, replica: replica, snapshots: snapshots,
            wishes: try Mailbox(), pages: MonitoringPages(metrics: metrics), log: log,
            settings: settings, waitingRoom: waitingRoom)
        let listener = try ListeningSocket(at: .loopback(), shared: true)
        address = listener.address
        let front = try FrontThread(
            number: 0, listener: listener, mailbox: mailbox, services: services,
            metrics: metrics.fronts[0])
        thread = try front.start()
        setLease(until: .never)
    }

    /// Gives the node one lease, for any state.
    func setLease(until expiry: SteadyInstant) {
        table.setLeases([Lease(expiry: expiry, minIndex: .zero)])
    }

    /// Ends the thread and waits for it.
    func stop() {
        mailbox.send(.drain)
        thread.join()
    }

    /// So many requests that the front thread hands over next; waits for them.
    func requests(_ count: Int) -> [ClientRequest] {
        var all: [ClientRequest] = []
        while all.count < count { all += requests() }
        return all
    }

    /// The requests that the front thread hands over next; waits for them.
    func requests() -> [ClientRequest] {
        var letters: [ReplicaLetter] = []
        while letters.isEmpty { replica.wait(into: &letters) }
        return letters.flatMap { letter -> [ClientRequest] in
            guard case .input(.requests(let requests)) = letter else { return [] }
            return requests
        }
    }

    /// Adds an active key of a fresh user with this many credits left; its text.
    func addKey(api: API, seed: UInt64, remaining: UInt64? = nil) throws -> KeyText {
        var generator = EntropyStream(
            seed: SHA256.digest(of: withUnsafeBytes(of: seed) { Array($0) }))
        guard let text = KeyText(api: api, random: generator.bytes(KeyText.randomBytesWanted))
        else {
            fatalError("an unlucky seed")
        }
        let account = AccountID(seed * 16 + 1)
        let user = UserID(seed * 16 + 2)
        changes.apply(.accountAdded(account))
        changes.apply(.userAdded(user, account: account, role: .member))
        changes.apply(
            .keyAdded(
                KeyID(seed * 16 + 3), digest: text.digest, api: api, user: user, account: account,
                state: .active))
        if let remaining {
            changes.apply(
                .credits(
                    user, api,
                    CreditState(
                        allowance: Credits(clamping: 1000),
                        remaining: Credits(clamping: remaining), period: .none, periodNumber: 0,
                        periodEnd: nil)))
        }
        table.publish(LogIndex(seed))
        return text
    }
}

/// A client's connection, blocking, with a deadline for everything.
final class TestClient {
    private let socket: StreamSocket
    private var received: [UInt8] = []
    /// The other side threw away something that was sent, or that it had sent itself.
    private(set) var wasReset = false

    init(_ address: SocketAddress) throws {
        let dialled = try StreamSocket.connect(to: address)
        TestClient.wait(dialled.descriptor, .write)
        try dialled.connectionOutcome()
        socket = dialled
    }

    private static func wait(_ descriptor: borrowing Descriptor, _ interest: Interest) {
        do {
            let poller = try Poller(batch: 1)
            try poller.add(descriptor, interest, token: 0)
            precondition(poller.wait(.seconds(20)) == 1, "nothing came for 20 seconds")
        } catch {
            preconditionFailure("\(error)")
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            var taken = 0
            var trouble: SystemError?
            rest.withUnsafeBytes { raw in
                do throws(SystemError) {
                    if case .bytes(let count) = try socket.write(raw) { taken = count }
                } catch {
                    trouble = error
                }
            }
            if let trouble {
                wasReset = true
                throw trouble
            }
            if taken == 0 { TestClient.wait(socket.descriptor, .write) }
            rest = rest.dropFirst(taken)
        }
    }

    func finishSending() { socket.finishWriting() }

    /// Reads until `isEnough` says so or the other side closes; what was read since the last call.
    func read(until isEnough: (String) -> Bool) throws -> String {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let text = String(decoding: received, as: UTF8.self)
            if isEnough(text) { break }
            TestClient.wait(socket.descriptor, .read)
            var transfer = Transfer.wouldBlock
            buffer.withUnsafeMutableBytes { raw in
                do throws(SystemError) { transfer = try socket.read(into: raw) } catch {
                    wasReset = true
                    transfer = .end
                }
            }
            if case .bytes(let count) = transfer { received += buffer[..<count] }
            if transfer == .end { break }
        }
        defer { received = [] }
        return String(decoding: received, as: UTF8.self)
    }

    /// One answer whose body has a `Content-Length`.
    func answer() throws -> (status: Int, head: String, body: String) {
        let text = try read { text in
            guard let end = text.range(of: "\r\n\r\n") else { return false }
            return text[end.upperBound...].utf8.count >= TestClient.length(text[..<end.lowerBound])
        }
        guard let end = text.range(of: "\r\n\r\n") else { return (0, text, "") }
        let head = String(text[..<end.lowerBound])
        let length = TestClient.length(head[...])
        let rest = Array(text[end.upperBound...].utf8)
        received = Array(rest.dropFirst(length))
        let status = Int(head.split(separator: " ")[1]) ?? 0
        return (status, head, String(decoding: rest.prefix(length), as: UTF8.self))
    }

    /// Everything until the other side closes.
    func rest() throws -> String { try read { _ in false } }

    private static func length(_ head: Substring) -> Int {
        for line in head.split(separator: "\r\n")
        where line.lowercased().hasPrefix("content-length:") {
            return Int(line.split(separator: " ").last ?? "") ?? 0
        }
        return 0
    }
}

extension String {
    fileprivate func range(of text: String) -> Range<String.Index>? {
        self.ranges(of: text).first
    }
}
