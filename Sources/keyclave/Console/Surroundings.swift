import Glibc
import Linux

/// What a command sees of the process it runs in; tests give it another.
///
/// Without Foundation: linked statically it would make the program four times as large.
struct Surroundings: Sendable {
    var environment: [String: String]
    var workingDirectory: String
    /// Data: standard output. Throws if it can't be written, so that no command whose answer is
    /// lost ends as if it were done.
    var print: @Sendable (String) throws(LocalError) -> Void
    /// Messages for people: standard error.
    var tell: @Sendable (String) -> Void
    /// All of standard input, whatever it is.
    var readInput: @Sendable () -> [UInt8]
    /// One line of standard input, nil at its end.
    var readLine: @Sendable () -> String? = { nil }
    /// Somebody sits at standard input and reads the messages.
    var canAsk = false
    /// Standard output is a terminal.
    var hasScreen = false
    /// Standard error is one.
    var showsProgress = false

    static func ofProcess() -> Surroundings {
        Surroundings(
            environment: processEnvironment(), workingDirectory: currentDirectory(),
            print: printData, tell: { _ = write($0, to: STDERR_FILENO) },
            readInput: readStandardInput, readLine: { Swift.readLine() },
            canAsk: isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1,
            hasScreen: isatty(STDOUT_FILENO) == 1, showsProgress: isatty(STDERR_FILENO) == 1)
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

    private static func printData(_ text: String) throws(LocalError) {
        if let code = write(text, to: STDOUT_FILENO) {
            throw LocalError(
                message: "the answer can't be written to standard output: "
                    + String(cString: strerror(code)))
        }
    }

    /// Writes all of it; else the error's code.
    private static func write(_ text: String, to descriptor: Int32) -> Int32? {
        Array(text.utf8).withUnsafeBytes { raw in
            var written = 0
            while written < raw.count {
                let count = Glibc.write(
                    descriptor, raw.baseAddress! + written, raw.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return count < 0 ? errno : EIO }
                written += count
            }
            return nil
        }
    }

    private static func readStandardInput() -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }
}
