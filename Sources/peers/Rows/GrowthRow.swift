/// What charges cost as nodes and clients become more. Five nodes share the processors that three
/// have to themselves.
struct GrowthRow {
    private let bench: Bench

    init(_ bench: Bench) { self.bench = bench }

    func rows() throws -> [Row] { try bench.options.clients.flatMap(rows) }

    private func rows(clients: Int) throws -> [Row] {
        let work = "durable charge, five nodes, \(Charges.text(clients))"
        var three = Medians()
        var five = Medians()
        for turn in 0..<bench.options.times {
            // Whoever begins has no advantage of it.
            for nodeCount in turn % 2 == 0 ? [3, 5] : [5, 3] {
                bench.say("\(work): \(nodeCount) nodes, \(turn + 1) of \(bench.options.times)")
                let found = try Charges.ours(bench, ["-c", "\(clients)"], nodeCount: nodeCount)
                if nodeCount == 3 { three.turns.append(found) } else { five.turns.append(found) }
            }
        }
        let errors = three.errors + five.errors
        let note = errors > 0 ? Medians.errorNote("ours", errors, work) : nil
        func row(
            _ work: String, _ figure: KeyPath<Figures, Double?>, _ unit: String,
            _ factor: Double = 1
        ) -> Row {
            Row(
                work: work, peer: "ours, three nodes", theirs: three[figure].map { $0 * factor },
                ours: five[figure].map { $0 * factor }, unit: unit, note: note)
        }
        return [
            row(work, \.perSecond, "a second"), row("\(work), p50", \.p50, "ms", 0.001),
            row("\(work), p99", \.p99, "ms", 0.001),
        ]
    }
}
