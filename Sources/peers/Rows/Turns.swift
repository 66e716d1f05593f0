/// A comparison of ours with others at one kind of work: every contender runs alone, freshly
/// started, in turn with the others, and what counts is the median of its turns.
struct Turns {
    typealias Measurement = () throws -> Figures

    var work: String
    var ours: Measurement
    var peers: [(peer: Peer, measure: Measurement)] = []

    struct Results {
        var work: String
        var ours: Medians
        var peers: [(peer: Peer, medians: Medians)]
    }

    func run(_ bench: Bench) throws -> Results {
        var results = Results(
            work: work, ours: Medians(),
            peers: peers.map { ($0.peer, Medians(trouble: $0.peer.lack)) })
        for turn in 0..<bench.options.times {
            // Whoever begins has no advantage of it.
            let order = -1..<peers.count
            for number in turn % 2 == 0 ? Array(order) : order.reversed() {
                try take(number, turn, bench, &results)
            }
        }
        return results
    }

    /// One turn of ours (−1) or of a peer.
    private func take(_ number: Int, _ turn: Int, _ bench: Bench, _ results: inout Results) throws {
        let name = number < 0 ? "ours" : peers[number].peer.rawValue
        func say() { bench.say("\(work): \(name), \(turn + 1) of \(bench.options.times)") }
        guard number >= 0 else {
            say()
            results.ours.turns.append(try ours())
            return
        }
        guard results.peers[number].medians.trouble == nil else { return }
        say()
        let (peer, measure) = peers[number]
        let (figures, trouble) = try bench.measuring(peer, for: work, measure)
        results.peers[number].medians.trouble = trouble
        guard let figures else { return }
        bench.note(figures)
        results.peers[number].medians.turns.append(figures)
    }
}

extension Turns.Results {
    /// A row for each of `peers`, by the names that the table has for them.
    func rows(
        _ figure: KeyPath<Figures, Double?>, unit: String, factor: Double = 1, work: String? = nil,
        against peers: KeyValuePairs<Peer, String>, goals: [Peer: Row.Goal] = [:]
    ) -> [Row] {
        peers.compactMap { peer, name in
            guard let theirs = self.peers.first(where: { $0.peer == peer })?.medians else {
                return nil
            }
            return Row(
                work: work ?? self.work, peer: name, theirs: theirs[figure].map { $0 * factor },
                ours: ours[figure].map { $0 * factor }, unit: unit, goal: goals[peer] ?? .none,
                note: note(peer, theirs))
        }
    }

    private func note(_ peer: Peer, _ theirs: Medians) -> String? {
        if theirs.errors > 0 { return Medians.errorNote(peer.rawValue, theirs.errors, work) }
        return theirs.trouble ?? oursNote
    }

    /// Of our errors, if there were any.
    var oursNote: String? { ours.errors > 0 ? Medians.errorNote("ours", ours.errors, work) : nil }
}
