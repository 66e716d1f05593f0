import Basics
import Replica

/// How each node fared: when it ran, in which role, until when it answered validations.
struct PictureNodes {
    /// A stretch of time, in microseconds.
    struct Stretch {
        var start: Int64
        var end: Int64
    }

    struct Node {
        var id: NodeID
        /// When a process ran, and when it stood still.
        var lives: [Stretch] = []
        var pauses: [Stretch] = []
        /// When it would have answered validations.
        var fresh: [Stretch] = []
        /// Start, role, term, standing; until the next or the life's end.
        var roles: [(time: Int64, role: Int64, term: Int64, standing: Int64)] = []
        /// Time, commit index, applied index; whenever one changed.
        var indices: [(time: Int64, commit: Int64, applied: Int64)] = []
    }

    private(set) var all: [Node]
    private let end: Int64
    private let healed: Int64
    private let broken: NodeID?

    init(_ subject: RunPicture.Subject) {
        all = (0..<subject.nodes).map { Node(id: NodeID(UInt32($0 + 1))) }
        end = subject.end.microseconds
        healed = subject.healed?.microseconds ?? .max
        broken = subject.broken
        for item in subject.trace.items { take(item) }
        for view in subject.trace.views { take(view) }
        for position in all.indices { finish(position) }
    }

    private func position(of id: NodeID) -> Int? { all.firstIndex { $0.id == id } }

    private mutating func take(_ item: Trace.Item) {
        let time = item.time.microseconds
        switch item.event {
        case .started(let id):
            guard let position = position(of: id) else { return }
            all[position].lives.append(Stretch(start: time, end: .max))
        case .ended(let id, _):
            guard let position = position(of: id) else { return }
            Self.close(&all[position].lives, at: time)
            Self.close(&all[position].pauses, at: time)
        case .fault(.pause(let id)):
            guard let position = position(of: id), all[position].lives.last?.end == .max,
                all[position].pauses.last?.end != .max
            else { return }
            // The quiet ends the pauses of all that are healed.
            if all[position].pauses.last.map({ $0.end > time }) == true { return }
            all[position].pauses.append(Stretch(start: time, end: id == broken ? .max : healed))
        case .fault(.resume(let id)):
            guard let position = position(of: id) else { return }
            Self.close(&all[position].pauses, at: time)
        default: return
        }
    }

    /// Ends the last stretch, unless it has ended before.
    private static func close(_ stretches: inout [Stretch], at time: Int64) {
        guard let last = stretches.last, last.end > time else { return }
        stretches[stretches.count - 1].end = time
    }

    private mutating func take(_ view: TracedView) {
        guard let position = position(of: view.node) else { return }
        let time = view.time.microseconds
        let seen = view.inspection
        let role: Int64 =
            switch seen.role {
            case .follower: 0
            case .preCandidate: 1
            case .candidate: 2
            case .leader: 3
            }
        let standing: Int64 =
            switch seen.standing {
            case .whole: 0
            case .inDoubt: 1
            case .damaged: 2
            }
        let term = Int64(clamping: seen.term.rawValue)
        if all[position].roles.last.map({
            ($0.role, $0.term, $0.standing) != (role, term, standing)
        })
            ?? true
        {
            all[position].roles.append((time, role, term, standing))
        }
        let commit = Int64(clamping: seen.commitIndex.rawValue)
        let applied = Int64(clamping: seen.appliedIndex.rawValue)
        if all[position].indices.last.map({ ($0.commit, $0.applied) != (commit, applied) }) ?? true
        {
            all[position].indices.append((time, commit, applied))
        }
        takeFreshness(position, from: time, until: view.answersUntil.microseconds)
    }

    /// The later word counts; nothing outlives the process.
    private mutating func takeFreshness(_ position: Int, from time: Int64, until: Int64) {
        Self.close(&all[position].fresh, at: time)
        let life = all[position].lives.last { $0.start <= time }
        let end = min(until, life?.end ?? time)
        guard end > time else { return }
        if let last = all[position].fresh.last, last.end == time {
            all[position].fresh[all[position].fresh.count - 1].end = end
        } else {
            all[position].fresh.append(Stretch(start: time, end: end))
        }
    }

    private mutating func finish(_ position: Int) {
        Self.close(&all[position].lives, at: end)
        Self.close(&all[position].pauses, at: end)
        Self.close(&all[position].fresh, at: end)
    }
}

extension PictureNodes.Node {
    func write(_ json: inout CompactJSON) {
        func flat(_ stretches: [PictureNodes.Stretch]) -> [Int64] {
            stretches.flatMap { [$0.start, $0.end] }
        }
        json.object { json in
            json.name("id")
            json.number(id.rawValue)
            json.name("lives")
            json.numbers(flat(lives))
            json.name("pauses")
            json.numbers(flat(pauses))
            json.name("fresh")
            json.numbers(flat(fresh))
            json.name("roles")
            json.numbers(roles.flatMap { [$0.time, $0.role, $0.term, $0.standing] })
            json.name("indices")
            json.numbers(indices.flatMap { [$0.time, $0.commit, $0.applied] })
        }
    }
}
