import Basics
import Keyring
import Linux
import Replica

/// Why a node can't start, in one line for its operator.
public struct StartFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}

/// A running node: its data directory, its sockets and its threads.
///
/// | thread | owns |
/// |---|---|
/// | `replica` | the node and the peer links |
/// | `disk` | the journal's files |
/// | `snapshot` | snapshot files and the encoding of snapshots |
/// | `front-N` | a listening socket and its clients' connections |
/// | `resolver` | the system's resolver, for peers known by name |
///
/// They share mailboxes, the key table and counters; nothing else.
public final class Daemon {
    /// What the replica thread tells the daemon.
    enum Notice: Sendable {
        /// A graceful stop has done what it could.
        case nodeStopped
    }

    /// What an operator asks of the process through one of its fronts.
    enum Wish: Sendable {
        case rereadSecrets
    }

    /// Where clients and peers connect, with the ports that were really taken.
    public let httpAddress: SocketAddress
    public let peerAddress: SocketAddress
    public let log: Log

    /// Held, and so locked, until the threads have ended.
    private var directory: DataDirectory?
    private let configuration: NodeConfiguration
    private let notices: Mailbox<Notice>
    private let wishes: Mailbox<Wish>
    /// With the sockets; nil once everything is closed.
    private var parts: DaemonParts?
    private let threads: DaemonThreads

    /// Locks and recovers the data directory, listens, and starts the threads. Whoever wants to
    /// handle signals makes the `SignalQueue` before.
    ///
    /// - Parameters:
    ///   - secrets: The cluster's secret, or two while it is being changed; none will do for a
    ///     cluster of one.
    ///   - version: What `/v1/cluster` calls the program.
    public init(
        _ configuration: NodeConfiguration, secrets: [[UInt8]], version: String
    ) throws(StartFailure) {
        let log = Log(node: configuration.node, threshold: configuration.logThreshold)
        let opened = try DataDirectory(starting: configuration.dataDirectory)
        let node = try Daemon.recoverNode(opened, configuration, secrets, log)
        self.log = log
        self.configuration = configuration
        do throws(SystemError) {
            notices = try Mailbox()
            wishes = try Mailbox()
            let parts = try DaemonParts(
                configuration, version: version, table: node.table, log: log,
                wishes: wishes)
            self.parts = parts
            httpAddress = parts.httpAddress
            peerAddress = parts.peerAddress
            threads = try parts.start(node, notices: notices)
        } catch {
            throw StartFailure("\(error)")
        }
        directory = consume opened
        log.info(
            "started",
            [
                "http": httpAddress, "peers": peerAddress, "fronts": configuration.frontThreads,
                "data": configuration.dataDirectory, "pid": ProcessControl.identifier,
            ])
    }

    /// Runs a node in this process until SIGTERM or SIGINT, which stop it gracefully. SIGHUP makes
    /// it read its secrets again; where there are none to read, it stops the node as well: its
    /// terminal is gone.
    ///
    /// - Parameters:
    ///   - rereadSecrets: Reads the secrets anew; throws why they can't be used. Nil for a node
    ///     that has none.
    ///   - announce: Called once the node listens.
    /// - Returns: The code to end the process with.
    public static func run(
        _ configuration: NodeConfiguration, secrets: [[UInt8]], version: String,
        rereadSecrets: (() throws -> [[UInt8]])? = nil, announce: (Daemon) -> Void = { _ in }
    ) throws(StartFailure) -> Int32 {
        SignalQueue.ignoreBrokenPipes()
        let signals: SignalQueue
        do throws(SystemError) {
            // Before the first thread, which would inherit the default actions.
            signals = try SignalQueue([.terminate, .interrupt, .hangUp])
        } catch {
            throw StartFailure("\(error)")
        }
        let daemon = try Daemon(configuration, secrets: secrets, version: version)
        announce(daemon)
        daemon.wait(for: signals, rereadSecrets)
        daemon.stop()
        return ExitCode.done
    }

    private func wait(
        for signals: borrowing SignalQueue, _ rereadSecrets: (() throws -> [[UInt8]])?
    ) {
        do throws(SystemError) {
            let poller = try Poller(batch: 1)
            try poller.add(signals.descriptor, .read, token: 0)
            try poller.add(wishes.wakeup.descriptor, .read, token: 1)
            var received: [Wish] = []
            while true {
                _ = poller.wait(nil)
                wishes.receive(into: &received)
                let signal = signals.next()
                if let rereadSecrets, !received.isEmpty || signal == .hangUp {
                    takeSecrets(rereadSecrets)
                }
                received.removeAll()
                guard let signal, signal != .hangUp || rereadSecrets == nil else { continue }
                log.info("signal", ["number": signal.number])
                return
            }
        } catch {
            log.error("fatal", ["reason": "\(error)"])
        }
    }

    /// Goes on with what the secrets' file holds now, or with what it held if that can't be used.
    private func takeSecrets(_ reread: () throws -> [[UInt8]]) {
        do {
            let secrets = try Daemon.usableSecrets(try reread(), isAlone: false)
            parts?.replica.send(.input(.secretsChanged(secrets)))
        } catch {
            log.error("secrets_refused", ["reason": "\(error)"])
        }
    }

    /// Hands leadership over, lets what is under way end, closes everything, and returns when all
    /// threads have ended. Once.
    public func stop() {
        guard let parts else { preconditionFailure("stopped twice") }
        let deadline = Clocks.now() + configuration.drainDeadline
        parts.replica.send(.input(.stopRequested))
        var received: [Notice] = []
        while received.isEmpty {
            let left = deadline - Clocks.now()
            guard left > .zero else { break }
            notices.wait(into: &received, timeout: left)
        }
        if received.isEmpty { log.warning("stop_deadline", ["left": "requests unanswered"]) }
        // Replies that the node has given stand before this in the same mailboxes.
        for front in parts.fronts { front.mailbox.send(.drain) }
        threads.joinFronts()
        parts.replica.send(.end)
        threads.joinReplica()
        parts.disk.orders.send(.stop)
        parts.snapshots.orders.send(.stop)
        parts.resolver.stop()
        threads.joinRest()
        self.parts = nil
        directory = nil
        log.info("stopped")
    }
}

extension Daemon {
    /// The node as the directory's last process left it.
    private static func recoverNode(
        _ directory: borrowing DataDirectory, _ configuration: NodeConfiguration,
        _ secrets: [[UInt8]], _ log: Log
    ) throws(StartFailure) -> Node {
        let recovered = try directory.recoveryAtStart()
        let recovery = recovered.recovery
        for blemish in recovery.blemishes { log.warning("blemish", ["detail": blemish]) }
        log.info(
            "recovered",
            [
                "verdict": "\(recovery.verdict)", "records": recovery.records.count,
                "snapshot": recovery.snapshot?.name ?? "none",
            ])
        guard recovery.identity.node == configuration.node else {
            throw StartFailure(
                "\(directory.path) belongs to \(recovery.identity.node), not \(configuration.node)")
        }
        // Which members there are now stands in the log; the file's are those of the beginning.
        let isFounder = !recovery.identity.genesis.isEmpty
        let formatted = recovery.identity.members.map(\.node)
        guard !isFounder || formatted == configuration.members.map(\.id) else {
            throw StartFailure(
                "\(directory.path) was formatted for the members "
                    + formatted.map(\.description).joined(separator: " "))
        }
        let start = NodeStart(
            directory: recovered, settings: configuration.nodeSettings,
            secrets: try usableSecrets(
                secrets, isAlone: isFounder && configuration.members.count == 1),
            entropy: Digest(Entropy.bytes(Digest.count)))
        do throws(NodeStartRefusal) {
            return try Node(start, clock: Clocks.reading())
        } catch {
            throw StartFailure("\(directory.path): \(error)")
        }
    }

    /// A node without peers needs no secret: it gets one that nobody knows.
    private static func usableSecrets(
        _ secrets: [[UInt8]], isAlone: Bool
    ) throws(StartFailure) -> [[UInt8]] {
        if secrets.isEmpty && isAlone { return [Entropy.bytes(32)] }
        guard (1...2).contains(secrets.count) else {
            throw StartFailure("one cluster secret is needed, or two while it is being changed")
        }
        guard secrets.allSatisfy({ ClusterSecret.lengths.contains($0.count) }) else {
            throw StartFailure("the cluster secret must have 16 to 1024 bytes")
        }
        return secrets
    }
}
