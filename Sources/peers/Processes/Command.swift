import Basics
import Foundation

/// A program that is run to its end for what it says.
struct Command {
    struct Output {
        var output: String
        /// Of standard error.
        var messages: String
    }

    private let child: ChildProcess
    private let output: UnnamedFile
    private let errors: UnnamedFile

    /// Starts it; the first word is a path.
    init(
        _ words: [String], environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(Trouble) {
        output = try UnnamedFile()
        errors = try UnnamedFile()
        child = try ChildProcess.start(
            words, output: output.descriptor, errors: errors.descriptor, environment: environment)
    }

    /// What it said, once it has ended well; else `Trouble`. It has ended when this returns.
    func finish(within limit: Duration = Patience.usual) throws -> Output {
        defer { child.kill() }
        let ending = try Patience.wait(
            for: child.name, within: limit, every: .milliseconds(5), until: child.poll)
        let said = Output(output: output.text, messages: errors.text)
        guard ending == .exited(0) else {
            let words = said.messages.end.isEmpty ? said.output.end : said.messages.end
            throw Trouble("\(child.name) \(ending): \(words)")
        }
        return said
    }

    /// `Trouble` if it has ended before it was told to.
    func check() throws(Trouble) {
        guard let ending = child.poll() else { return }
        throw Trouble("\(child.name) \(ending): \(errors.text.end)")
    }

    var isRunning: Bool { child.isRunning }

    func interrupt() { child.send(SIGINT) }

    func abandon() { child.kill() }
}

extension Command {
    /// Runs it to its end.
    @discardableResult
    static func run(
        _ words: [String], within limit: Duration = Patience.usual,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> Output {
        try Command(words, environment: environment).finish(within: limit)
    }
}

/// A file without a name, which goes when it is closed: what a process says needs no reader while
/// it runs, as a pipe does.
private final class UnnamedFile {
    private let file: UnsafeMutablePointer<FILE>

    init() throws(Trouble) {
        guard let made = tmpfile() else {
            throw Trouble("no file can be made: \(String(cString: strerror(errno)))")
        }
        file = made
        // Each child gets its own two and no others.
        _ = fcntl(fileno(file), F_SETFD, FD_CLOEXEC)
    }

    deinit { fclose(file) }

    var descriptor: Int32 { fileno(file) }

    /// All of it, from its beginning, wherever whoever writes has come to.
    var text: String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = pread(descriptor, &buffer, buffer.count, off_t(bytes.count)),
            count > 0
        {
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
