import Basics

/// Looks for a linear order of a history's calls that respects real time (a call that returned
/// before another was invoked comes before it) and in which every call returns what it did.
///
/// The search is Wing and Gong's ("Testing and Verifying Concurrent Objects", 1993): of the calls
/// that no other must precede, try each as the next. It remembers its dead ends as Lowe proposed
/// ("Testing for Linearizability", 2017): a configuration is the set of calls placed and the state
/// that they led to, and none is explored twice. Some rules keep it narrow:
///
/// - A call that returned and only observes is placed as soon as it can be, and for good: moved to
///   the front of any order that continues from here, it changes nothing for the others.
/// - A call that never returned and leaves the state as it is, isn't placed: it needn't be.
/// - Of equal calls that never returned the one invoked first is placed first.
/// - A call that never returned isn't placed where it would rule out what one of the next calls
///   returned: without this, every set of them would be tried at every dead end. (A history of 46
///   calls, 19 of which never returned, wasn't decided within 200,000 configurations; so it is.)
///
/// Calls at one and the same instant count as concurrent.
struct LinearizabilitySearch<Model: SequentialModel> {
    typealias History = [TimedCall<Model.Call, Model.Return>]

    /// The calls placed, and the state they led to.
    private struct Configuration: Hashable {
        var placed: [UInt64]
        var state: Model.State
    }

    /// A call that was placed, and what to go back to.
    private struct Step {
        var event: Int
        var state: Model.State
        /// Nothing else need be tried in its place.
        var isForced: Bool
    }

    private let model: Model
    private let history: History
    /// The most configurations that are explored.
    private let limit: Int
    private var events: EventList
    private var placed: PlacedCalls
    private var seen: Set<Configuration> = []
    private var steps: [Step] = []
    private var state: Model.State
    /// The latest return that no order got past.
    private var furthest: Int?
    private var longestOrder: [Int] = []
    /// For a call that never returned, the last equal one before it.
    private let twins: [Int?]
    /// Whether the model's foresight is asked, and whether it ruled anything out.
    private let hasForesight: Bool
    private var usedForesight = false
    /// How many of the next calls that returned are looked at.
    private static var foresight: Int { 16 }

    private init(_ history: History, model: Model, limit: Int, hasForesight: Bool) {
        self.hasForesight = hasForesight
        twins = Self.twins(in: history)
        self.model = model
        self.history = history
        self.limit = limit
        events = EventList(history)
        placed = PlacedCalls(history.map { $0.returned != nil })
        state = model.initial
    }

    /// Judges a history. The same history gives the same verdict and witness, always.
    static func verdict(
        on history: History, model: Model, limit: Int
    ) -> LinearizabilityVerdict {
        var search = LinearizabilitySearch(
            history, model: model, limit: limit, hasForesight: true)
        let verdict = search.run()
        guard case .notLinearizable = verdict, search.usedForesight else { return verdict }
        // What was ruled out for the sake of a later call might have come further.
        var plain = LinearizabilitySearch(
            history, model: model, limit: limit, hasForesight: false)
        let exact = plain.run()
        guard case .notLinearizable = exact else { return verdict }
        return exact
    }

    private static func twins(in history: History) -> [Int?] {
        var pending = history.indices.filter { history[$0].returned == nil }
        pending.sort { (history[$0].invoked, $0) < (history[$1].invoked, $1) }
        var twins: [Int?] = Array(repeating: nil, count: history.count)
        for (place, position) in pending.enumerated() where history[position].result == nil {
            twins[position] = pending[..<place].last { earlier in
                history[earlier].result == nil && history[earlier].call == history[position].call
            }
        }
        return twins
    }

    private mutating func run() -> LinearizabilityVerdict {
        var event = events.first
        while events.returnsLeft > 0 {
            if events.isReturn(event) {
                noteFurthest(event)
                guard let next = backtrack() else { return .notLinearizable(refutation) }
                event = next
                continue
            }
            switch tryPlacing(event) {
            case .placed: event = events.first
            case .refused: event = events.successor(of: event)
            case .hopeless:
                guard let next = backtrack() else { return .notLinearizable(refutation) }
                event = next
            case .exhausted: return .undecided(explored: seen.count)
            }
        }
        return .linearizable(witness: order)
    }

    private enum Attempt {
        case placed
        case refused
        /// It would have to be placed here, and that leads nowhere.
        case hopeless
        case exhausted
    }

    private mutating func tryPlacing(_ event: Int) -> Attempt {
        let position = events.call(of: event)
        let call = history[position]
        guard let after = model.state(after: call.call, returning: call.result, from: state)
        else { return .refused }
        let isUnchanged = after == state
        if call.returned == nil {
            guard !isUnchanged, twins[position].map(placed.contains) ?? true,
                !isRuledOut(after)
            else { return .refused }
        }
        let isForced =
            isUnchanged && model.onlyObserves(call.call, returning: call.result, from: state)
        placed.insert(position)
        let configuration = Configuration(placed: placed.key, state: after)
        guard !seen.contains(configuration) else {
            placed.remove(position)
            return isForced ? .hopeless : .refused
        }
        guard seen.count < limit else { return .exhausted }
        seen.insert(configuration)
        steps.append(Step(event: event, state: state, isForced: isForced))
        state = after
        events.lift(event)
        return .placed
    }

    /// Whether one of the next calls that returned couldn't any more have.
    private mutating func isRuledOut(_ state: Model.State) -> Bool {
        guard hasForesight else { return false }
        var seen = 0
        var next = events.first
        while seen < Self.foresight, !events.isEnd(next) {
            let event = next
            next = events.successor(of: event)
            if events.isReturn(event) { continue }
            let call = history[events.call(of: event)]
            guard call.returned != nil else { continue }
            if model.rulesOut(call.call, returning: call.result, after: state) {
                usedForesight = true
                return true
            }
            seen += 1
        }
        return false
    }

    /// Takes back the last call for which there may be another choice; nil if there is none.
    /// Otherwise the event to try next.
    private mutating func backtrack() -> Int? {
        while let step = steps.popLast() {
            events.restore(step.event)
            placed.remove(events.call(of: step.event))
            state = step.state
            if !step.isForced { return events.successor(of: step.event) }
        }
        return nil
    }

    private var order: [Int] { steps.map { events.call(of: $0.event) } }

    private mutating func noteFurthest(_ event: Int) {
        if let furthest {
            guard event > furthest || event == furthest && steps.count > longestOrder.count
            else { return }
        }
        furthest = event
        longestOrder = order
    }

    private var refutation: Refutation {
        guard let furthest else { preconditionFailure("refuted before any return was reached") }
        return Refutation(
            call: events.call(of: furthest), prefix: events.calls(invokedBefore: furthest),
            order: longestOrder)
    }
}
