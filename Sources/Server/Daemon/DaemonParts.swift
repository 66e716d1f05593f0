import Basics
import Keyring
import Linux
import Replica

/// Everything that the threads of a node share, made before the first of them starts.
struct DaemonParts {
    let replica: Mailbox<ReplicaLetter>
    let disk: DiskThread
    let snapshots: SnapshotThread
    let resolver: PeerResolver
    let fronts: [FrontThread]
    let network: PeerNetwork
    let metrics: ServerMetrics
    let httpAddress: SocketAddress
    var peerAddress: SocketAddress { network.address }

    init(
        _ configuration: NodeConfiguration, version: String, table: KeyTable, log: Log,
        wishes: Mailbox<Daemon.Wish>
    ) throws(SystemError) {
        let replica = try Mailbox<ReplicaLetter>()
        let metrics = ServerMetrics(fronts: configuration.frontThreads, log: log)
        let disk = try DiskConfiguration(of: configuration)
        self.replica = replica
        self.metrics = metrics
        self.disk = try DiskThread(disk: disk, replica: replica, metrics: metrics.disk)
        snapshots = try SnapshotThread(disk: disk, replica: replica, metrics: metrics.disk)
        resolver = try PeerResolver(peers: configuration.peers, replica: replica, log: log)
        network = try PeerNetwork(
            listener: try ListeningSocket(at: try configuration.peerListen.first()),
            mailbox: replica, log: log)
        let services = FrontServices(
            node: configuration.node, table: table, replica: replica,
            snapshots: snapshots.orders, wishes: wishes, pages: MonitoringPages(metrics: metrics),
            log: log,
            settings: configuration.frontSettings(version: version))
        (fronts, httpAddress) = try DaemonParts.makeFronts(configuration, services, metrics)
    }

    /// The first listener takes the port, which may be any; the others share it.
    private static func makeFronts(
        _ configuration: NodeConfiguration, _ services: FrontServices, _ metrics: ServerMetrics
    ) throws(SystemError) -> ([FrontThread], SocketAddress) {
        var address = try configuration.httpListen.first()
        // Without sharing first: another process must not be listening there with sharing.
        _ = try ListeningSocket(at: address)
        var fronts: [FrontThread] = []
        for number in 0..<configuration.frontThreads {
            let listener = try ListeningSocket(at: address, shared: true)
            address = listener.address
            fronts.append(
                try FrontThread(
                    number: number, listener: listener, mailbox: try Mailbox(),
                    services: services, metrics: metrics.fronts[number]))
        }
        return (fronts, address)
    }

    /// Starts every thread.
    func start(
        _ node: consuming Node, notices: Mailbox<Daemon.Notice>
    ) throws(SystemError) -> DaemonThreads {
        let wiring = ReplicaThread.Wiring(
            resolver: resolver, mailbox: replica, disk: disk.orders, snapshots: snapshots.orders,
            fronts: fronts.map(\.mailbox), events: metrics.events, pulse: metrics.pulse,
            board: metrics.board, onStopped: { notices.send(.nodeStopped) })
        let owner = ReplicaThread(node: node, network: network, wiring: wiring)
        var rest: [Thread] = []
        rest.append(try disk.start())
        rest.append(try snapshots.start())
        rest.append(try resolver.start())
        let replicaThread = try owner.start()
        var frontThreads: [Thread] = []
        for front in fronts { frontThreads.append(try front.start()) }
        return DaemonThreads(fronts: frontThreads, replica: replicaThread, rest: rest)
    }
}

/// The running threads, in the order in which they end.
struct DaemonThreads {
    let fronts: [Thread]
    let replica: Thread
    /// Disk, snapshots and resolver.
    let rest: [Thread]

    func joinFronts() { for thread in fronts { thread.join() } }
    func joinReplica() { replica.join() }
    func joinRest() { for thread in rest { thread.join() } }
}
