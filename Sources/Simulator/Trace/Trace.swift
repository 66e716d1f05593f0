import Basics
import Consensus
import Keyring
import Replica

/// Something noteworthy that happened in a run.
public enum TraceEvent: Sendable {
    case fault(Fault)
    case started(NodeID)
    case ended(NodeID, losingPower: Bool)
    /// The node can't come back, and why.
    case lost(NodeID, String)
    /// The node ended its own process, with this line.
    case fatal(NodeID, String)
    case event(NodeID, NodeEvent)
    case sent(TracedMessage)
    /// A client, by its name, asked a node; and was answered, or gave up.
    case asked(String, NodeID, String)
    case answered(String, NodeID?, String)
    /// The first node applied the entry.
    case committed(LogIndex, Term, String)
}

/// The bytes of one send, on their way between two nodes.
public struct TracedMessage: Sendable {
    public var from: NodeID
    public var to: NodeID
    public var sent: Instant
    /// When the receiving process took them; nil if it never did, or not yet.
    public var arrived: Instant?
    public var bytes: Int
    /// What they say; nil unless the trace is detailed.
    public var content: PeerSend?
    /// They were sent at some time before and arrive once more.
    public var isReplay = false
}

/// What a node looked like after a step in which that changed.
public struct TracedView: Sendable {
    public var time: Instant
    public var node: NodeID
    public var inspection: NodeInspection
    /// Until then, in the world's time, the node answers validations.
    public var answersUntil: Instant
}

/// What happened in a run, in the order in which it did.
///
/// A detailed trace holds what every message says and how every node looked as well: enough to
/// draw the run.
public struct Trace: Sendable {
    public struct Item: Sendable {
        public var time: Instant
        public var event: TraceEvent

        public init(time: Instant, event: TraceEvent) {
            self.time = time
            self.event = event
        }
    }

    public private(set) var items: [Item] = []
    /// All that was sent, each as it was last seen; empty unless the trace is detailed.
    public private(set) var messages: [TracedMessage] = []
    /// How the nodes looked, whenever that changed; empty unless the trace is detailed.
    public private(set) var views: [TracedView] = []

    private let isDetailed: Bool
    /// Told each item when it happens, so that a run that ends in a trap has told all before it.
    private let listener: (@Sendable (Item) -> Void)?
    /// The messages under way, by what is known of them on arrival, oldest first.
    private var underWay: [Passage: [Int]] = [:]
    private var lastViews: [NodeID: TracedView] = [:]

    private struct Passage: Hashable {
        var direction: Network.Direction
        var sent: Instant
        var bytes: Int
    }

    init(isDetailed: Bool = false, listener: (@Sendable (Item) -> Void)? = nil) {
        self.isDetailed = isDetailed
        self.listener = listener
    }

    mutating func note(_ event: TraceEvent, at time: Instant) {
        let item = Item(time: time, event: event)
        listener?(item)
        items.append(item)
    }

    mutating func noteSent(_ bytes: [UInt8], _ direction: Network.Direction, at time: Instant) {
        let message = TracedMessage(
            from: direction.from, to: direction.to, sent: time, bytes: bytes.count,
            content: isDetailed ? PeerSend(bytes) : nil)
        note(.sent(message), at: time)
        guard isDetailed else { return }
        let passage = Passage(direction: direction, sent: time, bytes: bytes.count)
        underWay[passage, default: []].append(messages.count)
        messages.append(message)
    }

    /// A process takes bytes that were sent at the time given.
    mutating func noteArrival(
        of bytes: [UInt8], _ direction: Network.Direction, sent: Instant, at time: Instant
    ) {
        guard isDetailed else { return }
        let passage = Passage(direction: direction, sent: sent, bytes: bytes.count)
        if var waiting = underWay[passage], !waiting.isEmpty {
            messages[waiting.removeFirst()].arrived = time
            underWay[passage] = waiting.isEmpty ? nil : waiting
            return
        }
        messages.append(
            TracedMessage(
                from: direction.from, to: direction.to, sent: sent, arrived: time,
                bytes: bytes.count, content: PeerSend(bytes), isReplay: true))
    }

    /// What a node looks like after a step.
    mutating func noteView(
        _ view: NodeInspection, of node: NodeID, answersUntil: Instant, at time: Instant
    ) {
        guard isDetailed else { return }
        let last = lastViews[node]
        if let last, last.inspection == view, last.answersUntil == answersUntil { return }
        let noted = TracedView(time: time, node: node, inspection: view, answersUntil: answersUntil)
        lastViews[node] = noted
        views.append(noted)
    }
}
