import Foundation

/// What the load asks of etcd.
enum EtcdWork: String {
    case put
    /// A read that one node answers from its own memory, as ours validates.
    case get
    /// Puts through every node until it is interrupted.
    case failover
}

/// The command line of the load, which runs as a process of its own: what it takes of the
/// processors is seen, and nothing that this program does meanwhile slows it down.
struct EtcdLoadLine {
    /// Not for people.
    static let verb = "etcd-load"

    var work: EtcdWork
    /// `host:port`, separated by commas.
    var endpoints: String
    var clients: Int
    var seconds: Int
    var warmUp: Int

    var words: [String] {
        [
            BoundProcess.program, Self.verb, work.rawValue, endpoints, "\(clients)", "\(seconds)",
            "\(warmUp)",
        ]
    }

    /// Reads what `words` wrote, behind the verb.
    init?(_ words: [String]) {
        guard words.count == 5, let work = EtcdWork(rawValue: words[0]),
            let clients = Int(words[2]), let seconds = Int(words[3]), let warmUp = Int(words[4])
        else { return nil }
        self.init(
            work: work, endpoints: words[1], clients: clients, seconds: seconds, warmUp: warmUp)
    }

    init(work: EtcdWork, endpoints: String, clients: Int, seconds: Int, warmUp: Int) {
        self.work = work
        self.endpoints = endpoints
        self.clients = clients
        self.seconds = seconds
        self.warmUp = warmUp
    }
}

/// What the load says at its end.
struct EtcdLoadReport: Codable {
    var answers: Int
    var perSecond: Double
    var p50Us: Double?
    var p99Us: Double?
    var errors: Int
    /// The part of a processor that it took for itself.
    var loaderCpu: Double
}
