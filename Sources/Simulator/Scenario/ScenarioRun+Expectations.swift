import Basics
import Consensus
import Replica

/// A state that must be reached.
struct Pending {
    var position: Int
    var condition: ScenarioExpectation.Condition
    var deadline: Instant
    /// Who led when the line ran.
    var leader: ScenarioRun.Leader?
    /// The node that the condition names, found when the line ran.
    var node: NodeID?
    /// How many of the world's notes there were when the line ran: what occurs comes after.
    var notes: Int
    var hasOccurred = false
}

// What must be so.
extension ScenarioRun {
    func perform(
        _ deed: ScenarioDeed?, _ expectation: ScenarioExpectation?, _ position: Int
    ) throws(Violation) {
        // Before the deed: "another leader" is another than the one that led until now.
        let before = leader
        switch deed {
        case .fault(let fault)?:
            try strike(fault, position)
        case .request(let request, let place)?:
            guard let node = resolve(place, position) else { return }
            try ask(request, of: node, .line(position), expecting: expectation)
        case .call(let namings)?:
            call(namings, position)
        case nil:
            break
        }
        guard unmet == nil, let expectation else { return }
        if case .answer = expectation.condition { return }
        expect(expectation, since: before, position)
    }

    private func expect(
        _ expectation: ScenarioExpectation, since before: Leader?, _ position: Int
    ) {
        var pending = Pending(
            position: position, condition: expectation.condition,
            deadline: world.now + (expectation.within ?? .zero), leader: before,
            notes: world.trace?.items.count ?? 0)
        switch expectation.condition {
        case .node(let place, _), .occurs(let place, _):
            guard let id = resolve(place, position) else { return }
            pending.node = id
        default:
            break
        }
        if isMet(pending) { return meet(pending) }
        if expectation.within == nil { return miss(pending) }
        self.pending.append(pending)
    }

    private func meet(_ pending: Pending) {
        if case .every = scenario.lines[pending.position].statement {
            guard tallies[pending.position].note("so") else { return }
        }
        takeNotes()
        trace.note("it is so: \(pending.condition.text)", at: world.now)
    }

    private func miss(_ pending: Pending) {
        fail(pending.position, pending.condition.text, seen(pending))
    }

    /// Looks at everything that is waited for; after every instant at which something happened.
    func check() {
        guard !pending.isEmpty, unmet == nil else { return }
        var open: [Pending] = []
        for item in pending {
            if isMet(item) {
                meet(item)
            } else if world.now > item.deadline {
                miss(item)
            } else {
                open.append(item)
            }
        }
        pending = open
    }

    /// The end of the run has come.
    func closeExpectations() {
        check()
        for item in pending { miss(item) }
        for asked in requests where !asked.isAnswered {
            guard case .line(let position) = asked.purpose, let expected = asked.expected,
                !Heard.silence.meets(expected)
            else { continue }
            fail(position, expected.text, "\(asked.node) hasn't answered")
        }
    }

    /// A note of the world's: it may be what is waited for.
    func notice(_ event: TraceEvent, at position: Int) {
        guard !pending.isEmpty, case .event(let id, let event) = event else { return }
        guard let occurrence = ScenarioExpectation.Occurrence(event) else { return }
        for (place, item) in pending.enumerated() {
            guard case .occurs(_, occurrence) = item.condition, item.node == id,
                item.notes <= position, world.now <= item.deadline
            else { continue }
            pending[place].hasOccurred = true
        }
    }

    // MARK: States

    private func isMet(_ pending: Pending) -> Bool {
        switch pending.condition {
        case .answer:
            return true
        case .cluster(let cluster):
            return isSo(cluster, since: pending.leader)
        case .node(_, let state):
            return pending.node.map { isSo(state, of: world.machine($0)) } ?? false
        case .occurs:
            return pending.hasOccurred
        }
    }

    private func isSo(_ cluster: ScenarioExpectation.Cluster, since before: Leader?) -> Bool {
        switch cluster {
        case .leader: leader != nil
        case .anotherLeader: leader.map { $0.id != before?.id } ?? false
        case .noLeader: leader == nil
        case .sameLeader(let time): leader != nil && leader == samples[time]
        case .converged: disagreement == nil
        }
    }

    private func isSo(_ state: ScenarioExpectation.NodeState, of machine: Machine) -> Bool {
        guard let view = machine.view else { return state == .down }
        switch state {
        case .leads: return leader?.id == machine.id
        case .follows: return view.role != .leader
        case .whole: return view.standing == .whole
        case .inDoubt:
            if case .inDoubt = view.standing { return true } else { return false }
        case .damaged: return view.standing == .damaged
        case .voter: return machine.role == .voter
        case .learner: return machine.role == .learner
        case .removed: return view.isRemoved
        case .running: return !machine.isPaused
        case .down: return false
        }
    }

    /// Why the nodes haven't converged; nil if they have.
    private var disagreement: String? {
        guard let leader, let first = world.machine(leader.id).process else {
            return "nobody leads"
        }
        let end = first.inspection.lastIndex
        let members = first.node.configuration
        let machines = world.machines.filter {
            $0.isUp && !$0.isPaused && members.contains($0.id)
        }
        for machine in machines {
            guard let view = machine.view else { continue }
            guard view.standing == .whole else {
                return "\(machine.id) is \(view.standing.text)"
            }
            guard view.role != .leader || machine.id == leader.id else {
                return "\(machine.id) leads, too"
            }
            guard view.appliedIndex == end else {
                return "\(machine.id) has applied #\(view.appliedIndex), the log ends at #\(end)"
            }
        }
        let digest = first.node.stateDigest()
        for machine in machines {
            if machine.process?.node.stateDigest() != digest {
                return "\(machine.id) has another state"
            }
        }
        return nil
    }

    // MARK: What was seen instead

    private func seen(_ pending: Pending) -> String {
        switch pending.condition {
        case .cluster(.converged):
            return disagreement ?? "they have only now"
        case .node(_, _):
            return pending.node.map { view(of: world.machine($0)) } ?? "there is none"
        case .occurs(_, _):
            return "it didn't happen"
        default:
            return world.machines.map { view(of: $0) }.joined(separator: ", ")
        }
    }

    private func view(of machine: Machine) -> String {
        guard let view = machine.view else { return "\(machine.id) is down" }
        if machine.isPaused { return "\(machine.id) stands still" }
        return "\(machine.id) is a \(view.role.rawValue) in term \(view.term), "
            + "\(view.standing.text)"
    }
}

extension Machine {
    /// Nil while no process runs.
    var view: NodeInspection? { process?.inspection }
    /// As its own log has it.
    fileprivate var role: MemberRole? { process?.node.configuration.member(id)?.role }
}

extension ScenarioExpectation.Occurrence {
    fileprivate init?(_ event: NodeEvent) {
        switch event {
        case .snapshotWritten: self = .writesSnapshot
        case .snapshotInstalled: self = .installsSnapshot
        case .peerLinkFailed: self = .refusesLink
        case .diskFull(true): self = .runsOutOfRoom
        case .diskFull(false): self = .findsRoom
        default: return nil
        }
    }
}
