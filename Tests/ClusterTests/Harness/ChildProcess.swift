import Basics
import Glibc
import Synchronization

/// How a process ended.
enum ProcessEnd: Hashable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)
}

/// A process started by a test, addressed by its own id and nothing else, and reaped.
final class ChildProcess: Sendable {
    struct SpawnFailure: Error {
        var executable: String
        var code: Int32
    }

    let pid: pid_t
    private let end = Mutex<ProcessEnd?>(nil)

    /// Starts `executable`. Both outputs are appended to the file `output`, unless standard output
    /// goes to one of its own.
    init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:],
        output: String, standardOutput: String? = nil, input: Int32? = nil
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 1, standardOutput ?? output, flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, output, flags, 0o600)
        // A thread of a test may run with signals blocked, and a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        let words = ([executable] + arguments).map { strdup($0) } + [nil]
        let surroundings =
            environment.sorted { $0.key < $1.key }
            .map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + surroundings { free(text) } }
        var pid = pid_t()
        let code = posix_spawn(&pid, executable, &actions, &attributes, words, surroundings)
        guard code == 0 else { throw SpawnFailure(executable: executable, code: code) }
        self.pid = pid
    }

    /// How it ended, or nil while it runs.
    func poll() -> ProcessEnd? {
        end.withLock { end in
            if end == nil {
                var status: Int32 = 0
                if waitpid(pid, &status, WNOHANG) == pid {
                    let signal = status & 0x7f
                    end = signal == 0 ? .exited(status >> 8 & 0xff) : .killed(signal: signal)
                }
            }
            return end
        }
    }

    /// Sends a signal if it still runs: once reaped, its id may be somebody else's.
    func signal(_ number: Int32) {
        end.withLock { end in if end == nil { _ = kill(pid, number) } }
    }

    /// SIGSTOP, and every thread stands still when this returns: until one of them has taken the
    /// signal, which may be a while on a machine with much to do, the others go on.
    func stop() throws {
        signal(SIGSTOP)
        try eventually("process \(pid) to stop") {
            var report = siginfo_t()
            return waitid(P_PID, id_t(pid), &report, WSTOPPED | WNOHANG) == 0
                && report.si_signo == SIGCHLD
        }
    }

    @discardableResult
    func wait(within duration: Duration = .seconds(30)) throws -> ProcessEnd {
        try eventually("process \(pid) to end", within: duration) { poll() }
    }

    /// kill -9, and gone when this returns.
    @discardableResult
    func destroy() throws -> ProcessEnd {
        signal(SIGKILL)
        return try wait()
    }
}

/// A shell that outlives the test process by a moment: when that dies, however it dies, it kills
/// the processes that were entrusted to it and removes their directory.
final class Warden: Sendable {
    private let descriptor: Int32
    private let process: ChildProcess

    /// Reads `+ PID` and `- PID` until end of file, then acts. Entrusting a reaped process would
    /// aim at whoever has its id by then, so that each is taken back first.
    private static let script = """
        pids=""
        while read -r sign pid; do
            rest=""
            for known in $pids; do [ "$known" = "$pid" ] || rest="$rest $known"; done
            pids=$rest
            [ "$sign" = "+" ] && pids="$pids $pid"
        done
        [ -z "$pids" ] || kill -9 $pids
        for mounted in "$1"/*.disk; do umount -l "$mounted" 2>/dev/null; done
        rm -rf "$1"
        """

    init(directory: String) throws {
        var pair: [Int32] = [0, 0]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &pair) == 0 else { throw TimedOut(what: "socketpair") }
        defer { close(pair[1]) }
        descriptor = pair[0]
        process = try ChildProcess(
            "/bin/sh", ["-c", Warden.script, "warden", directory],
            environment: ["PATH": "/usr/bin:/bin"], output: "/dev/null", input: pair[1])
    }

    func entrust(_ process: ChildProcess) { say("+ \(process.pid)") }
    func release(_ process: ChildProcess) { say("- \(process.pid)") }

    /// Lets it do its work now and waits until it is done.
    func dismiss() throws {
        close(descriptor)
        try process.wait()
    }

    private func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
}
