import Foundation

/// All that was found, as JSON and as text.
struct Report: Encodable {
    /// By the calendar.
    var date: String
    var machine: Machine
    /// Of those that are there.
    var versions: [String: String]
    var seconds: Int
    var times: Int
    /// The part of a processor that the load of etcd took for itself, at most.
    var etcdLoaderCpu: Double
    var rows: [Row]

    init(_ bench: Bench, machine: Machine, versions: [String: String], rows: [Row]) {
        date = Date().formatted(.iso8601.year().month().day())
        self.machine = machine
        self.versions = versions
        seconds = bench.options.seconds
        times = bench.options.times
        etcdLoaderCpu = bench.loaderShare ?? 0
        self.rows = rows
    }

    var text: String {
        let place =
            "\(date), \(machine.processors) processors (\(machine.model)), "
            + "\(machine.memoryGib) GiB, \(machine.filesystem), Linux \(machine.kernel)"
        let named = Peer.allCases.map(\.rawValue)
            .compactMap { name in versions[name].map { "\(name) \($0)" } }
        let how =
            "clients and servers on the same machine; each \(seconds) s, the median of \(times)"
        let share = Int((etcdLoaderCpu * 100).rounded())
        let table = Table(
            rows: rows,
            notes: etcdLoaderCpu > 0
                ? ["etcd's load took \(share)% of a processor for itself at most"] : [])
        return ([place, how] + [named.joined(separator: ", ")].filter { !$0.isEmpty })
            .joined(separator: "; ") + "\n\n" + table.text
    }
}
