import Foundation

/// A program that this one starts and waits for.
enum MutantsProcess {
    struct Ending {
        /// The exit code, or the signal that ended it.
        var code: Int32
        var signal: Int32?
        /// Seconds of processor time, by the kernel's account.
        var seconds: Double
    }

    /// Starts `program` and gives each line of its output, standard error included, to `line`.
    /// Nil if it couldn't be started.
    static func run(
        _ program: String, _ arguments: [String], line: (Substring) -> Void
    ) -> Ending? {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        guard let child = spawn(program, arguments, output: ends[1]) else {
            close(ends[1])
            return nil
        }
        close(ends[1])
        read(ends[0], line)
        return wait(for: child)
    }

    private static func spawn(
        _ program: String, _ arguments: [String], output: Int32
    ) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        var surroundings = ProcessInfo.processInfo.environment
        // A crash is an expected end here; its first line tells enough.
        surroundings["SWIFT_BACKTRACE"] = "enable=no"
        let words = ([program] + arguments).map { strdup($0) } + [nil]
        let variables = surroundings.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var child: pid_t = 0
        let failure = posix_spawn(&child, program, &actions, nil, words, variables)
        return failure == 0 ? child : nil
    }

    private static func read(_ descriptor: Int32, _ line: (Substring) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var waiting: [UInt8] = []
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            waiting += buffer[..<count]
            while let end = waiting.firstIndex(of: UInt8(ascii: "\n")) {
                line(Substring(decoding: waiting[..<end], as: UTF8.self))
                waiting.removeSubrange(...end)
            }
        }
        if !waiting.isEmpty { line(Substring(decoding: waiting, as: UTF8.self)) }
    }

    private static func wait(for child: pid_t) -> Ending? {
        var status: Int32 = 0
        var usage = rusage()
        while wait4(child, &status, 0, &usage) != child {
            guard errno == EINTR else { return nil }
        }
        let signal = status & 0x7f
        return Ending(
            code: signal == 0 ? status >> 8 & 0xff : 128 + signal,
            signal: signal == 0 ? nil : signal,
            seconds: seconds(usage.ru_utime) + seconds(usage.ru_stime))
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }
}
