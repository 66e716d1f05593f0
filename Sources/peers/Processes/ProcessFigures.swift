import Foundation

/// What the kernel says of a process (proc(5)).
enum ProcessFigures {
    /// Seconds of processor time that a process and its children have used.
    static func processorSeconds(_ pid: pid_t) -> Double {
        let used = family(pid).map(ticks).reduce(0, +)
        return Double(used) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    static func residentBytes(_ pid: pid_t) throws(Trouble) -> Double {
        let line = text("/proc/\(pid)/status").split(separator: "\n")
            .first { $0.hasPrefix("VmRSS:") }
        guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { throw Trouble("process \(pid) has no memory") }
        return kibibytes * 1_024
    }

    /// A process and its children, and theirs.
    private static func family(_ pid: pid_t) -> [pid_t] {
        let folder = "/proc/\(pid)/task"
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let children = tasks.flatMap { task in
            text("\(folder)/\(task)/children").split(separator: " ").compactMap { pid_t($0) }
        }
        return [pid] + children.flatMap(family)
    }

    /// `utime` and `stime`: the twelfth and thirteenth behind the name, which may hold anything.
    private static func ticks(_ pid: pid_t) -> Int {
        let stat = text("/proc/\(pid)/stat")
        guard let name = stat.lastIndex(of: ")") else { return 0 }
        let fields = stat[stat.index(after: name)...].split(separator: " ")
        guard fields.count > 12 else { return 0 }
        return (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
    }

    private static func text(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
