import Glibc

/// The program under test.
enum Program {
    /// `KEYCLAVE_BINARY`, or the one that was built beside the tests.
    static let path: String = variable("KEYCLAVE_BINARY") ?? folder + "/keyclave"

    /// What `Cluster/bench-peers` runs.
    static let peers = folder + "/peers"

    /// Where the test bundle and, beside it, the product lie.
    private static var folder: String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { raw in
            readlink(
                "/proc/self/exe", raw.baseAddress!.assumingMemoryBound(to: CChar.self), raw.count)
        }
        let executable = String(decoding: buffer[..<max(count, 0)], as: UTF8.self)
        return String(executable[..<(executable.lastIndex(of: "/") ?? executable.startIndex)])
    }

    /// A variable of the environment, unless it is empty.
    static func variable(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }

    /// What every process of a test is given.
    static let environment = ["PATH": variable("PATH") ?? "/usr/bin:/bin"]
}
