import Basics
import Foundation
import Linux

/// A process that this one has started: addressed by its own id and nothing else, reaped, and gone
/// when this one is gone, however that ends.
final class ChildProcess {
    enum Ending: Hashable, CustomStringConvertible {
        case exited(Int32)
        case killed(signal: Int32)

        var description: String {
            switch self {
            case .exited(let code): "ended with \(code)"
            case .killed(let signal): "was ended by signal \(signal)"
            }
        }
    }

    /// The program's name, without its folder.
    let name: String
    let pid: pid_t
    private var ending: Ending?

    private init(name: String, pid: pid_t) {
        self.name = name
        self.pid = pid
    }

    /// Starts `words`, of which the first is a path. Both outputs go to open files.
    static func start(
        _ words: [String], output: Int32, errors: Int32,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(Trouble) -> ChildProcess {
        let name = URL(filePath: words[0]).lastPathComponent
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        // Its own group: what a terminal sends goes to this process, which ends the others in
        // their order. And the signals that are blocked or ignored here are none of its business.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        let line = BoundProcess.words(for: words)
        let arguments = line.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid = pid_t()
        let code = posix_spawn(&pid, line[0], &actions, &attributes, arguments, variables)
        guard code == 0 else {
            throw Trouble("\(name) can't be started: \(String(cString: strerror(code)))")
        }
        return ChildProcess(name: name, pid: pid)
    }

    /// How it ended; nil while it runs.
    func poll() -> Ending? { reap(WNOHANG) }

    var isRunning: Bool { poll() == nil }

    /// Only while it runs: once reaped, its id may be somebody else's.
    func send(_ signal: Int32) { if isRunning { Glibc.kill(pid, signal) } }

    /// kill -9, and gone when this returns.
    func kill() {
        send(SIGKILL)
        _ = reap(0)
    }

    /// Asks it to end, and kills it if it doesn't. No signal cuts this short: that is how the
    /// program ends after one.
    func stop() {
        send(SIGTERM)
        let end = Clocks.now() + .seconds(15)
        while isRunning, Clocks.now() < end { Linux.Thread.sleep(.milliseconds(5)) }
        kill()
    }

    private func reap(_ flags: Int32) -> Ending? {
        if let ending { return ending }
        var status: Int32 = 0
        var result: pid_t
        repeat { result = waitpid(pid, &status, flags) } while result < 0 && errno == EINTR
        guard result == pid else { return nil }
        let signal = status & 0x7f
        ending = signal == 0 ? .exited(status >> 8 & 0xff) : .killed(signal: signal)
        return ending
    }
}
