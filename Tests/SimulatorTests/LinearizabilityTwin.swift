import Basics

@testable import Simulator

/// A cell that holds a number: zero at first.
struct CellModel: SequentialModel {
    enum Call: Equatable { case write(Int), read, swap(Int, Int) }

    enum Return: Equatable { case written, value(Int), swapped(Bool) }

    let initial = 0

    func state(after call: Call, returning result: Return?, from state: Int) -> Int? {
        switch (call, result) {
        case (.write(let value), .written?), (.write(let value), nil): value
        case (.read, nil): state
        case (.read, .value(let value)?): value == state ? state : nil
        case (.swap(let old, let new), nil): old == state ? new : state
        case (.swap(let old, let new), .swapped(true)?): old == state ? new : nil
        case (.swap(let old, _), .swapped(false)?): old == state ? nil : state
        default: nil
        }
    }

    func onlyObserves(_ call: Call, returning result: Return?, from state: Int) -> Bool {
        switch (call, result) {
        case (.read, _), (.swap, .swapped(false)?): true
        default: false
        }
    }
}

typealias CellCall = TimedCall<CellModel.Call, CellModel.Return>
typealias CellSearch = LinearizabilitySearch<CellModel>

extension CellCall {
    /// From one instant to another, in nanoseconds; for ever without the latter.
    init(_ call: CellModel.Call, _ result: CellModel.Return?, _ invoked: Int64, _ returned: Int64?)
    {
        self.init(
            call: call, result: result, invoked: Instant(nanoseconds: invoked),
            returned: returned.map { Instant(nanoseconds: $0) })
    }
}

/// The checker's dumb twin: writes down every order of every set of calls that holds all those
/// that returned, and tries them one by one.
struct LinearizabilityTwin {
    let history: [CellCall]

    func isLinearizable() -> Bool {
        let pending = history.indices.filter { history[$0].returned == nil }
        for choice in 0..<(1 << pending.count) {
            let chosen = history.indices.filter { position in
                guard let bit = pending.firstIndex(of: position) else { return true }
                return choice >> bit & 1 == 1
            }
            if orders(of: chosen).contains(where: { respectsTime($0) && explains($0) }) {
                return true
            }
        }
        return false
    }

    private func orders(of calls: [Int]) -> [[Int]] {
        guard !calls.isEmpty else { return [[]] }
        return calls.indices.flatMap { first in
            var others = calls
            let call = others.remove(at: first)
            return orders(of: others).map { [call] + $0 }
        }
    }

    /// Whether no call stands behind one that was invoked after its return.
    func respectsTime(_ order: [Int]) -> Bool {
        order.indices.allSatisfy { place in
            order[(place + 1)...].allSatisfy { later in
                guard let returned = history[later].returned else { return true }
                return returned >= history[order[place]].invoked
            }
        }
    }

    func explains(_ order: [Int]) -> Bool {
        var state = 0
        for position in order {
            let call = history[position]
            guard
                let after = CellModel().state(
                    after: call.call, returning: call.result, from: state)
            else { return false }
            state = after
        }
        return true
    }
}
