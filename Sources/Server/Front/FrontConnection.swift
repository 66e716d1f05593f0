import Basics
import HTTP
import Linux
import Replica

/// One client's connection, on the front thread that accepted it.
///
/// Laws:
/// - Answers leave in the order of their requests. While `exchanges` is empty an answer goes
///   straight to `output`; else it waits in its exchange.
/// - The oldest exchange is always one that still waits.
/// - `waiting` is what the exchanges that still wait come to.
/// - One thread alone touches it, and no change of a property reaches into another access of the
///   same: while one is changed, nothing is called that knows the connection. Looks may overlap.
///   So it isn't checked at run time either, which was 9 % of a validation's instructions
///   (`@exclusivity(unchecked)`).
final class FrontConnection {
    /// A request whose answer can't be written yet.
    struct Exchange {
        enum Answer {
            /// Handed to the node; its reply is to be rendered by this.
            case awaited(AnswerContext)
            /// Known, but requests before it still wait.
            case ready([UInt8])
        }

        var answer: Answer
        var began: Instant
        /// What it counts for while it waits.
        var load = WaitingLoad()
    }

    /// Where the connection stands with its client.
    enum Stage {
        case open
        /// Nothing more is read; closed once everything asked for is answered and written.
        case finishing
        /// All is written, its end too; what the client still sends is dropped until it closes.
        case lingering
    }

    /// What the deadline is for.
    enum Phase {
        /// Nothing was asked and nothing is left to write.
        case idle
        case readingHead
        case readingBody
        /// For the node's reply.
        case waiting
        case writing
    }

    /// Its place in the thread's table.
    let place: Int
    let socket: StreamSocket
    /// Who is at the other end, as far as the address tells.
    let origin: UInt64
    @exclusivity(unchecked) var stage = Stage.open
    /// The client has said that it sends no more.
    @exclusivity(unchecked) var hasEnded = false
    /// It was refused in the middle of what it sent, or at once: more may be on its way.
    var isRefused = false
    /// One beyond the limit, not counted against it.
    var isTurnedAway = false
    /// Since it lingers.
    var droppedBytes = 0
    @exclusivity(unchecked) var phase = Phase.idle
    @exclusivity(unchecked) var parser = RequestParser(bodyLimits: Endpoint.bodyLimits)
    @exclusivity(unchecked) var input = ReadBuffer()
    @exclusivity(unchecked) var output = WriteBuffer()
    @exclusivity(unchecked) private(set) var exchanges = Ring<Exchange>()
    @exclusivity(unchecked) private(set) var waiting = WaitingLoad()
    /// It has had its turn and has more to be taken: the thread goes on with it in the next.
    @exclusivity(unchecked) var isBehind = false
    /// The number of the oldest exchange; those behind it follow on.
    @exclusivity(unchecked) var firstNumber: UInt32
    /// What the poller was last told.
    @exclusivity(unchecked) var interest = Interest.read
    /// When it is closed if the phase hasn't ended by then.
    @exclusivity(unchecked) var deadline: Instant

    init(place: Int, socket: consuming StreamSocket, firstNumber: UInt32, deadline: Instant) {
        self.place = place
        origin = socket.peerAddress?.network ?? 0
        self.socket = socket
        self.firstNumber = firstNumber
        self.deadline = deadline
    }

    /// The number that the next exchange will have.
    var nextNumber: UInt32 { firstNumber &+ UInt32(exchanges.count) }

    /// What the connection is doing now.
    var currentPhase: Phase {
        if !output.isEmpty { return .writing }
        if !exchanges.isEmpty { return .waiting }
        if input.isEmpty { return parser.isIdle ? .idle : .readingHead }
        return parser.isReadingBody ? .readingBody : .readingHead
    }

    /// True if something was read of which a request may be taken.
    var mayBeServed: Bool {
        stage == .open && !input.isEmpty && exchanges.count < FrontLimits.exchanges
            && output.count < FrontLimits.queuedBytes
    }

    /// True if nothing that was asked is unanswered or unwritten.
    var isQuiet: Bool { exchanges.isEmpty && output.isEmpty }

    /// A request that waits from now on.
    func append(_ context: AnswerContext, began: Instant, load: WaitingLoad = WaitingLoad()) {
        exchanges.append(Exchange(answer: .awaited(context), began: began, load: load))
        waiting += load
    }

    /// An answer that has to wait for those before it.
    func append(_ answer: borrowing ResponseWriter, began: Instant) {
        exchanges.append(Exchange(answer: .ready(answer.bytes), began: began))
    }

    /// What is needed of a request that waits; nil if there is none of this number.
    func context(of number: UInt32) -> AnswerContext? {
        let offset = Int(number &- firstNumber)
        guard offset < exchanges.count, case .awaited(let context) = exchanges[offset].answer
        else { return nil }
        return context
    }

    /// The request has come one step further, and waits for another reply.
    func wait(with context: AnswerContext, for number: UInt32) {
        let offset = Int(number &- firstNumber)
        precondition(offset < exchanges.count, "nothing waits under the number")
        exchanges[offset].answer = .awaited(context)
    }

    /// Since when the exchange of this number waits for the node, and with what; nil if there is
    /// none of it.
    func awaited(_ number: UInt32) -> (context: AnswerContext, began: Instant)? {
        let offset = Int(number &- firstNumber)
        guard offset < exchanges.count, case .awaited(let context) = exchanges[offset].answer
        else { return nil }
        return (context, exchanges[offset].began)
    }

    /// Puts the answer to the exchange of this number, which waits, in its place, and moves what
    /// can go now to the output. Returns what waits no longer.
    func complete(_ number: UInt32, with answer: borrowing ResponseWriter) -> WaitingLoad {
        let offset = Int(number &- firstNumber)
        let load = exchanges[offset].load
        waiting -= load
        moveOut(answer, offset)
        return load
    }

    /// Calls `body` with the number and the load of each request that waits.
    func forEachWaiting(_ body: (UInt32, WaitingLoad) -> Void) {
        for offset in 0..<exchanges.count where exchanges[offset].load != WaitingLoad() {
            guard case .awaited = exchanges[offset].answer else { continue }
            body(firstNumber &+ UInt32(offset), exchanges[offset].load)
        }
    }

    private func moveOut(_ answer: borrowing ResponseWriter, _ offset: Int) {
        guard offset == 0 else {
            exchanges[offset].answer = .ready(answer.bytes)
            return
        }
        output.append(answer)
        endFirst()
        while let first = exchanges.first, case .ready(let bytes) = first.answer {
            output.append(bytes)
            endFirst()
        }
    }

    private func endFirst() {
        exchanges.removeFirst()
        firstNumber &+= 1
    }
}
