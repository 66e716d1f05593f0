import Basics
import Glibc
import Synchronization

/// One node of a test's cluster: a real process that is started, killed and started again.
final class TestNode: Sendable {
    let files: NodeFiles
    let httpPort: UInt16
    let peerPort: UInt16
    private let shape: ClusterShape
    private let warden: Warden
    private let process = Mutex<ChildProcess?>(nil)
    private let paused = Mutex(false)

    init(
        files: NodeFiles, httpPort: UInt16, peerPort: UInt16, shape: ClusterShape, warden: Warden
    ) {
        self.files = files
        self.httpPort = httpPort
        self.peerPort = peerPort
        self.shape = shape
        self.warden = warden
    }

    var id: String { files.id }
    /// Its place among the cluster's nodes.
    var index: Int { files.number - 1 }
    var isRunning: Bool { process.withLock { $0 != nil && $0?.poll() == nil } }
    var log: String { Files.text(of: files.log) }

    func client(patience: Duration = .seconds(20)) -> HTTPClient {
        HTTPClient(port: httpPort, patience: patience)
    }

    /// One request on a connection of its own.
    func send(_ request: Request) throws -> Answer { try client().send(request) }

    /// Starts the process; whether it comes up, `waitUntilReady` tells.
    func start() throws {
        let environment = Program.environment.merging(shape.environment) { $1 }
            .merging(shape.environments[id] ?? [:]) { $1 }
        let child = try ChildProcess(
            shape.program, ["serve", "--config", files.configuration], environment: environment,
            output: files.log)
        warden.entrust(child)
        process.withLock { process in
            precondition(process == nil || process?.poll() != nil, "\(id) runs already")
            process = child
        }
    }

    /// kill -9, and gone when this returns.
    func kill() throws {
        paused.withLock { $0 = false }
        guard let child = take() else { return }
        try child.destroy()
        warden.release(child)
    }

    /// SIGTERM, and how it ended.
    func terminate(within duration: Duration = .seconds(30)) throws -> ProcessEnd {
        guard let child = take() else { throw TimedOut(what: "\(id), which doesn't run") }
        child.signal(SIGTERM)
        do {
            let end = try child.wait(within: duration)
            warden.release(child)
            return end
        } catch {
            try child.destroy()
            warden.release(child)
            throw error
        }
    }

    /// Waits until the process ends by itself.
    func waitForEnd(within duration: Duration = .seconds(30)) throws -> ProcessEnd {
        guard let child = process.withLock({ $0 }) else { throw TimedOut(what: "\(id)") }
        let end = try child.wait(within: duration)
        warden.release(child)
        return end
    }

    /// Stops the process: the kernel goes on to take what is sent to it.
    func pause() throws {
        paused.withLock { $0 = true }
        try process.withLock { $0 }?.stop()
    }

    func resume() {
        signal(SIGCONT)
        paused.withLock { $0 = false }
    }

    /// Whether asking it means waiting until somebody resumes it.
    var isPaused: Bool { paused.withLock { $0 } }

    func signal(_ number: Int32) { process.withLock { $0 }?.signal(number) }

    /// Whether GET /readyz is answered with 200 now.
    var isReady: Bool { isFine("/readyz") }

    private func isFine(_ page: String) -> Bool {
        (try? client(patience: .seconds(2)).send(Request("GET", page)))?.status == 200
    }

    func waitUntilReady(within duration: Duration = .seconds(60)) throws {
        try waitUntilFine("/readyz", within: duration)
    }

    /// As above, but the process need only live.
    func waitUntilAlive() throws { try waitUntilFine("/livez", within: .seconds(60)) }

    private func waitUntilFine(_ page: String, within duration: Duration) throws {
        try eventually("\(id) to answer \(page)", within: duration) {
            if let end = process.withLock({ $0 })?.poll() {
                let early = EarlyEnd(node: id, end: end, log: String(log.suffix(2000)))
                // While it was down, a connection on its way out was given the node's port.
                guard early.portWasTaken else { throw early }
                try start()
                return false
            }
            return isFine(page)
        }
    }

    /// A node ended where it should serve.
    struct EarlyEnd: Error, CustomStringConvertible {
        var node: String
        var end: ProcessEnd
        var log: String
        var description: String { "\(node) ended (\(end)); the end of its log:\n\(log)" }
        var portWasTaken: Bool {
            log.split(separator: "\n").last?.contains("Address already in use") == true
        }
    }

    private func take() -> ChildProcess? {
        process.withLock { process in
            defer { process = nil }
            return process
        }
    }
}
