import Basics
import Linux

/// Hands calls to lanes: to one that is idle, or to a new one while there may be more, or lets
/// them wait.
///
/// Laws: there are never more lanes than `laneLimit` and never more calls waiting than
/// `waitingLimit`; no call waits while a lane is idle, none after its deadline, and none that was
/// given up; every call that was submitted ends.
final class Dispatcher: Sendable {
    private let endpoints: [Endpoint]
    private let nodes: NodeDirectory
    private let laneLimit: Int
    private let idleTime: Duration
    private let state: Locked<State>
    /// Tells the timekeeper to look again.
    private let alarm: Wakeup

    private struct State {
        var idle: [Lane] = []
        var laneCount = 0
        var waiting: CallQueue
        /// Somebody ends calls that wait for too long.
        var hasTimekeeper = false
        var isClosed = false
    }

    private enum Placing {
        case given(Lane)
        case open
        case waits(isFirst: Bool)
        case refused
        /// It was given up before.
        case over
    }

    init(
        endpoints: [Endpoint], nodes: NodeDirectory, laneLimit: Int, waitingLimit: Int,
        idleTime: Duration
    ) throws(SystemError) {
        self.endpoints = endpoints
        self.nodes = nodes
        self.laneLimit = laneLimit
        self.idleTime = idleTime
        state = Locked(State(waiting: CallQueue(limit: waitingLimit)))
        alarm = try Wakeup()
    }

    func submit(_ call: Call) {
        let placing = state.withLock { state -> Placing in
            // Whoever gives a call up withdraws it next: from then on it mustn't come in.
            if call.hasEnded { return .over }
            if let lane = state.idle.popLast() { return .given(lane) }
            if state.laneCount < laneLimit {
                state.laneCount += 1
                return .open
            }
            guard !state.waiting.isFull else { return .refused }
            let next = state.waiting.nextDeadline
            state.waiting.insert(call)
            return .waits(isFirst: next.map { call.deadline < $0 } ?? true)
        }
        switch placing {
        case .given(let lane): lane.give(.call(call))
        case .open: open(for: call)
        case .waits(let isFirst): if isFirst { watch() }
        case .refused: call.finish(.failure(.overloaded))
        case .over: break
        }
    }

    /// Takes a call back that has ended: it waits no longer.
    func withdraw(_ call: Call) { state.withLock { $0.waiting.remove(call) } }

    private func open(for call: Call) {
        do throws(SystemError) {
            let lane = try Lane()
            _ = try Thread(name: "keyclave-lane") { [self] in
                lane.run(endpoints, nodes, idleTime: idleTime, for: self)
            }
            lane.give(.call(call))
        } catch {
            let stranded = state.withLock { state -> [Call] in
                state.laneCount -= 1
                return state.laneCount == 0 ? state.waiting.removeAll() : []
            }
            for call in [call] + stranded { call.finish(.failure(.unreachable(["\(error)"]))) }
        }
    }

    /// The call that has the least time left; without one the lane is idle from now on, or ends.
    func next(for lane: Lane) -> Call? {
        let (call, ends) = state.withLock { state -> (Call?, Bool) in
            if let call = state.waiting.popFirst() { return (call, false) }
            if state.isClosed { return (nil, true) }
            state.idle.append(lane)
            return (nil, false)
        }
        if ends { lane.give(.end) }
        return call
    }

    /// Lanes end when they have nothing left to do.
    func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        for lane in idle { lane.give(.end) }
        alarm.signal()
    }
}

// The timekeeper: a thread that ends what waits for too long, made when a call waits for the first
// time. Lanes can't do it, because calls wait only while all of them are busy.
extension Dispatcher {
    /// After a call has come whose time is over before that of all others.
    private func watch() {
        let mustStart = state.withLock { state in
            defer { state.hasTimekeeper = true }
            return !state.hasTimekeeper
        }
        guard mustStart else { return alarm.signal() }
        do throws(SystemError) {
            _ = try Thread(name: "keyclave-timer") { [self] in keepTime() }
        } catch {
            // Nobody may wait without an end.
            let waiting = state.withLock { state in
                state.hasTimekeeper = false
                return state.waiting.removeAll()
            }
            for call in waiting { call.finish(.failure(.overloaded)) }
        }
    }

    private func keepTime() {
        while true {
            alarm.reset()
            let (late, next, ends) = state.withLock { state in
                let late = state.waiting.removeLate(at: Clocks.now())
                return (late, state.waiting.nextDeadline, state.isClosed)
            }
            for call in late { call.finish(.failure(.overloaded)) }
            if ends, next == nil { return }
            _ = alarm.wait(next.map { $0 - Clocks.now() })
        }
    }
}
