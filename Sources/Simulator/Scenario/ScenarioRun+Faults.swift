import Basics
import Consensus
import Journal
import Replica

// Who is meant, and what strikes them.
extension ScenarioRun {
    /// The leader of the highest term among the nodes that run.
    var leader: Leader? {
        var best: Leader?
        for machine in world.machines where !machine.isPaused {
            guard let view = machine.view, view.role == .leader else { continue }
            if best.map({ $0.term < view.term }) ?? true {
                best = Leader(id: machine.id, term: view.term)
            }
        }
        return best
    }

    /// The node that is meant now; nil, and the line has failed, if there is none.
    func resolve(_ place: ScenarioPlace, _ position: Int) -> NodeID? {
        let found: NodeID? =
            switch place {
            case .node(let id): id
            case .named(let name): called[name]
            case .leader: leader?.id
            case .follower: followers.first
            case .otherFollower: followers.dropFirst().first
            }
        if found == nil { fail(position, place.text, "there is none") }
        return found
    }

    private var followers: [NodeID] {
        let leader = leader?.id
        let members = world.observer.configuration
        return world.machines.filter {
            $0.isUp && !$0.isPaused && $0.id != leader && members.contains($0.id)
        }.map(\.id)
    }

    private func resolve(
        _ company: ScenarioCompany, beside id: NodeID, _ position: Int
    ) -> [NodeID]? {
        switch company {
        case .others:
            return world.machines.map(\.id).filter { $0 != id }
        case .these(let places):
            var found: [NodeID] = []
            for place in places {
                guard let other = resolve(place, position) else { return nil }
                if other != id { found.append(other) }
            }
            return found
        }
    }

    func call(_ namings: [ScenarioDeed.Naming], _ position: Int) {
        for naming in namings {
            guard let id = resolve(naming.place, position) else { return }
            called[naming.name] = id
            trace.note("\(naming.name) is \(id)", at: world.now)
        }
    }

    // MARK: Faults

    func strike(_ fault: ScenarioFault, _ position: Int) throws(Violation) {
        guard let faults = faults(of: fault, position) else { return }
        trace.note("\(fault.text)\(meaning(of: faults))", at: world.now)
        for fault in faults {
            if case .resume(let id) = fault { try answerValidations(waitingAt: id) }
            try world.strike(fault)
        }
    }

    /// Which nodes were meant, where the line doesn't name them by number.
    private func meaning(of faults: [Fault]) -> String {
        var ids: [NodeID] = []
        for fault in faults {
            for id in fault.nodes where !ids.contains(id) { ids.append(id) }
        }
        return ids.isEmpty ? "" : "  (\(ids.map { "\($0)" }.joined(separator: " ")))"
    }

    private func faults(of fault: ScenarioFault, _ position: Int) -> [Fault]? {
        switch fault {
        case .cut(let place, let others):
            pairs(place, others, position)?.flatMap {
                [.cut(from: $0, to: $1), .cut(from: $1, to: $0)]
            }
        case .cutOneWay(let place, let others):
            pairs(place, others, position)?.map { .cut(from: $0, to: $1) }
        case .mend(let place, let others):
            pairs(place, others, position)?
                .flatMap { [.mend(from: $0, to: $1), .mend(from: $1, to: $0)] }
        case .mendOneWay(let place, let others):
            pairs(place, others, position)?.map { .mend(from: $0, to: $1) }
        case .heal:
            [.mendAll]
        case .slowLink(let place, let others, let time):
            pairs(place, others, position)?.map { .clog(from: $0, to: $1, by: time) }
        case .narrowLink(let place, let others, let rate):
            pairs(place, others, position)?.map {
                .narrow(from: $0, to: $1, bytesPerSecond: Int(rate))
            }
        case .widenLink(let place, let others):
            pairs(place, others, position)?.map { .widen(from: $0, to: $1) }
        case .corrupt(let from, let to):
            pairs(from, .these([to]), position)?.map { .corrupt(from: $0, to: $1) }
        case .replay(let from, let to):
            pairs(from, .these([to]), position)?.map { .replay(from: $0, to: $1) }
        case .crash(let victims, let manner):
            ids(of: victims, position)?.map { manner.fault(of: $0) }
        case .restart(let victims):
            ids(of: victims, position)?.map { .restart($0) }
        case .strike(let strike, let place):
            resolve(place, position).map { [strike.fault(of: $0)] }
        case .slowDisk(let place, let time):
            resolve(place, position).map { [.slowDisk($0, by: time)] }
        case .shiftClock(let place, let time):
            resolve(place, position).map { id in
                [.shiftWallClock(id, by: world.machine(id).clock.wallOffset + time)]
            }
        case .driftClock(let place, let rate):
            resolve(place, position).map { [.driftClock($0, partsPerMillion: rate)] }
        }
    }

    private func pairs(
        _ place: ScenarioPlace, _ company: ScenarioCompany, _ position: Int
    ) -> [(NodeID, NodeID)]? {
        guard let id = resolve(place, position),
            let others = resolve(company, beside: id, position)
        else { return nil }
        return others.map { (id, $0) }
    }

    private func ids(of victims: ScenarioFault.Victims, _ position: Int) -> [NodeID]? {
        switch victims {
        case .one(let place): resolve(place, position).map { [$0] }
        case .all: world.machines.map(\.id)
        }
    }
}

extension ScenarioFault.Manner {
    fileprivate func fault(of id: NodeID) -> Fault {
        switch self {
        case .alone: .crash(id, losingPower: false)
        case .losingPower: .crash(id, losingPower: true)
        case .amid(let effects): .crashAmidEffects(id, after: Int(effects))
        case .amidWrite(let part): .crashAmidWrite(id, of: part)
        }
    }
}

extension ScenarioFault.Strike {
    fileprivate func fault(of id: NodeID) -> Fault {
        switch self {
        case .reset: .reset(id)
        case .pause: .pause(id)
        case .resume: .resume(id)
        case .stop: .stop(id)
        case .hangDisk: .hangDisk(id)
        case .freeDisk: .freeDisk(id)
        case .fillDisk: .fillDisk(id)
        case .makeRoom: .makeRoom(id)
        case .failDisk: .failDisk(id)
        case .rot: .rot(id)
        case .rotTail: .rotTail(id)
        case .misread: .misread(id)
        case .misdirect: .misdirect(id)
        case .wipe: .wipe(id)
        case .reformat: .reformat(id)
        case .join: .join(id)
        }
    }
}
