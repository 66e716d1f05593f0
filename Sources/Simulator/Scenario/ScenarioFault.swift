import Basics

/// A fault as a scenario writes it: on nodes that may be known only when the line runs.
public enum ScenarioFault: Hashable, Sendable {
    /// In both directions.
    case cut(ScenarioPlace, from: ScenarioCompany)
    /// What the first sends is lost; what it is sent arrives.
    case cutOneWay(ScenarioPlace, to: ScenarioCompany)
    case mend(ScenarioPlace, from: ScenarioCompany)
    case mendOneWay(ScenarioPlace, to: ScenarioCompany)
    /// All cuts are mended.
    case heal
    case slowLink(ScenarioPlace, to: ScenarioCompany, by: Duration)
    case narrowLink(ScenarioPlace, to: ScenarioCompany, bytesPerSecond: UInt64)
    case widenLink(ScenarioPlace, to: ScenarioCompany)
    case corrupt(ScenarioPlace, to: ScenarioPlace)
    case replay(ScenarioPlace, to: ScenarioPlace)
    case crash(Victims, Manner)
    case restart(Victims)
    case strike(Strike, ScenarioPlace)
    case slowDisk(ScenarioPlace, by: Duration)
    case shiftClock(ScenarioPlace, by: Duration)
    case driftClock(ScenarioPlace, partsPerMillion: Int64)

    public enum Victims: Hashable, Sendable {
        case one(ScenarioPlace)
        case all
    }

    public enum Manner: Hashable, Sendable {
        /// The process ends, the computer goes on: what was written stays.
        case alone
        case losingPower
        /// In the middle of a step, after so many of its effects.
        case amid(effects: UInt64)
        /// While the disk is at the next write of this kind, losing power.
        case amidWrite(WrittenPart)
    }

    /// Faults that need no more than a node, with the words that name them.
    public enum Strike: String, CaseIterable, Hashable, Sendable {
        case reset = "reset links of"
        case pause = "pause"
        case resume = "resume"
        case stop = "stop"
        case hangDisk = "hang disk of"
        /// What hung goes on.
        case freeDisk = "free disk of"
        case fillDisk = "fill disk of"
        case makeRoom = "make room on"
        case failDisk = "fail disk of"
        case rot = "rot disk of"
        case rotTail = "rot tail of"
        case misread = "misread disk of"
        case misdirect = "misdirect write of"
        case wipe = "wipe"
        /// Somebody formats the wiped directory under the node's old id, as nobody should.
        case reformat = "reformat"
        /// The machine waited to join: its node begins with nothing.
        case join = "start"
    }

    /// The words that faults begin with.
    static let verbs =
        [
            "cut", "mend", "heal", "slow", "narrow", "widen", "corrupt", "replay", "crash",
            "restart", "shift",
            "drift",
        ] + Strike.allCases.map { String($0.rawValue.prefix { $0 != " " }) }
}
