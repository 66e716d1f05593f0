import Basics
import HTTP
import Linux

/// A cluster, as a service sees it: asks whether keys are good, charges them, administers them.
///
/// Any number of tasks may use it at once. Calls share a bounded number of connections, each of
/// which is kept; there is no global state, and with the last reference the connections are
/// closed as soon as they have nothing left to do.
///
/// Laws: a question goes to the first node of the order that serves, and to the next when there is
/// no answer; what changes something bears one id from the first attempt to the last, drawn anew
/// for each call unless the caller gives it; an outcome that isn't known is asked for under that
/// id until it is, or until the deadline, and then it is called
/// ``ClientError/outcomeUnknown(id:reason:)`` and nothing else.
public final class Keyclave: Sendable {
    public let settings: Settings
    private let validations: Dispatcher
    /// For everything else, which may take long: a validation never waits for it.
    private let others: Dispatcher
    private let scout: Scout?

    /// `nodes` are addresses like `http://127.0.0.1:7101`, the near one first. Throws
    /// ``ClientError/invalidSettings(_:)``.
    public init(nodes: [String], settings: Settings = Settings()) throws(ClientError) {
        var endpoints: [Endpoint] = []
        for text in nodes {
            guard let endpoint = Endpoint(text) else {
                throw .invalidSettings(
                    "a node must be like http://127.0.0.1:7101, not “\(text)”")
            }
            guard !endpoints.contains(endpoint) else {
                throw .invalidSettings("\(endpoint) is named twice")
            }
            endpoints.append(endpoint)
        }
        guard !endpoints.isEmpty else { throw .invalidSettings("no node is named") }
        if let complaint = settings.complaint { throw .invalidSettings(complaint) }
        self.settings = settings
        let directory = NodeDirectory(
            NodeRanking(count: endpoints.count, preference: settings.order),
            troubleTime: Basics.Duration(settings.troubleTime))
        do throws(SystemError) {
            let idleTime = Basics.Duration(settings.idleTime)
            validations = try Dispatcher(
                endpoints: endpoints, nodes: directory, laneLimit: settings.connections,
                waitingLimit: settings.waiting, idleTime: idleTime)
            others = try Dispatcher(
                endpoints: endpoints, nodes: directory, laneLimit: settings.changeConnections,
                waitingLimit: settings.waiting, idleTime: idleTime)
            guard endpoints.count > 1, let interval = settings.scouting else {
                scout = nil
                return
            }
            scout = try Scout(endpoints, directory, interval: Basics.Duration(interval))
        } catch {
            throw .invalidSettings("\(error)")
        }
    }

    deinit {
        scout?.stop()
        validations.close()
        others.close()
    }

    /// Any request of the interface, for what has no method here. The answer's status is in
    /// 200…299; any other is thrown. Without an id a request that isn't safe is sent once only.
    public func send(_ request: ClientRequest) async throws(ClientError) -> Response {
        try await send(request, settings.forChanges)
    }

    func send(
        _ request: ClientRequest, _ settings: ClientSettings
    ) async throws(ClientError) -> Response {
        try await submit(request, settings, to: others)
    }

    func validate(_ request: ClientRequest) async throws(ClientError) -> Response {
        try await submit(request, settings.forValidations, to: validations)
    }

    private func submit(
        _ request: ClientRequest, _ settings: ClientSettings, to dispatcher: Dispatcher
    ) async throws(ClientError) -> Response {
        let call = Call(request, settings)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { caller in
                call.begin(for: caller)
                dispatcher.submit(call)
            }
        } onCancel: {
            call.cancel()
            dispatcher.withdraw(call)
        }
        return try result.get()
    }
}

extension Keyclave {
    /// Which node is asked first.
    public enum NodeOrder: Hashable, Sendable {
        /// As they are listed: for who knows which one is near, the one on the same machine, say.
        case listed
        /// By measure: the one whose answer comes soonest, asked as often as the settings'
        /// `scouting` says, which must say something.
        case nearest
    }

    /// The bounds of a ``Keyclave``.
    public struct Settings: Sendable {
        public var order = NodeOrder.listed
        /// Connections for validations, and threads that wait for their answers, at most.
        public var connections = 8
        /// The same for everything else: what a change waits for, no validation waits for.
        public var changeConnections = 8
        /// Calls that may wait for a connection, validations and others each; the next one gets
        /// ``ClientError/overloaded``.
        public var waiting = 1_024
        /// For a validation in all, over all nodes and repetitions.
        public var validationDeadline = Swift.Duration.seconds(2)
        /// How long a node may be silent about a validation, while another is left to be asked.
        public var validationSilence = Swift.Duration.milliseconds(500)
        /// For everything else in all.
        public var deadline = Swift.Duration.seconds(30)
        /// How often every node is asked whether it serves; nil for never.
        public var scouting: Swift.Duration? = .seconds(2)
        /// How long a connection is kept that nothing is sent on. Nodes close theirs after 60 s.
        public var idleTime = Swift.Duration.seconds(30)
        /// How long a node that failed is left alone, unless scouting finds it well before.
        public var troubleTime = Swift.Duration.seconds(5)

        public init() {}

        var forValidations: ClientSettings {
            var settings = ClientSettings()
            settings.deadline = Basics.Duration(validationDeadline)
            settings.silenceTimeout = Basics.Duration(validationSilence)
            settings.connectTimeout = Basics.Duration(validationSilence)
            settings.shortestPause = .milliseconds(20)
            settings.longestPause = .milliseconds(200)
            return settings
        }

        var forChanges: ClientSettings {
            var settings = ClientSettings()
            settings.deadline = Basics.Duration(deadline)
            return settings
        }

        /// What can't be followed.
        var complaint: String? {
            if connections < 1 || changeConnections < 1 {
                return "a client needs at least one connection of each kind"
            }
            if waiting < 0 { return "less than nobody can't wait" }
            if order == .nearest, scouting == nil {
                return "who never asks the nodes can't say which one is nearest"
            }
            let times = [validationDeadline, validationSilence, deadline, idleTime, troubleTime]
            if times.contains(where: { $0 <= .zero }) || scouting.map({ $0 <= .zero }) == true {
                return "every time must be longer than nothing"
            }
            return nil
        }
    }
}

extension Basics.Duration {
    /// Saturates; what is less than a nanosecond is cut off.
    init(_ duration: Swift.Duration) {
        let (seconds, attoseconds) = duration.components
        self = .seconds(seconds) + .nanoseconds(attoseconds / 1_000_000_000)
    }
}
