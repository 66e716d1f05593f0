/// Charges that come faster than they can be made, whatever becomes of those before them: how many
/// are made all the same, and how those are treated for which there is no room.
struct OverloadRow {
    private static let factors = [2, 4]
    /// Of the closed loop that shows what is possible.
    private static let clients = 256
    /// Of the open loop, and requests that each may have on the way: more in all than three nodes
    /// let wait.
    private static let connections = 1_000
    private static let ahead = 64

    private let bench: Bench

    init(_ bench: Bench) { self.bench = bench }

    fileprivate struct Findings {
        var made = Medians()
        /// Refused: their number, and how long that took.
        var refused = Medians()
        var trouble = 0
        /// Why there is nothing.
        var silence: String?
    }

    func rows() throws -> [Row] {
        var closed = Medians()
        var open = Self.factors.map { _ in Findings() }
        for turn in 0..<bench.options.times {
            try bench.withOurs { cluster in
                let key = try cluster.makeKey()
                say("the closed loop", turn)
                let possible = try cluster.bench(words(key, ["-c", "\(Self.clients)"])).figures
                closed.turns.append(possible)
                for (number, factor) in Self.factors.enumerated() {
                    say("\(factor) times as much", turn)
                    let rate = max(1, Int(possible.perSecond ?? 0) * factor)
                    do {
                        try open[number].add(cluster.bench(flood(key, rate)))
                    } catch let trouble as Trouble {
                        // That nothing was answered in all that time is a finding as well.
                        open[number].silence = trouble.description
                    }
                }
            }
        }
        return zip(Self.factors, open).flatMap { rows($0, closed, $1) }
    }

    private func say(_ text: String, _ turn: Int) {
        bench.say("overload: \(text), \(turn + 1) of \(bench.options.times)")
    }

    private func words(_ key: String, _ more: [String]) -> [String] {
        [
            "charge", "--key", key, "--seconds", "\(bench.options.seconds)",
            "--warm-up", "\(bench.options.warmUp)",
        ] + more
    }

    private func flood(_ key: String, _ rate: Int) -> [String] {
        words(
            key,
            ["-c", "\(Self.connections)", "--pipeline", "\(Self.ahead)", "--rate", "\(rate)"])
    }

    private func rows(_ factor: Int, _ closed: Medians, _ open: Findings) -> [Row] {
        let work = "durable charges asked for at \(factor) times the rate that is possible"
        let note =
            open.trouble > 0
            ? Medians.errorNote("ours", open.trouble, work)
            : open.silence.map { "“\(work)”: \($0)" }
        return [
            Row(
                work: "\(work): made", peer: "ours, \(Charges.text(Self.clients))",
                theirs: closed[\.perSecond], ours: open.made[\.perSecond], unit: "a second",
                note: note),
            Row(
                work: "\(work): refused with 503", ours: open.refused[\.perSecond],
                unit: "a second"),
            Row(
                work: "\(work): p99 of a refusal", ours: open.refused[\.p99].map { $0 / 1_000 },
                unit: "ms"),
        ]
    }
}

extension OverloadRow.Findings {
    fileprivate mutating func add(_ report: BenchReport) {
        made.turns.append(report.figures)
        var refusals = Figures()
        refusals.perSecond = report.refusals.perSecond
        refusals.p99 = report.refusals.count > 0 ? report.refusals.latencyUs.p99 : nil
        refused.turns.append(refusals)
        trouble += report.errors.total - (report.errors.status503 ?? 0)
    }
}
