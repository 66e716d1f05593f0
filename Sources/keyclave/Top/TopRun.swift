import Basics
import HTTP
import KeyclaveClient
import Linux

/// Watches a cluster until it is interrupted, or for one second.
struct TopRun {
    private let session: Session
    private let token: String
    private let isOnce: Bool
    private let isJSON: Bool
    private let surroundings: Surroundings

    private static let period = Duration.seconds(1)
    /// For a node's answer: whoever takes longer gives none.
    private static let patience = Duration.milliseconds(800)

    init(_ invocation: Invocation, _ surroundings: Surroundings) throws {
        session = try Session(invocation: invocation, surroundings: surroundings)
        token = try session.token()
        isOnce = invocation.has("once")
        isJSON = invocation.required("output") == "json"
        self.surroundings = surroundings
    }

    func run() throws -> ExitCode {
        // What is wrong with the token or the addresses is said before the screen is taken, and
        // signals end the command as ever until there is a screen to give back.
        var status = try status { try session.send($0) }
        var statusAt = Clocks.now()
        var samples = sample(status)
        // No thread runs now: threads inherit what is blocked.
        let signals = try SignalQueue([.interrupt, .terminate])
        let poller = try Poller(batch: 1)
        try poller.add(signals.descriptor, .read, token: 0)
        let screen =
            surroundings.hasScreen && !isOnce && !isJSON ? try TopScreen(surroundings) : nil
        defer { screen?.close() }
        var due = Clocks.now() + TopRun.period
        while poller.wait(max(.zero, due - Clocks.now())) == 0 {
            if Clocks.now() < due { continue }
            due = max(due + TopRun.period, Clocks.now())
            var trouble: String?
            do {
                status = try self.status { try leadersClient(status).send($0) }
                statusAt = Clocks.now()
            } catch {
                trouble = "\(error)"
            }
            let now = sample(status)
            let report = TopReport(
                status: status, statusAge: Clocks.now() - statusAt, trouble: trouble,
                nodes: members(of: status).map { id, member in
                    .init(id: id, member: member, before: samples[id], now: now[id])
                })
            try show(report, screen)
            if isOnce { return .done }
            samples = now
        }
        return .done
    }

    private func show(_ report: TopReport, _ screen: TopScreen?) throws(LocalError) {
        let value = report.value
        if isJSON {
            let text = isOnce ? value.prettyText : value.compactText
            return try surroundings.print(text + "\n")
        }
        let text = TableText(columns: []).text(of: value)
        if let screen { try screen.show(text) } else { try surroundings.print(text + "\n") }
    }

    // MARK: - Asking

    private func members(of status: JSONValue) -> [(id: String, member: JSONValue)] {
        (status["members"]?.array ?? []).compactMap { member in
            member["id"]?.string.map { ($0, member) }
        }
    }

    /// The leader knows most; any node's answer will do.
    private func leadersClient(_ status: JSONValue) -> Client {
        let leader = members(of: status).first { $0.id == status["leader"]?.string }
        let address = leader?.member["http"]?.string.flatMap { Endpoint($0) }
        var settings = ClientSettings()
        settings.deadline = TopRun.patience
        settings.connectTimeout = TopRun.patience
        let others = session.client.endpoints.filter { $0 != address }
        return Client(endpoints: (address.map { [$0] } ?? []) + others, settings: settings)
    }

    private func status(_ send: (ClientRequest) throws -> Response) throws -> JSONValue {
        let request = ClientRequest(
            method: .get, path: "/v1/cluster", authorization: token, isSafe: true,
            waitsForService: false)
        guard let status = try send(request).json() else {
            throw ClientError.malformedAnswer("a status without a body")
        }
        return status
    }

    /// Every member's metrics, all asked at once: one that is silent delays no other. They are
    /// asked where the cluster says that clients reach them and where the command line does, and
    /// each answer says whose it is: behind a tunnel the cluster's addresses are nobody's.
    private func sample(_ status: JSONValue) -> [String: NodeSample] {
        var endpoints = session.client.endpoints
        for (_, member) in members(of: status) {
            guard let endpoint = member["http"]?.string.flatMap({ Endpoint($0) }),
                !endpoints.contains(endpoint)
            else { continue }
            endpoints.append(endpoint)
        }
        let samples = Locked<[String: NodeSample]>([:])
        let threads = endpoints.compactMap { endpoint in
            try? Thread(name: "top") {
                guard let (id, page) = TopRun.metrics(of: endpoint) else { return }
                let sample = NodeSample(page, takenAt: Clocks.now())
                samples.withLock { $0[id] = sample }
            }
        }
        for thread in threads { thread.join() }
        return samples.withLock { $0 }
    }

    /// A node's name and what it counts.
    private static func metrics(of endpoint: Endpoint) -> (id: String, page: String)? {
        var settings = ClientSettings()
        settings.deadline = patience
        settings.connectTimeout = patience
        let request = ClientRequest(
            method: .get, path: "/metrics", isSafe: true, waitsForService: false)
        guard let answer = try? Client(endpoints: [endpoint], settings: settings).send(request),
            let id = answer.field("x-keyclave-node")
        else { return nil }
        return (id, String(decoding: answer.body, as: UTF8.self))
    }
}
