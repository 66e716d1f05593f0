import Basics
import Keyring

/// A scripted run: what is done to a cluster, when, and what must come of it.
///
/// Nothing else happens in it: no fault and no request that the text doesn't name. Times are
/// virtual and count from the start of all nodes.
///
/// Law: parsing what ``text`` prints gives an equal scenario.
public struct Scenario: Hashable, Sendable {
    /// What the scenario shows, for an operator: the comment that the text begins with.
    public var about: [String]
    public var nodes: Int
    /// How many more wait to join; their numbers follow.
    public var joiners = 0
    public var seed: UInt64
    public var conditions = Conditions()
    public var lines: [Line]
    /// When the run ends; everything is checked once more then.
    public var end: Duration

    public static let nodeLimit = 7
    /// The longest time that can be written.
    public static let longestTime = Duration.seconds(24 * 3600)

    /// What the cluster runs on while no fault is scripted.
    public struct Conditions: Hashable, Sendable {
        public var networkDelay = Range(
            shortest: .microseconds(500), longest: .microseconds(1_500))
        public var diskDelay = Range(shortest: .microseconds(100), longest: .microseconds(500))
        /// A node writes a snapshot when its log since the last one is this large.
        public var snapshotKibibytes: UInt64 = 1_024
        /// How long before the month's end, in UTC, the wall clocks start.
        public var monthsEndIn: Duration = .seconds(3_600)

        public init() {}
    }

    /// Delays are drawn from here, both ends included.
    public struct Range: Hashable, Sendable {
        public var shortest: Duration
        public var longest: Duration
    }

    /// One statement. Two are equal if they say the same, wherever they stand.
    public struct Line: Hashable, Sendable {
        /// Counted from 1 in the text that was parsed.
        public var number: Int
        public var statement: Statement

        public static func == (left: Line, right: Line) -> Bool {
            left.statement == right.statement
        }

        public func hash(into hasher: inout Hasher) { hasher.combine(statement) }
    }

    public enum Statement: Hashable, Sendable {
        /// Done before the first timed line, one after the other, at whatever node leads, and asked
        /// again until it is done.
        case first(ScenarioRequest)
        case at(Moment, ScenarioDeed?, ScenarioExpectation?)
        case every(
            Duration, from: Moment, until: Moment?, ScenarioDeed?, ScenarioExpectation?)
    }

    /// When a line runs.
    public enum Moment: Hashable, Sendable {
        case time(Duration)
        /// When the request of an earlier line was answered, and so long after it. Of several
        /// lines that fit it is the last.
        case answer(RequestReference, plus: Duration)
    }

    /// An earlier line's request: its verb, and its first name if one is given.
    public struct RequestReference: Hashable, Sendable {
        public var verb: String
        public var name: String?

        func matches(_ request: ScenarioRequest) -> Bool {
            verb == request.verb && (name == nil || request.names.contains { $0 == name })
        }
    }
}

/// A node, told by its number, by the part it plays when the line runs, or by a name that an
/// earlier line gave it.
public enum ScenarioPlace: Hashable, Sendable {
    case node(NodeID)
    /// The leader of the highest term among the nodes that run.
    case leader
    /// Of the running nodes that don't lead, the one with the lowest number.
    case follower
    /// Of the running nodes that don't lead, the one with the next number.
    case otherFollower
    case named(String)
}

/// Some nodes.
public enum ScenarioCompany: Hashable, Sendable {
    case these([ScenarioPlace])
    /// All but the one that the line named before.
    case others
}

/// What a line does.
public enum ScenarioDeed: Hashable, Sendable {
    case fault(ScenarioFault)
    case request(ScenarioRequest, on: ScenarioPlace)
    /// Gives nodes names for the lines below, so that a node keeps its name when its part changes.
    case call([Naming])

    public struct Naming: Hashable, Sendable {
        public var place: ScenarioPlace
        public var name: String
    }
}
