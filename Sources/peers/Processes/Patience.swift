import Basics
import Linux

/// All waiting of this program: a signal that asks it to end ends the waiting, by an error that
/// passes everything that has to be stopped and removed on its way out.
enum Patience {
    /// For whatever should take a second.
    static let usual = Duration.seconds(60)

    private final class Waiting: Sendable {
        let signals: SignalQueue
        init() throws(SystemError) { signals = try SignalQueue([.interrupt, .terminate]) }
    }

    private static let waiting: Waiting = {
        do throws(SystemError) {
            return try Waiting()
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    /// From here on signals wait until somebody does. To be called before anything is started.
    static func begin() {
        _ = waiting
        // Whoever reads the table may be gone: the files still have to go, too.
        SignalQueue.ignoreBrokenPipes()
    }

    /// Sleeps, unless a signal has come.
    static func pause(_ time: Duration) throws(Interruption) {
        if let signal = waiting.signals.next() { throw Interruption(signal: signal.number) }
        Thread.sleep(time)
    }

    /// The first value that `condition` has; `Trouble` if it takes too long.
    @discardableResult
    static func wait<Value>(
        for what: String, within limit: Duration = usual, every pause: Duration = .milliseconds(20),
        until condition: () throws -> Value?
    ) throws -> Value {
        let end = Clocks.now() + limit
        while true {
            if let value = try condition() { return value }
            guard Clocks.now() < end else {
                throw Trouble("\(what) took more than \(limit.milliseconds / 1_000) s")
            }
            try self.pause(pause)
        }
    }
}
