import Foundation

/// What the figures depend on.
struct Machine: Encodable {
    /// How many this program may use.
    var processors = ProcessInfo.processInfo.activeProcessorCount
    var model: String
    var memoryGib: Int
    var kernel: String
    /// Where the files lie.
    var filesystem: String
    /// Of the last minute, before anything was measured.
    var loadBefore: Double

    init(directory: String) {
        model =
            Self.lines(of: "/proc/cpuinfo").first { $0.hasPrefix("model name") }
            .flatMap { $0.split(separator: ":").last }
            .map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
        let memory = Double(ProcessInfo.processInfo.physicalMemory) / Double(1 << 30)
        memoryGib = Int(memory.rounded())
        kernel = Self.lines(of: "/proc/sys/kernel/osrelease").first.map(String.init) ?? ""
        filesystem = Self.filesystem(of: directory)
        loadBefore =
            Self.lines(of: "/proc/loadavg").first?.split(separator: " ").first
            .flatMap { Double($0) } ?? 0
    }

    /// Of the mount that is nearest above.
    private static func filesystem(of directory: String) -> String {
        var kinds: [String: String] = [:]
        for line in lines(of: "/proc/self/mounts") {
            let fields = line.split(separator: " ")
            if fields.count > 2 { kinds[String(fields[1])] = String(fields[2]) }
        }
        var place = URL(filePath: directory).resolvingSymlinksInPath()
        while kinds[place.path] == nil, place.path != "/" { place.deleteLastPathComponent() }
        return kinds[place.path] ?? ""
    }

    private static func lines(of file: String) -> [Substring] {
        ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: "\n")
    }

    /// What speaks against figures from here.
    var warnings: [String] {
        var found: [String] = []
        if loadBefore > 0.5 {
            let load = String(format: "%.1f", loadBefore)
            found.append("the machine does other work (load \(load)): these are no figures to keep")
        }
        if ["tmpfs", "ramfs"].contains(filesystem) {
            found.append(
                "the files lie in memory, where a sync costs nothing: choose another --dir")
        }
        return found
    }
}
