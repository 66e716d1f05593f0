import Basics
import Foundation
import Linux

/// A load for etcd: puts and serializable reads over its own gRPC interface, as its clients make
/// them. etcd's own `benchmark` program is in no package.
enum EtcdLoad {
    /// Runs by a line, and prints a report.
    static func run(_ words: [String]) -> Int32 {
        guard let line = EtcdLoadLine(words) else {
            Console.complain("“\(EtcdLoadLine.verb)” isn't for people")
            return ExitCode.failed
        }
        do {
            return Console.write(try report(line)) ? ExitCode.done : ExitCode.failed
        } catch {
            Console.complain("\(error)")
            return ExitCode.failed
        }
    }

    private static func report(_ line: EtcdLoadLine) throws -> String {
        line.work == .failover
            ? try JSONText.text(EtcdWriters(line).watch())
            : try JSONText.text(ClosedLoop(line).measure())
    }

    static func addresses(of line: EtcdLoadLine) throws(Trouble) -> [SocketAddress] {
        var found: [SocketAddress] = []
        for endpoint in line.endpoints.split(separator: ",") {
            guard let place = HostPort(String(endpoint)),
                let address = SocketAddress(literal: place.host, port: place.port)
            else { throw Trouble("\(endpoint) is no address") }
            found.append(address)
        }
        return found
    }

    /// Seconds of processor time of this process.
    static var processorSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime]
            .map { Double($0.tv_sec) + Double($0.tv_usec) / 1e6 }.reduce(0, +)
    }
}
