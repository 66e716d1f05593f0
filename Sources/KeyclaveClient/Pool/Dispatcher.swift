import Linux

/// Hands calls to lanes: to one that is idle, or to a new one while there may be more, or lets
/// them wait.
///
/// Laws: there are never more lanes than `laneLimit` and never more calls waiting than
/// `waitingLimit`; no call waits while a lane is idle; every call that was submitted ends.
final class Dispatcher: Sendable {
    private let endpoints: [Endpoint]
    private let nodes: NodeDirectory
    private let laneLimit: Int
    private let waitingLimit: Int
    private let state = Locked(State())

    private struct State {
        var idle: [Lane] = []
        var laneCount = 0
        var waiting: [Call] = []
        var isClosed = false
    }

    private enum Placing {
        case given(Lane)
        case open
        case waits
        case refused
    }

    init(endpoints: [Endpoint], nodes: NodeDirectory, laneLimit: Int, waitingLimit: Int) {
        self.endpoints = endpoints
        self.nodes = nodes
        self.laneLimit = laneLimit
        self.waitingLimit = waitingLimit
    }

    func submit(_ call: Call) {
        let placing = state.withLock { state -> Placing in
            if let lane = state.idle.popLast() { return .given(lane) }
            if state.laneCount < laneLimit {
                state.laneCount += 1
                return .open
            }
            guard state.waiting.count < waitingLimit else { return .refused }
            state.waiting.append(call)
            return .waits
        }
        switch placing {
        case .given(let lane): lane.give(.call(call))
        case .open: open(for: call)
        case .waits: break
        case .refused: call.finish(.failure(.overloaded))
        }
    }

    private func open(for call: Call) {
        do throws(SystemError) {
            let lane = try Lane()
            _ = try Thread(name: "keyclave-lane") { [self] in
                lane.run(endpoints, nodes, for: self)
            }
            lane.give(.call(call))
        } catch {
            let stranded = state.withLock { state -> [Call] in
                state.laneCount -= 1
                guard state.laneCount == 0 else { return [] }
                defer { state.waiting = [] }
                return state.waiting
            }
            for call in [call] + stranded { call.finish(.failure(.unreachable(["\(error)"]))) }
        }
    }

    /// The call that has waited longest; without one the lane is idle from now on, or ends.
    func next(for lane: Lane) -> Call? {
        let (call, ends) = state.withLock { state -> (Call?, Bool) in
            if !state.waiting.isEmpty { return (state.waiting.removeFirst(), false) }
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
    }
}
