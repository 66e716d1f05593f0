import Foundation

/// A server's process, which may be stopped or killed, and started again by the same words. What it
/// says goes to the end of its log.
final class ServerProcess {
    private let words: [String]
    private let log: String
    private var child: ChildProcess?

    /// `words` begin with the program's path.
    init(_ words: [String], log: String) {
        self.words = words
        self.log = log
    }

    /// Zero if it has never run.
    var pid: pid_t { child?.pid ?? 0 }
    var isRunning: Bool { child?.isRunning ?? false }

    func start() throws(Trouble) {
        let file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw Trouble("can't write \(log): \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        child = try ChildProcess.start(words, output: file, errors: file)
    }

    /// `Trouble` if it has ended by itself, with the last words of its log.
    func check() throws(Trouble) {
        guard let child, let ending = child.poll() else { return }
        let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        throw Trouble("\(child.name) \(ending): \(said.end)")
    }

    func kill() { child?.kill() }
    func stop() { child?.stop() }
}

extension String {
    /// Its last words, for a message.
    var end: String {
        String(trimmingCharacters(in: .whitespacesAndNewlines).suffix(600))
    }
}
