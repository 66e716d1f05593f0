import Glibc
import Linux

/// What a command sees of the process it runs in; tests give it another.
///
/// Without Foundation: linked statically it would make the program four times as large.
struct Surroundings: Sendable {
    var environment: [String: String]
    var workingDirectory: String
    /// Data: standard output.
    var print: @Sendable (String) -> Void
    /// Messages for people: standard error.
    var tell: @Sendable (String) -> Void
    /// All of standard input.
    var readInput: @Sendable () -> String

    static func ofProcess() -> Surroundings {
        Surroundings(
            environment: processEnvironment(), workingDirectory: currentDirectory(),
            print: { write($0, to: STDOUT_FILENO) }, tell: { write($0, to: STDERR_FILENO) },
            readInput: readStandardInput)
    }

    /// The same place, named from the root: what must hold after a change of directory, too.
    /// `..` stays: behind a symbolic link it isn't what stands before it.
    func absolutePath(_ path: String) -> String {
        let whole = path.hasPrefix("/") ? path : workingDirectory + "/" + path
        return "/" + whole.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    // MARK: - The process

    private static func processEnvironment() -> [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let parts = String(cString: entry).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            next += 1
        }
        return variables
    }

    private static func currentDirectory() -> String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    /// All of it, unless nobody reads it any more.
    private static func write(_ text: String, to descriptor: Int32) {
        Array(text.utf8).withUnsafeBytes { raw in
            var written = 0
            while written < raw.count {
                let count = Glibc.write(
                    descriptor, raw.baseAddress! + written, raw.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                written += count
            }
        }
    }

    private static func readStandardInput() -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }
}
