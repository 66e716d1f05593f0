import Foundation

/// `Cluster/bench-peers`: chooses, measures, shows.
enum PeersCommand {
    static func run(_ arguments: [String]) -> Int32 {
        let rest = Array(arguments.dropFirst())
        switch arguments.first {
        case BoundProcess.verb: return BoundProcess.run(rest)
        case EtcdLoadLine.verb: return EtcdLoad.run(rest)
        default: break
        }
        do {
            guard let options = try Options(arguments) else {
                return Console.write(Help.text) ? ExitCode.done : ExitCode.failed
            }
            Patience.begin()
            return try measure(options)
        } catch let interruption as Interruption {
            return interruption.exitCode
        } catch let error as UsageError {
            Console.complain("\(error)\n“Cluster/bench-peers --help” says how it is used.")
        } catch {
            Console.complain("\(error)")
        }
        return ExitCode.failed
    }

    private static func measure(_ options: Options) throws -> Int32 {
        let program = try KeyclaveProgram()
        let directory = try makeDirectory(below: options.parent)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let machine = Machine(directory: directory)
        let bench = Bench(options, program, in: directory)
        // Before minutes are spent on what couldn't be shown.
        let versions = try Peer.versions()
        let lacks = Peer.allCases.compactMap(\.lack) + (Wrk.isThere ? [] : [Wrk.lack])
        for text in lacks + machine.warnings { bench.say(text) }
        var rows: [Row] = []
        var isWhole = true
        for name in options.rows {
            do {
                rows += try name.measure(bench)
            } catch let interruption as Interruption {
                throw interruption
            } catch {
                // The minutes of other rows needn't go with it.
                Console.complain("row “\(name.rawValue)” can't be measured: \(error)")
                isWhole = false
            }
        }
        let report = Report(bench, machine: machine, versions: versions, rows: rows)
        let isShown = Console.write(options.isJSON ? try JSONText.text(report) : report.text)
        return isWhole && isShown ? ExitCode.done : ExitCode.failed
    }

    /// Readable by nobody else: tokens lie in it.
    private static func makeDirectory(below parent: String) throws(Trouble) -> String {
        var template = Array((parent + "/bench-peers-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Trouble("\(parent) can't be written to: \(String(cString: strerror(errno)))")
        }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
